"""Power cuts that lose what was not on the disk yet, and disks that are full."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.cycle import Cycle
from wizard.errors import StepError, WizardError
from wizard.operations.apt import packages
from wizard.operations.command import command
from wizard.operations.file import file
from wizard.practice.fleet import Fleet, PracticeServer


@pytest.fixture(scope="module")
def real_disk(server_factory: ServerFactory) -> PracticeServer:
    """A server whose root is ext4 in a file of 2 GB, in whatever state the last test left it."""
    return server_factory(disk="2G")


@pytest.fixture
def fresh_disk(fleet: Fleet, real_disk: PracticeServer) -> PracticeServer:
    return fleet.reset(real_disk.name)


def test_a_power_cut_loses_what_was_not_on_the_disk_yet_and_nothing_else(
    fleet: Fleet, fresh_disk: PracticeServer, on_server: OnServer
) -> None:
    look = "cat /srv/kept; cat /srv/lost; stat -f -c %T /; cat /proc/sys/kernel/random/boot_id"
    write = "echo kept >/srv/kept; sync /srv/kept; echo lost >/srv/lost"
    before = on_server(fresh_disk, f"{write}; {look}").out.split()
    assert before[:3] == ["kept", "lost", "ext2/ext3"]
    fleet.pull_plug(fresh_disk.name)
    after = on_server(fresh_disk, look).out.split()
    assert after[:2] == ["kept", "ext2/ext3"]
    assert after[2] != before[3]


def test_a_clean_reboot_and_a_snapshot_lose_nothing_of_a_disk(
    fleet: Fleet, fresh_disk: PracticeServer, on_server: OnServer
) -> None:
    on_server(fresh_disk, "echo one >/srv/one")
    fleet.snapshot(fresh_disk.name, "one")
    on_server(fresh_disk, "rm /srv/one; echo two >/srv/two")
    fleet.reboot(fresh_disk.name)
    assert on_server(fresh_disk, "cat /srv/*").out == "two\n"
    fleet.restore(fresh_disk.name, "one")
    assert on_server(fresh_disk, "cat /srv/*").out == "one\n"


def test_a_disk_has_the_size_it_was_given_and_can_be_full(real_disk: PracticeServer, on_server: OnServer) -> None:
    size = int(on_server(real_disk, "df -m --output=size / | tail -n 1").out)
    assert 1900 < size <= 2048
    fill = "fallocate -l $(df --output=avail -B1 / | tail -n 1) /srv/big; dd if=/dev/zero of=/srv/more bs=1M count=300"
    full = on_server(real_disk, f"{fill}; df -m --output=avail / | tail -n 1; rm /srv/big /srv/more")
    assert "No space left" in full.err
    assert int(full.out) == 0


def test_a_server_with_a_disk_leaves_no_loop_device_and_too_small_a_disk_is_refused(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "state")
    try:
        with pytest.raises(WizardError, match="so small a disk"):
            fleet.up("tiny", disk="100M")
        server = fleet.up("one", disk="1G")
        disk = str(fleet.servers / server.name / "disk")
        devices = ["losetup", "--noheadings", "--output", "BACK-FILE"]
        assert disk in subprocess.run(devices, capture_output=True, text=True, check=True).stdout
        fleet.down("one")
        assert disk not in subprocess.run(devices, capture_output=True, text=True, check=True).stdout
    finally:
        fleet.down_all()


def test_a_change_that_the_kernel_ended_for_lack_of_memory_says_so(new_server: ServerFactory) -> None:
    eater = "python3 -c 'b = bytearray(400 << 20); b[::4096] = bytes([1]) * (len(b) // 4096)'"
    for long in (True, False):
        cycle = Cycle(new_server(memory="256M"))
        with pytest.raises(StepError, match=r"ran out of memory, of which it has 256 MB") as error:
            cycle.make(command("eater", eater, test="false", undo=":", long=long))
        assert "swap" in error.value.hint


def test_a_change_that_finds_the_disk_full_says_so_with_numbers_and_is_made_when_there_is_room(
    fresh_disk: PracticeServer,
) -> None:
    cycle = Cycle(fresh_disk)
    cycle.run("fallocate -l $(($(stat -f -c '%a * %S' /))) /srv/filler")
    big = command(
        "big", "head -c 300000000 /dev/zero >/srv/big", test="[ $(stat -c %s /srv/big) = 300000000 ]", undo=":"
    )
    with pytest.raises(StepError, match=r"the disk is full: \d MB of \d{4} MB are left on /") as error:
        cycle.make(big)
    assert "make room" in error.value.hint
    with pytest.raises(WizardError, match=r"cannot write to the journal on the server \(the disk is full: 0 MB"):
        cycle.make(big)
    cycle.run("rm /srv/big")
    with pytest.raises(StepError) as refused:
        cycle.make(packages("nano"))
    assert re.search(r"the disk has \d+ MB left and 300 MB are needed", refused.value.details)
    large = file("/srv/large", os.urandom(3 << 20))
    with pytest.raises(StepError, match=r"cannot send 3 MB to the server \(the disk is full: \d MB of \d{4} MB"):
        cycle.make(large)
    cycle.run("rm /srv/filler")
    assert cycle.make(big, packages("nano"), large) == 3
