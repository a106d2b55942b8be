"""Power cuts that lose what was not on the disk yet, and disks that are full."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from wizard.errors import WizardError
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
