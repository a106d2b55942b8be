"""The timed auto-revert, from this side: prove a new way in and disarm, or take the changes back and prove the old way.

The server's side is failsafe.sh, doors.sh and arm.sh. Must not know recipes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from wizard import events
from wizard.engine.remote.protocol import Failsafe
from wizard.engine.remote.session import Emit, Session
from wizard.errors import ConnectError, ConnectionLost, HostKeyError, LoginRefused, StepError, WizardError
from wizard.text import text
from wizard.transport.base import Login, Transport

REVERT = "[ ! -e $W/failsafe/armed ] || sh $W/failsafe/revert now"
BREAKS = 5  # of the connection, during one proof
# seconds before each look at a door that does not answer: an sshd that reads its files anew is away for a moment
AGAIN = (0, 1, 3)
SLOW = 5  # seconds after which no answer is the answer: the server's clock ticks


def prove(session: Session, emit: Emit, step: str, logins: Sequence[Login]) -> None:
    """Opens a NEW connection by the way that will be needed tomorrow, as root there; goes on over it and disarms.

    logins: the first that works is the proof. StepError when none gets in, or too late: the server takes back what the
    step did. Where the line breaks meanwhile, it comes back, looks what has become of the change, and goes on from that.
    """
    broke = False
    for attempt in range(BREAKS):
        try:
            _prove(session, emit, step, logins, broke)
            return
        except ConnectionLost:
            if attempt == BREAKS - 1:
                raise
            # the new way in first: the old one may be shut by now, and knocking at shut doors gets one banned
            session.reconnect(first=logins[0])
            broke = True


def _prove(session: Session, emit: Emit, step: str, logins: Sequence[Login], broke: bool) -> None:
    if broke and not armed(session):
        _what_became(session, emit, step)
        return
    fresh, error = _get_in(session, logins)
    if fresh is None:
        assert error is not None
        raise _taken_back(session, emit, step, logins[0], error) from error
    taken_back = session.write("disarm", "disarm_failsafe").read(Failsafe).taken_back
    session.unguarded()
    if taken_back:
        fresh.close()
        session.open(acquire=True)
        raise too_late(session, emit, step)
    session.use(fresh)
    emit(events.LoginProved(step, str(fresh.login)))


def _what_became(session: Session, emit: Emit, step: str) -> None:
    """Nothing is armed any more: the server took the change back, or it was disarmed and only the answer was lost."""
    taken_back = session.write("disarm", "disarm_failsafe").read(Failsafe).taken_back
    session.unguarded()
    if taken_back:
        raise too_late(session, emit, step)
    emit(events.LoginProved(step, str(session.transport.login)))


def _get_in(session: Session, logins: Sequence[Login]) -> tuple[Transport | None, WizardError | None]:
    first: WizardError | None = None
    for login in logins:
        fresh, error = _log_in(session, login)
        if fresh is not None:
            return fresh, None
        first = first or error
    return None, first


def _log_in(session: Session, login: Login) -> tuple[Transport | None, WizardError | None]:
    """A new connection that became root; else why not. A refusal is final: who asks again and again gets banned."""
    last: WizardError | None = None
    for pause in AGAIN:
        time.sleep(pause)
        fresh, start = session.transport.another(login), time.monotonic()
        try:
            fresh.connect()
            result = fresh.run("id -u", label="prove way in")
            if result.status == 0 and result.out.strip() == "0":
                session.refused.discard(login.user)
                return fresh, None
            raise WizardError("engine.failsafe.no_root", login=login, details=result.err.strip())
        except WizardError as error:
            fresh.close()
            last = error
            if isinstance(error, LoginRefused):
                session.refused.add(login.user)
            final = isinstance(error, LoginRefused | HostKeyError) or not isinstance(error, ConnectError)
            if final or time.monotonic() - start > SLOW:
                break
    return None, last


# -- back ---------------------------------------------------------------------------------------------------------


def _taken_back(session: Session, emit: Emit, step: str, login: Login, error: WizardError) -> StepError:
    trouble = take_back(session, emit, step)
    seen = f"{error.message}\n{error.details}".strip()
    if trouble is not None:
        return StepError(
            "engine.failsafe.locked_out", login=login, step=step, message=trouble.message,
            details=f"{seen}\n{trouble.details}".strip(), hint=trouble.hint,
        )  # fmt: skip
    return StepError(
        "engine.failsafe.taken_back",
        login=login,
        step=step,
        way=session.transport.login,
        details=seen,
    )


def too_late(session: Session, emit: Emit, step: str) -> StepError:
    """The error for changes that the server has taken back by itself; says whether the old way in is open again."""
    session.unguarded()
    trouble = old_way(session, emit, step)
    message = text("engine.failsafe.too_late", step=step)
    if trouble is not None:
        said = text("engine.failsafe.and", first=message, second=trouble.message)
        return StepError(said, details=trouble.details, hint=trouble.hint)
    return StepError(message, hint=text("engine.failsafe.way_works", login=session.transport.login))


def take_back(session: Session, emit: Emit, step: str) -> StepError | None:
    """Runs the revert at once, over the connection that still stands; reads the journal that it wrote; logs in anew.

    Where the line breaks meanwhile, the server does it by itself. The error that is returned says that nobody gets in.
    """
    # not under the lock of `hold`: the revert takes it itself
    with contextlib.suppress(ConnectionLost):
        session.send("take back", REVERT)
    if session.transport.alive():
        session.open(acquire=True)
    else:
        session.reconnect()
    if armed(session):
        return StepError(
            "engine.failsafe.still_armed",
            step=step,
            console=_at_the_console(session),
        )
    session.unguarded()
    return old_way(session, emit, step)


def old_way(session: Session, emit: Emit, step: str) -> StepError | None:
    """A NEW login by the way in that this run has: None where it works, else the error, with what to do at the console."""
    login = session.transport.login
    fresh, error = _log_in(session, login)
    emit(events.TakenBack(step, str(login), fresh is not None))
    if fresh is not None:
        fresh.close()
        return None
    assert error is not None
    return StepError(
        "engine.failsafe.old_way_fails",
        login=login,
        details=f"{error.message}\n{error.details}".strip(),
        hint=_at_the_console(session),
    )


def _at_the_console(session: Session) -> str:
    """What a person types there who cannot log in any more."""
    sshd = session.server.sshd
    units = sorted({door.unit for door in sshd.doors if door.how == "socket"})
    again = f"systemctl stop ssh.service; systemctl restart {' '.join(units)}" if units else "systemctl restart ssh"
    return text("engine.failsafe.at_the_console", again=again, came_by=sshd.came_by or 22)


def armed(session: Session) -> bool:
    """Whether guarded changes of an interrupted run are waiting for their proof."""
    return session.send("armed?", "[ ! -e $W/failsafe/armed ] || echo yes | emit armed").read(Failsafe).armed
