"""One set-up that is broken at every point it comes to, each point once, and each time gone on with by a new process.

So n points are tried in one set-up, and every resume is broken in its turn. Must not know which fault breaks it.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.practice.matrix.client import Pauses, start
from tests.practice.matrix.world import World
from wizard.engine.journal import parse
from wizard.engine.worker import RESTART_S
from wizard.operations.base import operation_from_json
from wizard.practice.sample import PROJECT

ANSWERS = f'[project]\nsource = "{PROJECT}"\nname = "guestbook"\n'
EXPECTED = (-signal.SIGKILL, 1, 3)  # how a broken process ends: killed; a step failed; the connection was lost
UNREACHABLE = 3
PATIENCE_S = 900  # for one process to come to its next point


@dataclass
class Client:
    """A process of `wizard` and what it said."""

    process: BaseProcess
    output: Path

    def said(self) -> list[dict[str, Any]]:
        lines = self.output.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def end(self, seconds: float = 90) -> int:
        """Waits for its end; a process that hangs is a defect found."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"it hangs: {self.words()}"
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def words(self) -> str:
        """The last that it said."""
        return self.output.read_text(errors="replace")[-3000:]


Fault = Callable[[Client, str], None]


@dataclass
class Chain:
    """Breaks set-ups of one server; the homes and outputs of its processes lie in a folder."""

    world: World
    folder: Path
    silence: float = 120  # seconds
    patience: float = 300
    tried: list[str] = field(default_factory=list)
    processes: list[Client] = field(default_factory=list)
    script: str = ""  # that was stopped last
    orphans: set[str] = field(default_factory=set)  # scripts whose client is dead: they come to their ends undisturbed

    def __post_init__(self) -> None:
        self.at = self.folder / "points" / "at"
        self.at.parent.mkdir(parents=True)
        self.answers = self.folder / "answers.toml"
        self.answers.write_text(ANSWERS)
        self.homes = itertools.count()
        self.home = self.folder

    def start(self, *options: str, anew: bool, stops: bool = True) -> Client:
        """The program, in the home of the last one or in a new one that knows nothing."""
        server = self.world.server
        if anew:
            self.home = self.folder / f"home-{next(self.homes)}"
            (self.home / ".ssh").mkdir(mode=0o700, parents=True)
        (self.home / ".ssh" / "known_hosts").write_text(server.known_hosts.read_text())
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        home = {"HOME": str(self.home), "WIZARD_STATE_DIR": str(self.home / "state")}
        argv = ["setup", f"root@{server.host}:{server.port}", "--key", str(server.key), "--json", "--yes"]
        argv += ["--answers", str(self.answers), *options]
        output = self.folder / f"output-{len(self.processes)}"
        output.touch()
        process = start(argv, kept | home, output, Pauses(self.at if stops else None, self.silence, self.patience))
        self.processes.append(Client(process, output))
        return self.processes[-1]

    def close(self) -> None:
        """Nothing goes on behind the next one's back."""
        for client in self.processes:
            client.kill()

    def come_to(self, client: Client, wanted: Callable[[str], bool]) -> str | None:
        """Lets it run until it stops at a point that is wanted; None when it has ended before."""
        deadline = time.monotonic() + PATIENCE_S
        while client.process.is_alive():
            self.world.plant()  # again, after a restart of the server
            if label := self.stopped_at():
                if label != "nobody's" and wanted(label):
                    return label
                self.go_on()
                deadline = time.monotonic() + PATIENCE_S
            elif time.monotonic() > deadline:
                client.kill()
                raise AssertionError(f"it hangs: {client.words()}")
            else:
                time.sleep(0.005)
        return None

    def stopped_at(self) -> str | None:
        if self.at.exists():
            return f"answered: {self.at.read_text()}"
        if (stopped := self.world.stopped_at()) is None:
            return None
        self.script, what = stopped
        if self.script in self.orphans:
            return "nobody's"
        return f"server: {self._named(what)}"

    def go_on(self) -> None:
        self.at.unlink(missing_ok=True)
        self.world.go_on()

    def _named(self, text: str) -> str:
        """The point of a journal write, without numbers and times, which differ from run to run."""
        kind, _, written = text.partition(" ")
        record = json.loads(written)
        what = record.get("step", "")
        if "operation" in record:
            what = operation_from_json(record["operation"]).key
        elif "id" in record:
            what = parse(self.world.journal()).entries[record["id"]].key
        return f"{kind} {record['event']} {what}".strip()

    def complaints(self) -> list[str]:
        """What the processes said had failed; a break is no failure of what it breaks."""
        said = [event for client in self.processes for event in client.said()]
        failed = [e for e in said if e["event"] in ("StepFailed", "CheckFailed")]
        return [f"said: {e['step']}: {e.get('reason', e.get('seen'))}" for e in failed]

    # -- faults ---------------------------------------------------------------------------------------------------

    def stop_the_world(self, client: Client, label: str) -> None:
        """Client and script end at this very point."""
        client.kill()
        self.at.unlink(missing_ok=True)
        if label.startswith("server"):
            self.world.die()

    def kill_client(self, client: Client, label: str) -> None:
        """The script goes on, and nobody listens."""
        client.kill()
        self.orphans.add(self.script)
        self.go_on()

    def kill_script(self, client: Client, label: str) -> None:
        """The client lives: it takes the connection for lost, and comes back by itself or ends with words."""
        self.world.die()

    def cut_the_line(self, client: Client, label: str) -> None:
        """For five seconds, which TCP may get over."""
        self.world.link("down")
        self.go_on()
        time.sleep(5)
        self.world.link("up")

    def cut_for_good(self, client: Client, label: str) -> None:
        """Until the client has given up; what runs on the server goes on."""
        self.world.link("down")
        self.orphans.add(self.script)
        self.go_on()
        try:
            ended = client.end(RESTART_S + 60)  # a server that restarts is waited for
            # 0 where it had heard of the end of the very last thing before
            assert ended == 3 or (ended == 0 and '"event": "RunFinished", "outcome": "done"' in client.words()), (
                client.words()
            )
        finally:
            self.world.link("up")

    # -------------------------------------------------------------------------------------------------------------

    def undisturbed(self, *options: str) -> None:
        self.world.uproot()
        client = self.start(*options, anew=True, stops=False)
        assert client.end(1800) == 0, client.words()

    def break_everywhere(self, fault: Fault, *options: str, wanted: Callable[[str], bool] = lambda _: True) -> None:
        """Runs the program until it ends well, with the fault once at each point."""
        refused = 0
        while True:
            before = len(self.tried)
            client = self.start(*options, anew=len(self.processes) % 2 == 0)
            while label := self.come_to(client, lambda label: wanted(label) and label not in self.tried):
                self.tried.append(label)
                with (self.folder / "tried").open("a") as log:
                    log.write(f"{time.strftime('%T')} {len(self.processes)} {label}\n")
                fault(client, label)
            status = client.end()
            if status == 0:
                return
            refused = refused + 1 if len(self.tried) == before else 0
            if status == UNREACHABLE and refused < 10:
                time.sleep(2)  # it restarts: a person tries again
                continue
            assert status in EXPECTED and not refused, client.words()
