"""What is wanted of units, given how they are found."""

from __future__ import annotations

import pytest

from wizard.operations.service import ServiceState, full_name, reload, service


def shown(load: str, enabled: str, active: str) -> ServiceState:
    return service("nginx").parse(f"ActiveState={active}\nLoadState={load}\nUnitFileState={enabled}\n")


def test_a_unit_that_is_restarted_for_ever_does_not_count_as_running() -> None:
    assert not shown("loaded", "enabled", "activating").running


def test_a_unit_that_is_not_installed_yet_is_wanted_installed_enabled_and_running() -> None:
    assert service("nginx").wanted(shown("not-found", "", "inactive")) == ServiceState(True, "enabled", True)


def test_a_unit_without_install_section_only_has_to_run() -> None:
    assert service("nginx").satisfied(shown("loaded", "static", "active"))


def test_a_masked_unit_stays_masked_where_it_is_not_to_start_at_boot() -> None:
    found = shown("masked", "masked", "inactive")
    assert service("nginx", enabled=False, running=False).satisfied(found)
    assert "systemctl unmask" in service("nginx").apply(found, service("nginx").wanted(found))


def test_none_leaves_the_boot_alone() -> None:
    found = shown("loaded", "disabled", "inactive")
    assert service("nginx", enabled=None).wanted(found) == ServiceState(True, "disabled", True)


@pytest.mark.parametrize(
    ("given", "name"), [("nginx", "nginx.service"), ("a.socket", "a.socket"), ("b.c", "b.c.service")]
)
def test_a_unit_has_one_name(given: str, name: str) -> None:
    assert full_name(given) == name


def test_a_configuration_is_tested_before_the_unit_reads_it() -> None:
    assert reload("nginx", test="nginx -t").splitlines()[0] == "nginx -t"
