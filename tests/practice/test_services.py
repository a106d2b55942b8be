"""Units and kernel settings on a real server: made, made again, undone, and not believed when they only seem to run."""

from __future__ import annotations

import pytest

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from wizard.errors import StepError
from wizard.operations.file import File, file
from wizard.operations.service import ServiceState, daemon_reload, restart, service
from wizard.operations.system import kernel_settings
from wizard.practice.fleet import PracticeServer

UNIT = "[Service]\nExecStart={}\nRestart=always\nRestartSec=5\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def cycle(pristine: PracticeServer) -> Cycle:
    return Cycle(pristine)


def unit(command: str) -> File:
    return file("/etc/systemd/system/clock.service", UNIT.format(command), notify=daemon_reload)


def test_a_unit_is_started_and_enabled_and_undo_leaves_nothing_of_it(cycle: Cycle) -> None:
    before = cycle.fingerprint()
    operations = (unit("/bin/sleep infinity"), service("clock"))
    assert cycle.make(*operations) == 2
    assert cycle.make(*operations) == 0
    assert cycle.observe(service("clock")) == ServiceState(True, "enabled", True)
    cycle.undo()
    assert cycle.observe(service("clock")) == ServiceState(False, "", False)
    assert differences(before, cycle.fingerprint()) == []


def test_a_target_that_a_unit_has_brought_up_goes_down_with_it(cycle: Cycle) -> None:
    text = "[Unit]\nWants=network-online.target\n" + UNIT.format("/bin/sleep infinity")
    before = cycle.fingerprint()
    assert cycle.run("systemctl is-active network-online.target || true") == "inactive\n"
    assert cycle.make(file("/etc/systemd/system/clock.service", text, notify=daemon_reload), service("clock")) == 2
    assert (
        cycle.run("for i in $(seq 50); do systemctl -q is-active network-online.target && break; sleep 0.2; done") == ""
    )
    assert cycle.run("systemctl is-active network-online.target") == "active\n"
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []


def test_a_program_that_dies_at_its_start_is_not_taken_for_running(cycle: Cycle) -> None:
    with pytest.raises(StepError):
        cycle.make(unit("/bin/sleep 0.3"), service("clock"))


@pytest.mark.parametrize("how", ["disable --now", "disable", "stop", "mask --now"])
def test_a_unit_that_was_off_is_so_again_after_undo(how: str, cycle: Cycle) -> None:
    cycle.run(f"systemctl {how} apt-daily.timer")
    before = cycle.fingerprint()
    assert cycle.make(service("apt-daily.timer")) == 1
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []


def test_restart_leaves_a_unit_alone_that_does_not_run(cycle: Cycle) -> None:
    cycle.run("systemctl stop apt-daily.timer")
    cycle.make(file("/etc/marker", "x", notify=restart("apt-daily.timer") + "\n" + restart("not-there")))
    assert cycle.observe(service("apt-daily.timer")) == ServiceState(True, "enabled", False)


def test_kernel_settings_count_at_once_and_come_back_with_undo(cycle: Cycle) -> None:
    before = cycle.fingerprint()
    settings = {"net.ipv4.conf.default.rp_filter": "1", "kernel.kptr_restrict": "2"}
    wanted = kernel_settings("/etc/sysctl.d/60-t.conf", settings)
    assert cycle.make(wanted) == 1
    assert cycle.make(wanted) == 0
    assert cycle.run("cat /proc/sys/net/ipv4/conf/default/rp_filter") == "1\n"
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []
