"""Real power cuts in the middle of a set-up, and disks that are full in the middle of one: each is gone on from, and the
end is the same as that of a set-up that nothing disturbed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.practice.compare import Allowed, Fingerprint, differences, fingerprint
from tests.practice.conftest import ServerFactory
from tests.practice.doors import logged_in
from tests.practice.matrix.outcome import BETWEEN_RUNS
from tests.practice.matrix.results import tried
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.practice.sample import PROJECT
from wizard.transport.ssh import SshTransport

pytestmark = pytest.mark.matrix

ANSWERS = f'[project]\nsource = "{PROJECT}"\nname = "guestbook"\n[sanity_check]\nreboot = false\n'
# What no two set-ups of the same server have alike, when it was restarted at other points.
EACH_ITS_OWN = (
    *BETWEEN_RUNS,
    Allowed("etc", r"/etc/(g?shadow|passwd|group|sub[ug]id)-#?", "copies from one change ago"),
    Allowed("etc", r"/etc/ufw/user6?\.rules#", "ufw's own order"),
    Allowed("trees", r"/srv/guestbook/releases/.*/__pycache__(/.*)?", "compiled when a module is first imported"),
    Allowed("trees", r"/(usr|srv)/.*\.pyc", "the same"),
    Allowed("trees", r"/var/log(/.*)?", "what happened stays on record"),
    Allowed("active", r".*\.(mount|device|swap|scope)", "comes and goes by itself"),
    Allowed("timers", r".*", "they run at their time"),
)
# Lines of long programs at which the power goes off, each once; more would prove the same again.
LINES = (
    r"Unpacking (ufw|postgresql-15|nginx) ",
    r"Setting up (fail2ban|ssl-cert|postgresql-15|nginx|python3\.\d+-venv) ",
    r"Creating new PostgreSQL cluster|Collecting Django|Installing collected packages",
    r"Applying auth\.0001|\d+ static files",
)


@dataclass
class Site:
    """A server with a disk of its own, its bare state under a tag, and what a set-up makes of it when nothing disturbs it."""

    fleet: Fleet
    server: PracticeServer
    folder: Path
    bare: Fingerprint = field(default_factory=dict)
    undisturbed: Fingerprint = field(default_factory=dict)
    homes: int = 0

    def start(self, command: str, *options: str, anew: bool) -> subprocess.Popen[str]:
        """`wizard COMMAND`, in a home that knows nothing or in the last one."""
        self.homes += anew
        home = self.folder / f"home-{self.homes}"
        (home / ".ssh").mkdir(parents=True, exist_ok=True)
        (home / ".ssh" / "known_hosts").write_text(self.server.known_hosts.read_text())
        (self.folder / "answers.toml").write_text(ANSWERS)
        argv = [sys.executable, "-m", "wizard", command, f"root@{self.server.host}", "--key", str(self.server.key)]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        return subprocess.Popen(
            [*argv, *options, "--json", "--yes", "--answers", str(self.folder / "answers.toml")],
            env={**kept, "HOME": str(home)}, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(
        self, *command: str, anew: bool, at: Callable[[dict[str, Any]], bool] = lambda _: False
    ) -> tuple[int, list[dict[str, Any]]]:
        """Its exit status and events; `at` sees each event as it comes, and says whether the program is killed there."""
        process = self.start(*(command or ("setup",)), anew=anew)
        seen = []
        assert process.stdout
        with process.stdout as said:
            for line in said:
                seen.append(json.loads(line) if line.startswith("{") else {"event": "error", "text": line})
                if at(seen[-1]):
                    process.kill()
                    break
        return process.wait(60), seen

    @contextlib.contextmanager
    def transport(self) -> Iterator[SshTransport]:
        """As the user who may log in at that point of the set-up: a refused login would count against us."""
        leader = (self.fleet.servers / self.server.name / "leader").read_text().strip()
        deploy = Path("/proc", leader, "root/etc/sudoers.d/wizard-deploy").exists()
        with logged_in(self.server, "deploy" if deploy else "root") as transport:
            yield transport

    def on_server(self, script: str) -> str:
        with self.transport() as transport:
            return transport.run(script, silence=300).out

    def fingerprint(self) -> Fingerprint:
        """After a clean reboot: where the power was never cut, what the boot starts has not been started yet."""
        self.fleet.reboot(self.server.name)
        self.on_server("systemctl is-system-running --wait")
        with self.transport() as transport:
            return fingerprint(transport)

    def differences(self) -> list[str]:
        """From the undisturbed set-up; and the site must answer."""
        found = self.fingerprint()
        page = httpx.get(f"http://{self.server.host}/", trust_env=False)
        assert page.status_code == 200 and "Guestbook" in page.text
        return differences(self.undisturbed, found, EACH_ITS_OWN)


@pytest.fixture(scope="module")
def set_up(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(fleet, server_factory(disk="4G"), tmp_path_factory.mktemp("power"))
    fleet.reboot(site.server.name)  # what runs only at the first boot is over
    site.on_server("systemctl is-system-running --wait")
    fleet.snapshot(site.server.name, "bare")
    site.bare = site.fingerprint()
    status, events = site.run(anew=True)
    assert status == 0, events[-5:]
    fleet.snapshot(site.server.name, "set-up")
    site.undisturbed = site.fingerprint()
    yield site


@pytest.fixture
def site(set_up: Site, fleet: Fleet) -> Site:
    fleet.restore(set_up.server.name, "bare")
    return set_up


def test_power_cuts_all_along_a_set_up_leave_no_difference(site: Site, fleet: Fleet) -> None:
    cut: list[str] = []
    chance = random.Random(4)
    begun = 0

    def at(event: dict[str, Any]) -> bool:
        nonlocal begun
        label = ""
        if event["event"] == "ChangeStarted":
            begun += 1
            label = event["key"] if begun % 6 == 1 else ""
        elif event["event"] == "OutputLine" and (match := re.search("|".join(LINES), event["text"])):
            label = match[0]
        if not label or label in cut:
            return False
        cut.append(label)
        time.sleep(chance.random() / 3)
        fleet.pull_plug(site.server.name)
        return len(cut) % 2 == 0  # else it is to come back by itself

    with tried("power cuts in the middle of a set-up") as result:
        for _ in range(30):  # each time in a home that knows nothing
            status, events = site.run(anew=True, at=at)
            result.points = max(len(cut), 1)
            if status == 0:
                break
        assert status == 0, events[-5:]
        left = site.differences()
        result.differences = len(left)
        assert left == []
    assert len(cut) >= 15, cut


def test_power_cuts_all_along_a_way_back_leave_no_difference(set_up: Site, fleet: Fleet) -> None:
    site = set_up
    fleet.restore(site.server.name, "set-up")
    cut: list[str] = []
    chance = random.Random(5)
    begun: list[str] = []

    def at(event: dict[str, Any]) -> bool:
        if event["event"] != "UndoStarted" or event["key"] in begun:
            return False
        begun.append(event["key"])
        if len(begun) % 4 != 1:
            return False
        cut.append(event["key"])
        time.sleep(chance.random() / 3)
        fleet.pull_plug(site.server.name)
        return len(cut) % 2 == 0  # else it is to come back by itself

    with tried("power cuts in the middle of a way back") as result:
        for _ in range(30):
            status, events = site.run("rollback", "--all", anew=True, at=at)
            result.points = max(len(cut), 1)
            if status == 0:
                break
        assert status == 0, events[-5:]
        left = differences(site.bare, site.fingerprint(), EACH_ITS_OWN)
        result.differences = len(left)
        assert left == []
    assert len(cut) >= 8, cut


# The kind of change that finds no room left: a package's files, pip's, a migration's dump, an upload, a short one.
KINDS = ("packages", "uploaded_release", "virtualenv", "migrations", "static_files")
FILL = """\
case "$1" in
journalled*'"event":"doing"'*'"kind":"KIND"'*)
    rm -f /run/wizard-point
    fallocate -l $(($(stat -f -c '%a * %S' /))) /root/filler
    dd if=/dev/zero of=/root/filler.rest bs=64k 2>/dev/null || : ;;
