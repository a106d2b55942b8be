"""Virtual environments: when one is made anew, and from which kind of file."""

from __future__ import annotations

import subprocess

import pytest

from wizard.engine.plan import drifted
from wizard.operations.base import canonical
from wizard.operations.virtualenv import VirtualenvState, virtualenv


def test_environment_of_a_release_that_is_here_once_more_is_nobodys_change_by_hand() -> None:
    operation = virtualenv("/srv/s/next", "requirements.txt", user="s")
    known = (VirtualenvState("newest"), VirtualenvState())
    older = operation.parse("older now\n")
    assert not drifted(operation, older, known) and not operation.satisfied(older)
    assert drifted(operation, operation.parse("unfinished now\n"), known)


def test_it_is_made_anew_only_when_what_it_is_made_of_changed() -> None:
    operation = virtualenv("/srv/s/current", "requirements.txt", user="s")
    assert operation.satisfied(operation.parse("abc\nabc\n"))
    for found in ("absent\nabc\n", "unfinished\nabc\n", "old\nabc\n"):
        assert operation.wanted(operation.parse(found)) == VirtualenvState("abc", "abc")


def test_a_new_release_with_other_requirements_is_no_change_made_by_hand() -> None:
    assert canonical(VirtualenvState("abc", "abc")) == canonical(VirtualenvState("abc", "def"))


def test_undo_of_the_first_one_removes_it_and_restarts_nothing() -> None:
    operation = virtualenv("/srv/s/current", "", user="s", notify="systemctl try-restart s")
    assert operation.apply(VirtualenvState("abc", "abc"), VirtualenvState()) == "rm -rf /srv/s/current/.venv"


@pytest.mark.parametrize("path", ["requirements/production.txt", "backend/uv.lock", "pyproject.toml", ""])
def test_scripts_are_posix_shell_for_every_kind_of_file(path: str) -> None:
    operation = virtualenv("/srv/s/current", path, user="s", extra=("psycopg[binary]>=3.2",), imports=("django",))
    for script in (operation.observe(), operation.apply(VirtualenvState(), VirtualenvState("abc"))):
        done = subprocess.run(["dash", "-n"], input=script, text=True, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
