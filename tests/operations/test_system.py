"""What is wanted of swap and kernel settings, given how they are found."""

from __future__ import annotations

from wizard.operations.base import operation_from_json
from wizard.operations.system import SwapState, kernel_settings, swap

SETTINGS = kernel_settings("/etc/sysctl.d/60-a.conf", {"net.core.x": "2", "kernel.y": "1"})
ABSENT = "absent||||||0\n"


def test_a_swap_file_that_is_there_keeps_its_size() -> None:
    op = swap(size=1024)
    assert op.wanted(op.parse("512 0 0\n")) == SwapState(512, True, True)


def test_a_setting_that_a_container_may_not_change_is_left_as_it_is() -> None:
    found = SETTINGS.parse(ABSENT + "net.core.x=0\nkernel.y\n")
    wanted = SETTINGS.wanted(found)
    assert wanted.values == ("net.core.x=2", "kernel.y")
    assert "kernel/y" not in SETTINGS.apply(found, wanted)


def test_settings_without_their_file_would_be_gone_at_the_next_boot() -> None:
    assert not SETTINGS.satisfied(SETTINGS.parse(ABSENT + "net.core.x=2\nkernel.y=1\n"))


def test_undo_gives_the_kernel_its_old_values_from_the_journal_alone() -> None:
    found = SETTINGS.parse(ABSENT + "net.core.x=0\nkernel.y=0\n")
    undo = operation_from_json(SETTINGS.to_json()).apply(SETTINGS.wanted(found), found)
    assert "echo 0 >/proc/sys/net/core/x" in undo
    assert "rm -f /etc/sysctl.d/60-a.conf" in undo
