"""What is wanted of packages, given which are installed."""

from __future__ import annotations

from wizard.operations.apt import PackagesState, packages, upgrade
from wizard.operations.base import operation_from_json


def test_a_package_that_is_removed_but_for_its_configuration_is_not_installed() -> None:
    assert packages("nginx", "git").parse("git installed\nnginx config-files\n") == PackagesState(("git",))


def test_only_what_is_missing_is_asked_of_apt() -> None:
    op = packages("nginx", "git")
    found = PackagesState(("git",))
    assert "install --no-install-recommends -- nginx" in op.apply(found, op.wanted(found))


def test_the_same_packages_in_another_order_are_the_same_thing() -> None:
    assert packages("b", "a", "b") == packages("a", "b")


def test_undo_needs_nothing_but_the_journal() -> None:
    op = packages("nginx")
    again = operation_from_json(op.to_json())
    assert again.apply(PackagesState(("nginx",)), PackagesState()) == op.apply(
        PackagesState(("nginx",)), PackagesState()
    )


def test_an_upgrade_cannot_be_undone() -> None:
    assert upgrade().irreversible
    done, waiting = upgrade().parse("current\n"), upgrade().parse("")
    assert upgrade().apply(done, waiting).startswith("false")
