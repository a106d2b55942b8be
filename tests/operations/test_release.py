"""Releases: what is wanted of what is found, and what the journal keeps. What they do on a server is in tests/practice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wizard.operations.base import canonical, operation_from_json
from wizard.operations.release import (
    NEWEST,
    GitRelease,
    ReleaseState,
    data_directory,
    release_from_folder,
    release_from_git,
    serving,
)

ONE, TWO = "111111111111", "222222222222"


def git() -> GitRelease:
    return release_from_git("/srv/shop", "https://git.example.org/shop.git", group="shop", branch="main")


def test_a_release_is_wanted_only_when_the_branch_points_elsewhere() -> None:
    found = git().parse(f"current={ONE}\nrelease={ONE}\nhead={ONE}\n")
    assert git().satisfied(found)
    moved = git().parse(f"current={ONE}\nrelease={ONE}\nhead={TWO}\n")
    assert git().wanted(moved) == ReleaseState(TWO, (ONE, TWO), TWO)


def test_what_is_there_is_kept_where_the_repository_cannot_be_asked() -> None:
    for head in ("", "head=\n"):
        assert git().satisfied(git().parse(f"current={ONE}\nrelease={ONE}\n{head}"))
    nothing = git().parse("current=\n")
    assert git().wanted(nothing) == ReleaseState(NEWEST, (NEWEST,))


def test_a_branch_that_moved_is_no_change_of_the_server() -> None:
    assert canonical(ReleaseState(ONE, (ONE,), ONE)) == canonical(ReleaseState(ONE, (ONE,), TWO))


def test_going_back_fetches_nothing_and_removes_only_what_came() -> None:
    back = git().apply(ReleaseState(TWO, (ONE, TWO)), ReleaseState(ONE, (ONE,)))
    assert "clone" not in back and TWO in back and f'rm -rf "$root/releases/"{ONE}' not in back


def test_a_folder_is_named_by_its_content_and_its_archive_stays_out_of_the_journal(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text("print()")
    (tmp_path / ".env").write_text("PASSWORD=hunter2")
    first = release_from_folder("/srv/shop", str(tmp_path), group="shop")
    assert release_from_folder("/srv/shop", str(tmp_path), group="shop") == first
    assert "archive" not in first.to_json() and operation_from_json(first.to_json()).key == first.key
    (tmp_path / "manage.py").write_text("print(1)")
    assert release_from_folder("/srv/shop", str(tmp_path), group="shop").id != first.id
    assert first.blobs(ReleaseState("", (first.id,))) == () and first.blobs(ReleaseState())[0].secret


def test_a_service_that_does_not_run_is_left_alone() -> None:
    operation = serving("shop.service", "/srv/shop/current")
    assert operation.satisfied(operation.parse("\n/srv/shop/releases/2\n"))
    assert not operation.satisfied(operation.parse("/srv/shop/releases/1\n/srv/shop/releases/2\n"))


@pytest.mark.parametrize(
    "script",
    [
        git().apply(ReleaseState(), ReleaseState(NEWEST, (NEWEST,))),
        release_from_git("/srv/s", "git@h:x.git", group="s", key="/etc/s/deploy_key").observe(),
        release_from_git("/srv/s", "file:///srv/x.git", group="s").apply(ReleaseState(), ReleaseState(ONE, (ONE,))),
        data_directory("/srv/s/shared/media", owner="s").apply(data_directory("/x", owner="s").parse("directory|755|s|s|||0"),
                                                               data_directory("/x", owner="s").parse("absent||||||0")),
    ],
)  # fmt: skip
def test_scripts_are_posix_shell(script: str) -> None:
    assert subprocess.run(["dash", "-n"], input=script, text=True, check=False).returncode == 0
