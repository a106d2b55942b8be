"""How a journey gets into its server: by the target's login or another account, and with the lock."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wizard import local_state
from wizard.answers import kept
from wizard.answers.resolve import complete
from wizard.app.journey import Journey
from wizard.app.request import PRACTICE, Request
from wizard.engine import preflight, watch
from wizard.engine.remote.session import Session
from wizard.errors import ConnectError, HeldError, LoginRefused, StoppedError, WizardError
from wizard.events import JournalDamaged, ServerReplaced, Working
from wizard.secret import Secret
from wizard.server import Server
from wizard.transport.base import AskHostKey, Login, Transport


def connect(journey: Journey, *, acquire: bool, fit: bool = True) -> Session:
    """Logs in by the target's login, or by an account that is known to have got in before.

    fit: it is to be set up, so StoppedError where it cannot be. All is looked at before the lock is taken, which is the
    first thing that is written there.
    """
    transport = transport_for(journey.request, journey.ask_host_key)
    journey.emit(Working("connecting", journey.request.target))
    session = Session(transport, journey.emit)
    try:
        transport.connect()
    except LoginRefused as error:
        session.transport = _other_door(journey, transport, error)
        session.ways_in.insert(0, session.transport.login)
    try:
        session.open(acquire=False)
        _compare_with_known(journey, session)
        _take_up_answers(journey, session)
        if fit:
            preflight.check(session.server, session.journal, journey.emit)
        if acquire:
            take_lock(journey, session)
    except BaseException:
        session.transport.close()
        raise
    journey.session = session
    return session


def take_lock(journey: Journey, session: Session) -> None:
    """Takes the lock. HeldError where another wizard has it, unless the request says to wait; watching ends in StoppedError."""
    journey.emit(Working("starting"))
    while True:
        try:
            session.open(acquire=True, take_over=journey.request.take_over)
            return
        except HeldError as error:
            if journey.request.when_held == "stop":
                raise
            watched = journey.request.when_held == "watch"
            watch.until_free(session, journey.emit, error, show=watched)
            if watched:
                raise StoppedError(
                    "app.connection.watched",
                ) from None


def _other_door(journey: Journey, transport: Transport, error: ConnectError) -> Transport:
    """The target's login is refused: the set-up itself may have closed that door and opened another."""
    for user in dict.fromkeys([*local_state.recall(transport.login).users, *_users_to_come(journey)]):
        if user == transport.login.user:
            continue
        other = transport.another(transport.login.as_user(user, sudo_password=_sudo_password(journey, user)))
        try:
            other.connect()
            return other
        except ConnectError:
            other.close()
    raise error


def _users_to_come(journey: Journey) -> Iterable[str]:
    """The accounts that guarded steps will log in as, as far as the answers tell without the server."""
    return [user for user, _ in _ways_in(journey)]


def _sudo_password(journey: Journey, user: str) -> Secret | None:
    return journey.request.sudo_password or dict(_ways_in(journey)).get(user)


def _ways_in(journey: Journey) -> list[tuple[str, Secret | None]]:
    try:
        answers = complete(
            journey.given, journey.recipes, server=Server(), found=journey.found, lenient=True, needed=journey.answered
        )
        # of all recipes: an earlier run may have set up what this one leaves out
        steps = [s for r in journey.recipes for s in r.steps if s.way_in is not None]
        ways = [s.way_in(answers) for s in steps if s.way_in is not None]
    except (WizardError, LookupError, TypeError, ValueError):
        return []
    return [(w.user, w.sudo_password) for w in ways]


def _take_up_answers(journey: Journey, session: Session) -> None:
    """What was answered for this server before, here or elsewhere: newer than this computer's memory, older than what is given."""
    earlier = kept.loads(session.kept_answers, journey.recipes)
    found = kept.found_then(session.kept_answers)
    journey.earlier.take_up(journey.given, earlier, over=journey.remembered, found=found)
    journey.remembered.clear()  # from now on what is there was seen by the person
    journey.leave_behind(journey.found)


def _compare_with_known(journey: Journey, session: Session) -> None:
    memory = local_state.recall(session.transport.login)
    if memory.journal and memory.journal != session.journal.id:
        journey.emit(ServerReplaced("other" if session.journal.id else "gone"))
    elif memory.journal and memory.size > session.journal.size:
        journey.emit(ServerReplaced("older"))
    journal = session.journal
    if journal.torn or journal.damaged or journal.lost:
        journey.emit(JournalDamaged(journal.torn, tuple(journal.lost), journal.damaged))


def known_hosts(request: Request) -> Path:
    """The file with the host key of the request's target."""
    from wizard.transport.target import known_hosts_file

    if request.target.startswith(PRACTICE):
        from wizard.practice.fleet import Fleet

        return Fleet().get(request.target.removeprefix(PRACTICE)).known_hosts
    return known_hosts_file(request.target, by_ssh=True)


def transport_for(request: Request, ask_host_key: AskHostKey | None) -> Transport:
    """A transport to the target, not yet connected. UsageError when it is none."""
    from wizard.transport.ssh import SshTransport
    from wizard.transport.target import parse_target

    if request.target.startswith(PRACTICE):
        from wizard.practice.fleet import Fleet

        server = Fleet().get(request.target.removeprefix(PRACTICE))
        login = Login(
            server.host, server.user, server.port, key=server.key,
            sudo_password=request.sudo_password or server.sudo_password,
        )  # fmt: skip
        return SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None)
    login = parse_target(
        request.target, key=request.key, passphrase=request.passphrase, password=request.password,
        sudo_password=request.sudo_password, by_ssh=True,
    )  # fmt: skip
    return SshTransport(
        login, known_hosts=known_hosts(request), ask_host_key=ask_host_key,
        expected_fingerprint=request.host_key,
    )  # fmt: skip
