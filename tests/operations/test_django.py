"""Django's commands as operations: what their output means, and what must not be in their scripts."""

from __future__ import annotations

import subprocess

import pytest

from wizard.operations.base import Operation, canonical, operation_from_json
from wizard.operations.django import (
    MigrationsState,
    StaticFilesState,
    SuperuserState,
    migrations,
    static_files,
    superuser,
)
from wizard.secret import Secret

PLAN = "[X]  contenttypes.0001_initial\n[ ]  shop.0001_initial (2 squashed migrations)\n[ ]  shop.0002_price\nknown\n"
BOSS = superuser("shop", "o'boss", "boss@example.org", Secret("hunter2hunter2"), database="shop")


def test_migrations_are_unknown_where_django_cannot_be_asked_and_named_where_it_can() -> None:
    operation = migrations("shop", database="shop")
    assert operation.parse("") == operation.parse("Traceback\n") == MigrationsState("unknown")
    assert operation.parse(PLAN) == MigrationsState("unapplied", ("shop.0001_initial", "shop.0002_price"))
    assert operation.satisfied(operation.parse("[X]  shop.0001_initial\nknown\n"))


def test_new_migrations_of_a_new_release_are_no_change_made_by_hand() -> None:
    assert canonical(MigrationsState("unapplied", ("a",))) == canonical(MigrationsState("unapplied", ("b", "c")))


def test_going_back_needs_no_django() -> None:
    back = operation_from_json(migrations("shop", database="shop").to_json()).apply(
        MigrationsState("applied"), MigrationsState.from_json({"status": "unapplied"})
    )
    assert "shop-manage" not in back and back.index("dump_of shop >") < back.index("restore_into shop ")


def test_static_files_are_collected_once_for_each_release() -> None:
    operation = static_files("shop", "/srv/shop/shared/static")
    assert operation.satisfied(operation.parse("abc\nabc\n"))
    assert operation.wanted(operation.parse("abc\ndef\n")) == StaticFilesState("def", "def")


def test_a_superuser_that_is_there_is_left_alone_and_the_password_is_in_no_script() -> None:
    assert BOSS.satisfied(BOSS.parse("7 objects imported automatically.\nsuperuser: yes\n"))
    assert BOSS.parse("") == SuperuserState(known=False, exists=False)
    scripts = BOSS.apply(SuperuserState(), SuperuserState(True, True)) + BOSS.observe() + str(BOSS.to_json())
    assert "hunter2" not in scripts
    assert b"hunter2" in BOSS.blobs(SuperuserState())[0].content and BOSS.blobs(SuperuserState())[0].secret


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (migrations("shop", database="shop"), MigrationsState("unapplied"), MigrationsState("applied")),
        (static_files("shop", "/srv/shop/shared/static"), StaticFilesState(), StaticFilesState("abc", "abc")),
        (BOSS, SuperuserState(True, False), SuperuserState(True, True)),
    ],
)
def test_scripts_are_posix_shell_both_ways(operation: Operation, before: object, after: object) -> None:
    for script in (
        operation.apply(before, after),
        operation.apply(after, before),
        operation.verify(after),
        operation.observe(),
    ):
        done = subprocess.run(["dash", "-n"], input=script, text=True, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr


def test_root_neither_unpacks_nor_changes_modes_where_the_sites_user_could_lay_a_link() -> None:
    operation = static_files("shop", "/srv/shop/shared/static")
    here, there = StaticFilesState("", "one"), StaticFilesState("one", "one")
    lines = [
        line.strip() for s in (operation.apply(here, there), operation.apply(there, here)) for line in s.splitlines()
    ]
    writing = [line for line in lines if "tar --extract" in line or "chmod" in line]
    assert len(writing) == 3
    assert all(line.startswith("setpriv --reuid=shop --regid=shop --init-groups --no-new-privs ") for line in writing)
