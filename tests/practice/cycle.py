"""One set of operations on a practice server, through the real engine: made, made again, undone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from tests.practice.compare import Fingerprint, fingerprint
from tests.practice.doors import logged_in, session_on
from wizard import events
from wizard.checks.base import Check
from wizard.engine.plan import make_plan
from wizard.engine.remote.session import Session
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.operations.base import Operation, State
from wizard.practice.fleet import PracticeServer
from wizard.recipe import Answers, Recipe
from wizard.text import from_output
from wizard.transport.ssh import SshTransport


class Cycle:
    """Sessions with one server; `seen` collects every event."""

    def __init__(self, server: PracticeServer) -> None:
        self.server = server
        self.seen: list[events.Event] = []

    @contextlib.contextmanager
    def transport(self) -> Iterator[SshTransport]:
        with logged_in(self.server) as transport:
            yield transport

    def run(self, script: str) -> str:
        """What the script printed, on both outputs; it must end well."""
        with self.transport() as transport:
            result = transport.run(f"exec 2>&1; cd /\n{script}", silence=300)
        assert result.status == 0, result.out
        return from_output(result.out)

    def fingerprint(self) -> Fingerprint:
        with self.transport() as transport:
            return fingerprint(transport)

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        with session_on(self.server, self.seen.append) as session:
            yield session

    def make(self, *operations: Operation, checks: Sequence[Check] = ()) -> int:
        """Makes them in one step; the number of changes that were needed. StepError when one fails."""
        recipe = Recipe("cycle", __file__)
        recipe.step("step", check=lambda _: checks)(lambda _: iter(operations))
        with self.session() as session:
            plan = make_plan([recipe], Answers({}, server=session.server), session)
            runner = Runner(plan, session, self.seen.append, lambda decision: decision.options[-1])
            runner.run()
            return runner.made

    def observe(self, operation: Operation) -> State:
        with self.session() as session:
            return session.observe([operation], label="test")[0]

    def undo(self, drift: str = "restore") -> None:
        with self.session() as session:
            roll_back(session, self.seen.append, None, on_drift=lambda *_: drift)

    def said(self) -> str:
        """All output of all changes so far."""
        return "\n".join(e.text for e in self.seen if isinstance(e, events.OutputLine))
