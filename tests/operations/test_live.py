"""Which release goes live, and when one is tried. What it does on a server is in tests/practice."""

from __future__ import annotations

import subprocess

import pytest

from wizard.engine.plan import drifted
from wizard.operations.base import canonical, operation_from_json
from wizard.operations.django import MigrationsState, SuperuserState, migrations, superuser
from wizard.operations.live import LiveState, live_release
from wizard.operations.service import ServiceState, service
from wizard.operations.trial import LAST_ERROR, look
from wizard.secret import Secret

LIVE = live_release("/srv/shop", "shop.service", "shop.example", watched=("/etc/shop/env",))


def test_newest_release_is_wanted_live_and_running_where_the_service_runs() -> None:
    found = LIVE.parse("live=one\nnext=two\nrunning=one\n")
    assert LIVE.wanted(found) == LiveState("two", "two", "two")
    assert LIVE.wanted(LIVE.parse("live=\nnext=two\nrunning=\n")) == LiveState("two", "two", "")
    assert LIVE.satisfied(LIVE.parse("live=two\nnext=two\nrunning=two\n"))


def test_service_is_restarted_where_a_file_that_it_reads_is_newer_than_its_start() -> None:
    found = LIVE.parse("live=two\nnext=two\nrunning=two\nstale=yes\n")
    assert not LIVE.satisfied(found) and "systemctl try-restart" in LIVE.apply(found, LIVE.wanted(found))


def test_release_that_waits_to_go_live_is_nobodys_change_by_hand() -> None:
    known = (LiveState("one"), LiveState())
    assert not drifted(LIVE, LiveState("one", "two", "one"), known)
    assert drifted(LIVE, LiveState("elsewhere", "two", "elsewhere"), known)


def test_release_is_tried_before_the_link_is_turned_and_not_again_on_the_way_back() -> None:
    script = LIVE.apply(LiveState("one"), LiveState("two", "two", "two"))
    assert script.index("trial.sock") < script.index("put_link releases/two")
    assert script.index('[ ! -e "$change/tried" ]') < script.index("trial.sock")
    assert LIVE.apply(LiveState("one"), LiveState()) == "rm -f /srv/shop/current"


@pytest.mark.parametrize(
    "script",
    [
        LIVE.observe(),
        LIVE.apply(LiveState("one", "two", "one", True), LiveState("two", "two", "two")),
        LIVE.verify(LiveState("one")),
        look("/srv/shop", "shop.service", "print('''x''')\nEOF\n", server="gunicorn"),
    ],
)
def test_scripts_are_posix_shell(script: str) -> None:
    assert subprocess.run(["dash", "-n"], input=script, text=True, check=False).returncode == 0


def test_journalled_operation_is_read_back() -> None:
    assert operation_from_json(LIVE.to_json()) == LIVE
    assert canonical(LiveState("one", "two", "one", True)) == canonical(LiveState("one"))


CHAIN = """[2026-01-01 10:00:00] [7] [INFO] Booting worker
Traceback (most recent call last):
  File "logging/config.py", line 573, in configure
    handler = self.configure_handler(handlers[name])
              ^^^^^^^^
FileNotFoundError: [Errno 2] No such file or directory: '/srv/x/logs/django.log'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "gunicorn/arbiter.py", line 609, in spawn_worker
ValueError: Unable to configure handler 'file'
[2026-01-01 10:00:01] [7] [INFO] Worker exiting
"""


@pytest.mark.parametrize(
    "text,line",
    [
        (CHAIN, "ValueError: Unable to configure handler 'file' "
                "(FileNotFoundError: [Errno 2] No such file or directory: '/srv/x/logs/django.log')"),
        (CHAIN + "Traceback (most recent call last):\n  File x\nKeyError: 'A'\n", "KeyError: 'A'"),
        ("one\nsh: 1: gunicorn: not found\n\n", "sh: 1: gunicorn: not found"),
        ("", ""),
    ],
)  # fmt: skip
def test_last_line_of_a_traceback_is_found_with_where_it_began(text: str, line: str) -> None:
    said = subprocess.run(["sh", "-c", LAST_ERROR], input=text, text=True, capture_output=True, check=True)
    assert said.stdout.rstrip("\n") == line


def test_what_django_cannot_tell_and_what_died_by_itself_is_nobodys_change_by_hand() -> None:
    tables = migrations("shop", database="shop")
    assert not drifted(tables, MigrationsState(), (MigrationsState("applied"), MigrationsState("unapplied")))
    account = superuser("shop", "admin", "a@b.c", Secret("x"))
    assert not drifted(account, SuperuserState(), (SuperuserState(True, True), SuperuserState(True, False)))
    unit = service("shop")
    known = (ServiceState(True, "enabled", True), ServiceState(True, "disabled", False))
    for state in ("failed", "activating"):
        died = unit.parse(f"LoadState=loaded\nUnitFileState=enabled\nActiveState={state}")
        assert not drifted(unit, died, known) and not unit.satisfied(died)
    stopped = unit.parse("LoadState=loaded\nUnitFileState=enabled\nActiveState=inactive")
    assert drifted(unit, stopped, known)


def test_project_without_accounts_or_static_files_needs_none() -> None:
    from wizard.operations.django import static_files

    account = superuser("shop", "admin", "a@b.c", Secret("x"))
    assert account.satisfied(account.parse("superuser: none\n"))
    files = static_files("shop", "/srv/shop/shared/static")
    assert files.satisfied(files.parse("\nrelease\nnone\n")) and not files.satisfied(files.parse("\nrelease\n"))
