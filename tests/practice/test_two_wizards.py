"""Two wizards on one server: the second is told, and can wait, watch or take over; both never write at once."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer
from tests.practice.doors import session_on
from tests.practice.matrix.results import tried
from tests.practice.program import Laptop
from wizard.engine.journal import parse
from wizard.engine.remote.scripts import Work
from wizard.engine.worker import Worker
from wizard.errors import HeldError, StoppedError
from wizard.operations.base import Change
from wizard.operations.file import FileState, file
from wizard.practice.fleet import PracticeServer

# what both must never be in at the same time; the journal is written in it, too
INSIDE = """
[ ! -e /run/inside ] || cat /run/inside >>/run/both
echo {name} >/run/inside
sleep 0.02
rm /run/inside
"""


def test_second_is_told_who_has_the_lock_since_when_and_what_can_be_done(pristine: PracticeServer) -> None:
    with (
        session_on(pristine),
        pytest.raises(HeldError, match="is setting it up, since 20") as caught,
        session_on(pristine),
    ):
        pass
    assert " on " in caught.value.who
    assert all(flag in caught.value.hint for flag in ("--wait", "--watch", "--take-over"))


def test_time_of_the_lock_stays_when_its_holder_reconnects(pristine: PracticeServer, on_server: OnServer) -> None:
    with session_on(pristine) as first:
        on_server(pristine, "sed -i 's/^since=.*/since=then/' /var/lib/wizard/holder")
        first.reconnect()
        assert on_server(pristine, "sed -n 's/^since=//p' /var/lib/wizard/holder").out == "then\n"


def test_first_stops_at_its_next_write_after_a_take_over_and_says_why(
    pristine: PracticeServer, on_server: OnServer
) -> None:
    with session_on(pristine) as first:
        with session_on(pristine, take_over=True), pytest.raises(StoppedError, match=r"took this server over at 20"):
            first.write("too late", "touch /root/too-late")
        with pytest.raises(StoppedError, match="another wizard has worked there since"):
            first.write("too late", "touch /root/too-late")
    assert on_server(pristine, "ls /root/too-late").status != 0


def test_first_that_comes_back_after_another_run_was_there_does_not_go_on(pristine: PracticeServer) -> None:
    with session_on(pristine) as first:
        first.reconnect()  # alone on the server it goes on
        first.transport.close()
        with session_on(pristine, take_over=True):
            pass
        with pytest.raises(StoppedError, match="another wizard has worked there since"):
            first.reconnect()


def test_number_of_a_change_is_not_given_twice_should_the_lock_ever_fail(
    pristine: PracticeServer, on_server: OnServer
) -> None:
    ours, absent = file("/root/ours", "x"), FileState()
    with session_on(pristine) as first:
        change = Change(ours, absent, ours.wanted(absent))
        Worker(first, lambda _: None).do(Work(1, "x/y", change, new=True, blobs=ours.blobs(absent)))
        Worker(first, lambda _: None).do(Work(1, "x/y", change, undo=True))
        on_server(pristine, """echo '{"at":"x","event":"doing","run":"theirs","id":2}' >>/var/lib/wizard/journal""")
        with pytest.raises(StoppedError, match="another wizard has worked there since"):
            Worker(first, lambda _: None).do(Work(2, "x/y", change, new=True, blobs=ours.blobs(absent)))
    assert on_server(pristine, "ls /root/ours /var/lib/wizard/changes/0002").out == ""


def test_second_waits_until_the_first_is_done_and_then_goes_on(pristine: PracticeServer, tmp_path: Path) -> None:
    with session_on(pristine):
        second = Laptop(tmp_path).start(pristine, "setup", "--wait")
        assert second.stdout is not None
        for line in second.stdout:
            if "Waiting until they are done" in line:
                break
        else:
            raise AssertionError("it did not wait")
        time.sleep(1)
        assert second.poll() is None
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said


def test_second_sees_what_the_first_does_and_changes_nothing(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    with session_on(pristine) as holder:  # so that the watcher is there before anything begins
        watcher = Laptop(tmp_path / "watcher").start(pristine, "setup", "--watch")
        assert watcher.stdout is not None
        for line in watcher.stdout:
            if "This is what they do" in line:
                break
        first = Laptop(tmp_path / "first").start(pristine, "setup", "--take-over")
        assert first.wait(timeout=120) == 0
        del holder
    said, _ = watcher.communicate(timeout=60)
    assert watcher.returncode == 4, said
    assert "write the file /etc/demo/greeting" in said
    assert "nothing was changed from here" in said
    journal = on_server(pristine, "cat /var/lib/wizard/journal").out
    assert journal.count('"event":"run"') == 2


@pytest.mark.parametrize("seconds", [10, pytest.param(120, marks=pytest.mark.matrix)])
def test_both_never_write_at_once(pristine: PracticeServer, on_server: OnServer, seconds: int) -> None:
    writes = {"one": 0, "two": 0}
    stopped = {"one": 0, "two": 0}
    wrong: list[BaseException] = []
    end = time.monotonic() + seconds

    def struggle(name: str) -> None:
        try:
            while time.monotonic() < end:
                try:
                    with session_on(pristine, take_over=True) as one:
                        for number in range(5):
                            record = one.journal_line("accepted", key=f"{name}:{number}", state={"x": "y" * 3000})
                            one.write("inside", INSIDE.format(name=name) + record)
                            writes[name] += 1
                except StoppedError:
                    stopped[name] += 1
        except BaseException as error:
            wrong.append(error)

    with tried("two wizards on one server: writes") as row:
        threads = [threading.Thread(target=struggle, args=[name]) for name in writes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        row.points = sum(writes.values())
        text = on_server(pristine, "cat /run/both 2>/dev/null; cat /var/lib/wizard/journal").out
        journal = parse(text)
        assert wrong == []
        assert journal.torn == 0
        assert text.count('"event":"accepted"') == row.points
        assert min(writes.values()) > 0 and min(stopped.values()) > 0
    print(f"{writes} written, {stopped} times stopped by the other")


@pytest.mark.matrix
def test_lock_of_a_laptop_that_is_asleep_expires_by_its_heartbeat(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    with tried("two wizards on one server: a holder that is asleep"):
        asleep = Laptop(tmp_path / "asleep").start(pristine, "setup")
        while on_server(pristine, "ls /var/lib/wizard/holder").status:
            time.sleep(0.2)
        asleep.send_signal(signal.SIGSTOP)
        try:
            second = Laptop(tmp_path / "second").start(pristine, "setup", "--wait")
            said, _ = second.communicate(timeout=400)
        finally:
            asleep.send_signal(signal.SIGCONT)
        woken, _ = asleep.communicate(timeout=120)
        assert second.returncode == 0, said
        assert "Traceback" not in woken
