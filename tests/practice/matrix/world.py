"""A practice server seen from this computer, past SSH: stopped at its journal's points, cut off, looked into.

Works where the server is a systemd-nspawn container of this computer. Must not know the wizard's engine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from wizard.practice import network
from wizard.practice.fleet import Fleet, PracticeServer

# Read by `point` of prelude.sh. It waits until this side has decided what happens there.
POINT = """\
printf '%s %s\\n' $$ "$1" >/run/wizard-at.new && mv /run/wizard-at.new /run/wizard-at
while [ -e /run/wizard-at ]; do sleep 0.02; done
if [ -e /run/wizard-die ]; then rm /run/wizard-die; kill -9 0; fi
"""


class World:
    """One server. Plant the points anew after each boot: /run is empty then (`plant` may be called at any time)."""

    def __init__(self, fleet: Fleet, server: PracticeServer) -> None:
        self.fleet = fleet
        self.server = server
        self.folder = fleet.servers / server.name

    @property
    def root(self) -> Path:
        """The server's file system, as it sees it itself; nothing is below it while the server is off."""
        try:
            leader = (self.folder / "leader").read_text().strip()
        except FileNotFoundError:  # it is off, or restarts at this moment
            leader = "0"
        return Path("/proc", leader, "root")

    def plant(self, commands: str = POINT) -> None:
        file = self.root / "run" / "wizard-point"
        if (self.root / "run" / "systemd" / "system").exists() and not file.exists():
            new = file.with_name("wizard-point.new")
            new.write_text(commands)
            new.rename(file)

    def uproot(self) -> None:
        (self.root / "run" / "wizard-point").unlink(missing_ok=True)
        self.go_on()

    def stopped_at(self) -> tuple[str, str] | None:
        """The script that waits, by its process id there, and what it called `point` with."""
        try:
            script, _, what = (self.root / "run" / "wizard-at").read_text().rstrip("\n").partition(" ")
        except OSError:
            return None
        return script, what

    def go_on(self) -> None:
        (self.root / "run" / "wizard-at").unlink(missing_ok=True)

    def die(self) -> None:
        """Kills the script that waits, with all that it started."""
        (self.root / "run" / "wizard-die").touch()
        self.go_on()

    def journal(self) -> str:
        file = self.root / "var" / "lib" / "wizard" / "journal"
        return file.read_text(errors="replace") if file.exists() else ""

    def run(self, *argv: str) -> str:
        """What a program says in the server, started past SSH."""
        leader = self.root.parent.name
        done = subprocess.run(
            ["nsenter", "-t", leader, "-m", "-p", "-n", "-i", "-u", *argv], capture_output=True, check=True
        )
        return done.stdout.decode()

    def processes(self, unit: str) -> list[int]:
        """Of a unit of the server, by their ids on this computer."""
        below = self.root / "sys" / "fs" / "cgroup"
        files = [f for f in below.glob(f"**/system.slice/{unit}/cgroup.procs") if f.parts[-4] in ("systemd", "cgroup")]
        return [int(pid) for file in files[:1] for pid in file.read_text().split()]

    def freeze(self, unit: str) -> None:
        """Stops all processes of a unit; they are still there, and do nothing."""
        while moving := [pid for pid in self.processes(unit) if _state(pid) not in "TZX"]:
            for pid in moving:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)

    def thaw(self, unit: str) -> None:
        for pid in self.processes(unit):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def link(self, state: str) -> None:
        """up or down: the server's network cable."""
        found = network.link_of(self.folder)
        assert found is not None
        subprocess.run(["ip", "link", "set", found.interface, state], check=True)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"
