"""Going back on a whole site, interrupted at every point of every undo.

Where a point is: prelude.sh (`point`), before and after each journal write. Works on systemd-nspawn servers.
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

import pytest

from tests.practice.compare import Fingerprint, differences, fingerprint
from tests.practice.conftest import ServerFactory
from tests.practice.matrix import results
from wizard import events
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.engine.session import Session
from wizard.errors import WizardError
from wizard.journey import Journey, Request
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.practice.sample import PROJECT

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(3600)]

FORK = multiprocessing.get_context("fork")
MAYBE = 300  # tries: more than there are points; a way back that never comes to its end fails


class Site:
    """The sample project on one practice server, walked forward and back."""

    def __init__(self, fleet: Fleet, server: PracticeServer, folder: Path) -> None:
        self.fleet, self.server, self.folder = fleet, server, folder
        answers = folder / "answers.toml"
        answers.write_text(f'[project]\nsource = "{PROJECT}"\nname = "guestbook"\n')
        self.request = Request(target=f"practice:{server.name}", answers=answers)
        self.bare: Fingerprint = {}
        self.seen: list[events.Event] = []

    @contextlib.contextmanager
    def journey(self, *, acquire: bool = True) -> Iterator[tuple[Journey, Session]]:
        journey = Journey(self.request, self.seen.append)
        try:
            journey.prepare()
            journey.inspect_project()
            yield journey, journey.connect(acquire=acquire)
        finally:
            journey.close()

    def look(self) -> Fingerprint:
        with self.journey(acquire=False) as (_, session):
            return fingerprint(session.transport, deep=True)

    def forward(self) -> None:
        with self.journey() as (journey, session):
            journey.answer()
            Runner(journey.plan(), session, self.seen.append, lambda question: question.options[0]).run()

    def back(self, drift: str = "stop") -> None:
        """To the very beginning. With "stop" nothing may be taken for somebody's work by hand."""
        with self.journey() as (_, session):
            roll_back(session, self.seen.append, None, on_drift=lambda *_: drift)

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


# Each point of an undo is broken once, in one of three ways in turn: the script is killed, the connection is cut while
# the script goes on, or the client is killed and the script goes on.
BREAK = """\
case $1 in *'"event":"undo'*)
    _p=$(printf %s "$1" | sed 's/"run":"[0-9a-f]*",//' | cksum)
    if ! grep -qxF "$_p" /run/wizard-tried 2>/dev/null; then
        echo "$_p" >>/run/wizard-tried
        case $((($(wc -l </run/wizard-tried) + TURN) % 3)) in
            0) kill -9 0 ;;
            1) kill -9 $(ssh_ancestor | cut -d' ' -f1) ;;
            2) : >/run/wizard-client-dies; while [ -e /run/wizard-client-dies ]; do sleep 0.02; done ;;
        esac
    fi ;;
esac
"""


@pytest.fixture(scope="module")
def site(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that was set up without any disturbance; the snapshot `end` has it."""
    server = server_factory()
    fleet.reboot(server.name)  # what runs only at the first boot is over
    site = Site(fleet, server, tmp_path_factory.mktemp("site"))
    site.bare = site.look()
    site.forward()
    fleet.snapshot(server.name, "end")
    return site


@pytest.fixture
def end(site: Site) -> Site:
    site.fleet.restore(site.server.name, "end")
    site.run("timeout 120 systemctl is-system-running --wait || :")
    site.seen.clear()
    return site


@pytest.mark.parametrize("turn", range(3))
def test_way_back_that_is_interrupted_at_every_point_leads_to_the_bare_server(
    end: Site, turn: int, request: pytest.FixtureRequest
) -> None:
    if turn and not request.config.getoption("--matrix-all"):
        pytest.skip("each point is broken in one way; --matrix-all breaks it in all three")
    (end.run_folder / "wizard-point").write_text(BREAK.replace("TURN", str(turn)))
    for _ in range(MAYBE):
        if end.interrupted(end.back) == 0:
            break
    else:
        pytest.fail((end.folder / "errors").read_text())
    tried = len((end.run_folder / "wizard-tried").read_text().splitlines())
    (end.run_folder / "wizard-point").unlink()
    with results.tried("way back interrupted: client or script killed, connection cut", tried) as row:
        left = differences(end.bare, end.look())
        row.differences, row.survived = len(left), 0 if left else tried
    assert left == []
    assert tried >= 4 * 40  # before and after `undoing` and `undone` of each change


def test_way_back_leads_to_the_bare_server_where_somebody_has_taken_everything_away(end: Site) -> None:
    end.run("""
        systemctl stop guestbook.socket guestbook.service nginx
        runuser -u postgres -- dropdb --force guestbook
        runuser -u postgres -- dropuser guestbook
        rm -rf /srv/guestbook /etc/guestbook /etc/nginx/sites-*/guestbook /usr/local/bin/guestbook-manage
        apt-get -qqy purge nginx nginx-common
        userdel guestbook""")
    end.back("restore")
    assert differences(end.bare, end.look()) == []
