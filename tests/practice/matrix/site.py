"""The sample site on one practice server, walked forward and back within this process, or in one that may be killed.

Must not know what is broken on the way.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.practice.compare import Fingerprint, fingerprint
from wizard import events
from wizard.app import connection, planning, project
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.engine.remote.session import Session
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.errors import WizardError
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.practice.sample import PROJECT

FORK = multiprocessing.get_context("fork")


class _Enough(Exception):
    """A run is left at a checkpoint."""


class Site:
    """The sample project on one practice server, walked forward and back."""

    def __init__(self, fleet: Fleet, server: PracticeServer, folder: Path) -> None:
        self.fleet, self.server, self.folder = fleet, server, folder
        answers = folder / "answers.toml"
        answers.write_text(f'[project]\nsource = "{PROJECT}"\nname = "guestbook"\n[sanity_check]\nreboot = false\n')
        self.request = Request(target=f"practice:{server.name}", answers=answers)
        self.bare: Fingerprint = {}
        self.whole: Fingerprint = {}
        self.seen: list[events.Event] = []

    @contextlib.contextmanager
    def journey(self, *, acquire: bool = True) -> Iterator[tuple[Journey, Session]]:
        journey = Journey(self.request, self.seen.append)
        try:
            journey.prepare()
            project.look(journey)
            yield journey, connection.connect(journey, acquire=acquire)
        finally:
            journey.close()

    def look(self) -> Fingerprint:
        with self.journey(acquire=False) as (_, session):
            return fingerprint(session.transport, deep=True)

    def resolve(self) -> None:
        """Until everything that starts at a boot has started."""
        self.run("timeout 120 systemctl is-system-running --wait || :")

    def after_a_restart(self) -> Fingerprint:
        """Some of what a set-up makes takes hold at the next boot only, where the unit that does it was started by hand."""
        self.fleet.reboot(self.server.name)
        self.resolve()
        return self.look()

    def forward(self, at_checkpoint: Callable[[str, Session], bool] = lambda *_: True) -> None:
        """To the end, or until `at_checkpoint`, which is called at each with the step's id, says False."""
        with self.journey() as (journey, session):

            def emit(event: events.Event) -> None:
                self.seen.append(event)
                if isinstance(event, events.CheckpointReached) and not at_checkpoint(event.step, session):
                    raise _Enough

            journey.answer()
            with contextlib.suppress(_Enough):
                Runner(planning.plan(journey), session, emit, lambda question: question.options[0]).run()

    def back(self, checkpoint: str | None = None, drift: str = "stop") -> None:
        """To a checkpoint or the very beginning. With "stop" nothing may be taken for somebody's work by hand."""
        with self.journey() as (_, session):
            roll_back(session, self.seen.append, checkpoint, on_drift=lambda *_: drift)

    def run(self, script: str) -> str:
        """By hand, as root."""
        with self.journey(acquire=False) as (_, session):
            result = session.transport.run(f"exec 2>&1; cd /\n{script}", silence=120)
        assert result.status == 0, result.out
        return result.out

    # -- interruptions ----------------------------------------------------------------------------------------------

    @property
    def run_folder(self) -> Path:
        """The server's /run, seen from this computer."""
        return Path("/proc", (self.fleet.servers / self.server.name / "leader").read_text().strip(), "root", "run")

    def child(self, work: Callable[[], None]) -> multiprocessing.process.BaseProcess:
        """This in a process of its own. It ends with 0, or 1 for an error that is said, or 2 for one that must not be."""

        def run() -> None:
            status = 0
            try:
                work()
            except WizardError as error:
                status = 1
                with (self.folder / "errors").open("a") as file:
                    print(error.message, error.details, file=file)
            except BaseException:
                status = 2
                with (self.folder / "errors").open("a") as file:
                    traceback.print_exc(file=file)
            os._exit(status)

        process = FORK.Process(target=run)
        process.start()
        return process

    def interrupted(self, work: Callable[[], None]) -> int | None:
        """Its exit status; None when it came to a point where the client is to die, and died there."""
        process, marker = self.child(work), self.run_folder / "wizard-client-dies"
        while process.is_alive():
            if marker.exists():
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                process.join()
                marker.unlink()
                return None
            time.sleep(0.01)
        process.join()
        assert process.exitcode in (0, 1), (self.folder / "errors").read_text()
        return process.exitcode