esac
"""


def test_a_disk_that_is_full_in_the_middle_of_a_set_up_is_said_with_numbers_and_gone_on_from(site: Site) -> None:
    with tried("a disk that gets full", points=len(KINDS)) as result:
        for kind in KINDS:
            site.on_server(f"cat >/run/wizard-point <<'POINT'\n{FILL.replace('KIND', kind)}POINT")
            status, events = site.run(anew=True)
            said = json.dumps(events[-60:])
            assert status == 1, (kind, said)
            assert re.search(r"the disk is full: \d+ MB of \d+ MB are left on /|the disk has \d+ MB left", said), (
                kind,
                said,
            )
            assert "make room" in said
            site.on_server("rm -f /root/filler /root/filler.rest")
        status, events = site.run(anew=True)
        assert status == 0, events[-5:]
        left = site.differences()
        result.differences = len(left)
        assert left == []


def test_half_a_gigabyte_of_memory_without_swap_is_enough(
    new_server: ServerFactory, fleet: Fleet, tmp_path: Path
) -> None:
    site = Site(fleet, new_server(memory="512M"), tmp_path)
    with tried("512 MB of memory"):
        status, events = site.run(anew=True)
        assert status == 0, events[-5:]
        assert httpx.get(f"http://{site.server.host}/", trust_env=False).status_code == 200
