"""The journey of one command: target → connection → answers → plan → run. Every front walks it; none is known here."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard import answers as answers_
from wizard import catalog, kept_answers, local_state, login_line
from wizard.earlier import Earlier
from wizard.engine import preflight, takeover, watch
from wizard.engine.journal import Journal
from wizard.engine.plan import Plan, make_plan
from wizard.engine.remote.session import Emit, Session
from wizard.engine.runner import Decide, Decision
from wizard.errors import (
    ConnectError,
    HeldError,
    LoginRefused,
    StoppedError,
    UnfitProject,
    UsageError,
    WizardError,
)
from wizard.events import JournalDamaged, ServerReplaced, TakeoverFound, Working
from wizard.printable import printable
from wizard.project.found import ASKED, Problem
from wizard.recipe import Answers, LoginAs, Recipe
from wizard.secret import Secret, masked
from wizard.server import Server
from wizard.transport.base import AskHostKey, Login, Transport

PRACTICE = "practice:"


@dataclass
class Request:
    """What was asked for on the command line (or in the screens): where, how to get in, which recipes, which answers."""

    target: str = ""
    key: Path | None = None
    host_key: str | None = None
    password: Secret | None = None
    passphrase: Secret | None = None
    sudo_password: Secret | None = None
    recipes: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    until: str | None = None
    answers: Path | None = None
    take_over: bool = False
    when_held: str = "stop"  # where another wizard is at work there: stop, wait until they are done, or watch them
    given: answers_.Given | None = None  # answers that need no file
    adopt: tuple[str, ...] = ()  # what is there already and may be taken over, by the names that takeover gives it


@dataclass
class Journey:
    """Holds what the stations of one journey found out. Close it at the end."""

    request: Request
    emit: Emit
    ask_host_key: AskHostKey | None = None
    decide: Decide | None = None  # asks the person; None where there is nobody
    recipes: list[Recipe] = field(default_factory=list)
    chosen: list[Recipe] = field(default_factory=list)
    answered: list[Recipe] = field(default_factory=list)  # the chosen ones and those that they need
    given: answers_.Given = field(default_factory=answers_.Given)
    remembered: set[tuple[str, str]] = field(default_factory=set)  # answers that only this computer's memory gave
    earlier: Earlier = field(default_factory=Earlier)  # answers of an earlier set-up, here or elsewhere
    found: Any = None
    seen: Any = None  # what was found last, also while another source is looked at
    session: Session | None = None
    answers: Answers | None = None
    adopted: set[str] = field(default_factory=set)  # things that the person lets us take over
    _login_lines: dict[LoginAs, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Recipes and the answers file, checked. Touches no network."""
        self.recipes = catalog.load(self.request.recipes)
        self.chosen = catalog.selected(self.recipes, only=self.request.only, until=self.request.until)
        self.answered = catalog.with_needs(self.chosen, self.recipes)
        if self.request.answers is not None:
            self.given = answers_.read(self.request.answers, self.recipes)
        if self.request.given is not None:
            for table, values in self.request.given.tables.items():
                self.given.tables[table] = {**values, **self.given.tables.get(table, {})}
            self.given.env = {**self.request.given.env, **self.given.env}

    def inspect_project(self) -> Any:
        """Looks at the project's source, a folder of this computer or a git repository; None where it cannot be had here."""
        self.earlier.leave_behind(self.given, self.recipes, self.found or self.seen)
        answers = self.given.tables.get("project", {})
        source, branch = answers.get("source"), answers.get("branch", "")
        if not isinstance(source, str) or not source:
            return None
        from wizard.project.inspect import inspect

        self.emit(Working("project", source))
        chosen = {
            key: value for key in ("subdirectory", "settings_module") if isinstance(value := answers.get(key), str)
        }
        if Path(source).expanduser().is_dir():
            self.found = inspect(Path(source).expanduser(), **chosen)
        elif "://" in source or "@" in source:
            from wizard.project.clone import cloned

            with cloned(source, branch) as folder:
                self.found = inspect(folder, **chosen) if folder is not None else None
        else:
            self.found = None
            path = Path(source).expanduser()
            raise UsageError(
                f"cannot use {source!r} as the project: "
                + ("it is a file" if path.exists() else "there is no such folder here"),
                hint="give the folder of the Django project on this computer, or the address of a git repository",
            )
        self.seen = self.found or self.seen
        self.earlier.leave_behind(self.given, self.recipes, self.found)
        return self.found

    def refuse_project(self) -> None:
        """UnfitProject where the project cannot run, or needs a newer Python than the server has. Changes nothing."""
        if self.found is None:
            return
        if self.found.stops or self._other_than_looked_at():
            self.inspect_project()  # the person may have mended it by now
        problems = list(self.found.stops)
        if self.session is not None:
            problems += self._python_too_old(self.session.server.python)
        if problems:
            raise UnfitProject(tuple(dict.fromkeys(problems)))

    def _other_than_looked_at(self) -> bool:
        """Whether the answers name another folder or settings module than the one whose files were read."""
        given, found = self.given.tables.get("project", {}), self.found
        pairs = ((given.get("subdirectory"), found.root), (given.get("settings_module"), found.settings_module))
        return any(answer not in {None, looked_at} for answer, looked_at in pairs)

    def in_doubt(self) -> list[Any]:
        """What was found and must be answered where nobody can be asked: (the answer's name, the Problem)."""
        problems = self.found.problems if self.found is not None else ()
        return [(".".join(ASKED[one.code][0]), one) for one in problems if not self._is_answered(one.code)]

    def _is_answered(self, code: str) -> bool:
        return code not in ASKED or any(name in self.given.tables.get(table, {}) for table, name in ASKED[code])

    def _python_too_old(self, python: str) -> list[Problem]:
        has, needs = tuple(map(int, re.findall(r"\d+", python)[:2])), self.found.python_at_least
        if needs is None or len(has) < 2 or has >= needs:
            return []
        return [Problem("python_of_server", ".".join(map(str, needs)), python)]

    def connect(self, *, acquire: bool, fit: bool = True) -> Session:
        """Logs in by the target's login, or by an account that is known to have got in before.

        fit: it is to be set up, so StoppedError where it cannot be. All is looked at before the lock is taken, which is the
        first thing that is written there.
        """
        transport = transport_for(self.request, self.ask_host_key)
        self.emit(Working("connecting", self.request.target))
        session = Session(transport, self.emit)
        try:
            transport.connect()
        except LoginRefused as error:
            session.transport = self._other_door(transport, error)
            session.ways_in.insert(0, session.transport.login)
        try:
            session.open(acquire=False)
            self._compare_with_known(session)
            self._take_up_answers(session)
            if fit:
                preflight.check(session.server, session.journal, self.emit)
            if acquire:
                self.acquire(session)
        except BaseException:
            session.transport.close()
            raise
        self.session = session
        return session

    def acquire(self, session: Session) -> None:
        """Takes the lock. HeldError where another wizard has it, unless the request says to wait; watching ends in StoppedError."""
        self.emit(Working("starting"))
        while True:
            try:
                session.open(acquire=True, take_over=self.request.take_over)
                return
            except HeldError as error:
                if self.request.when_held == "stop":
                    raise
                watched = self.request.when_held == "watch"
                watch.until_free(session, self.emit, error, show=watched)
                if watched:
                    raise StoppedError(
                        "stopped after watching: they are done, and nothing was changed from here",
                        hint="run the same command without --watch to go on from where they stopped",
                    ) from None

    def answer(self, ask: answers_.Ask | None = None) -> Answers:
        """Every question answered, for the server that the session is connected to."""
        session = self._open_session()
        self.earlier.leave_behind(self.given, self.recipes, self.found)
        self.answers = answers_.complete(
            self.given,
            self.recipes,
            server=session.server,
            found=self.found,
            secrets=session.secrets,
            ask=ask,
            needed=self.answered,
        )
        return self.answers

    def plan(self, *, settle: bool = True) -> Plan:
        """What would change, for the chosen recipes. UsageError when --only leaves out what a recipe needs.

        settle: ask about what is there and not ours; without anybody to ask NotOurs, before anything is touched.
        """
        session = self._open_session()
        assert self.answers is not None
        self.emit(Working("comparing"))
        missing = _missing(self.chosen, self.recipes, session.journal)
        if missing:
            raise UsageError(
                f"cannot set up only {', '.join(r.name for r in self.chosen)}: {', '.join(missing)} must be set up first",
                hint="run setup without --only, or with --until",
            )
        plan = make_plan(self.chosen, self.answers, session)
        if settle:
            self.settle(plan)
        return plan

    def settle(self, plan: Plan) -> None:
        """Asks about what the plan would take over. NotOurs where nobody agrees, UsageError for other answers."""
        session = self._open_session()
        things = takeover.other_sites(plan, session.journal)
        things += takeover.foreign(plan, session.journal, login_user=session.server.login_user)
        self.adopted |= {t.name for t in things if t.adoptable and t.name in self.request.adopt}
        open_ = [t for t in things if t.name not in self.adopted]
        if self.decide is None:
            for t in things:
                self.emit(TakeoverFound(t.name, t.what, t.does, t.adoptable, t.name in self.adopted))
        if not open_:
            return
        if self.decide is None:
            raise takeover.NotOurs(open_)
        possible = ("take-over",) if all(t.adoptable for t in open_) else ()
        facts = {"things": [f"{t.what}: {t.does}" for t in open_]}
        choice = self.decide(Decision("takeover", "", (*possible, "answers", "stop"), facts))
        if choice == "take-over":
            self.adopted |= {t.name for t in open_}
        elif choice == "answers":
            error = takeover.NotOurs(open_)
            raise UsageError(error.message, details=error.details, hint="change the answers that are named here")
        else:
            raise takeover.NotOurs(open_)

    def afterwards(self) -> list[tuple[str, str, str | Secret]]:
        """What the learner needs afterwards: (recipe, name, value), of the chosen recipes."""
        assert self.answers is not None
        told = [(r.name, name, value(self.answers)) for r in self.chosen for name, value in r.told]
        lines = [(r, name, self._login_line(v) if isinstance(v, LoginAs) else v) for r, name, v in told]
        return [(recipe, name, value) for recipe, name, value in lines if value]

    def _login_line(self, told: LoginAs) -> str:
        """The line by which this user logs in; tried once, and then remembered."""
        if told not in self._login_lines:
            transport = self.session.transport if self.session else None
            ours = known_hosts(self.request) if self.request.target.startswith(PRACTICE) else None
            self._login_lines[told] = login_line.shown(told, self.request.target, transport, ours)
        return self._login_lines[told]

    def mask(self, text: str) -> str:
        """The text without any secret that this journey knows, and without what a terminal would act on."""
        secrets = [
            s
            for values in (*self.given.tables.values(), self.given.env)
            for s in values.values()
            if isinstance(s, Secret)
        ]
        secrets += self.answers.all_secrets() if self.answers else []
        secrets += self.session.secrets.values() if self.session else []
        login = (self.request.password, self.request.passphrase, self.request.sudo_password)
        return printable(masked(text, [*secrets, *(s for s in login if s)]))

    def close(self) -> None:
        """Gives the lock back, and remembers how to get in again."""
        if self.session is None:
            return
        session, self.session = self.session, None
        memory = local_state.recall(session.transport.login)
        users = [way.user for way in session.ways_in]
        if session.journal.id:
            memory.target = self.request.target
            memory.users = list(dict.fromkeys([session.transport.login.user, *users, *memory.users]))
            memory.journal, memory.size = session.journal.id, session.journal.size
            memory.checkpoints = [c.step for c in session.journal.checkpoints]
            memory.at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            local_state.remember(session.transport.login, memory)
        session.close()

    def _open_session(self) -> Session:
        assert self.session is not None, "connect first"
        return self.session

    def _other_door(self, transport: Transport, error: ConnectError) -> Transport:
        """The target's login is refused: the set-up itself may have closed that door and opened another."""
        for user in dict.fromkeys([*local_state.recall(transport.login).users, *self._users_to_come()]):
            if user == transport.login.user:
                continue
            other = transport.another(transport.login.as_user(user, sudo_password=self._sudo_password(user)))
            try:
                other.connect()
                return other
            except ConnectError:
                other.close()
        raise error

    def _users_to_come(self) -> Iterable[str]:
        """The accounts that guarded steps will log in as, as far as the answers tell without the server."""
        return [user for user, _ in self._ways_in()]

    def _sudo_password(self, user: str) -> Secret | None:
        return self.request.sudo_password or dict(self._ways_in()).get(user)

    def _ways_in(self) -> list[tuple[str, Secret | None]]:
        try:
            answers = answers_.complete(
                self.given, self.recipes, server=Server(), found=self.found, lenient=True, needed=self.answered
            )
            # of all recipes: an earlier run may have set up what this one leaves out
            steps = [s for r in self.recipes for s in r.steps if s.way_in is not None]
            ways = [s.way_in(answers) for s in steps if s.way_in is not None]
        except (WizardError, LookupError, TypeError, ValueError):
            return []
        return [(w.user, w.sudo_password) for w in ways]

    def _take_up_answers(self, session: Session) -> None:
        """What was answered for this server before, here or elsewhere: newer than this computer's memory, older than what is given."""
        kept = kept_answers.loads(session.kept_answers, self.recipes)
        found = kept_answers.found_then(session.kept_answers)
        self.earlier.take_up(self.given, kept, over=self.remembered, found=found)
        self.remembered.clear()  # from now on what is there was seen by the person
        self.earlier.leave_behind(self.given, self.recipes, self.found)

    def leave_answers(self) -> None:
        """Keeps the answers (but for secrets) on the server, where it has others; the session holds the lock."""
        session = self._open_session()
        assert self.answers is not None
        text = kept_answers.dumps(self.answers, self.answered, session.kept_answers)
        if text != session.kept_answers:
            session.keep_answers(text)
        if new := sorted(self.adopted - session.journal.adopted):
            session.write("adopt", session.journal_line("adopted", names=new))
            session.journal.add({"event": "adopted", "names": new})

    def _compare_with_known(self, session: Session) -> None:
        memory = local_state.recall(session.transport.login)
        if memory.journal and memory.journal != session.journal.id:
            self.emit(ServerReplaced("other" if session.journal.id else "gone"))
        elif memory.journal and memory.size > session.journal.size:
            self.emit(ServerReplaced("older"))
        journal = session.journal
        if journal.torn or journal.damaged or journal.lost:
            self.emit(JournalDamaged(journal.torn, tuple(journal.lost), journal.damaged))


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


def _missing(chosen: list[Recipe], recipes: list[Recipe], journal: Journal) -> list[str]:
    """Recipes that the chosen ones need, that are not chosen themselves and not complete on the server."""
    names = {r.name for r in chosen}
    by_name = {r.name: r for r in recipes}
    needed = [need for r in chosen for need in r.needs if need not in names]
    return [n for n in dict.fromkeys(needed) if not any(journal.complete(s.id) for s in by_name[n].steps)]
