"""A project in a git repository, looked at by way of a clone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wizard.project.clone import cloned


@pytest.fixture
def repository(tmp_path: Path) -> str:
    folder = tmp_path / "origin"
    folder.mkdir()
    (folder / "manage.py").write_text("# a project\n")
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "First"], check=True)
    return str(folder)


def test_files_are_there_only_while_they_are_looked_at(repository: str) -> None:
    with cloned(repository, "main") as folder:
        assert folder is not None
        assert (folder / "manage.py").read_text() == "# a project\n"
    assert not folder.exists()


@pytest.mark.parametrize("branch", ["no-such-branch", "--upload-pack=touch /tmp/x"])
def test_what_cannot_be_had_is_no_error(repository: str, branch: str) -> None:
    with cloned(repository, branch) as folder:
        assert folder is None


@pytest.mark.parametrize(
    "url", ["file:///srv/git/on-the-server.git", "--upload-pack=x", "ext::sh -c id", "/no/such/folder"]
)
def test_addresses_that_are_not_for_this_computer(url: str) -> None:
    with cloned(url) as folder:
        assert folder is None
