"""A stranger's repository names programs in all of git's ways; looking at it and packing it run none of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.project import clone, git
from wizard.project.clone import cloned
from wizard.project.upload import pack

Plant = Callable[[Path, Path], None]


def run(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *identity, "-C", folder, *arguments], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def setting(name: str) -> Plant:
    def plant(top: Path, spy: Path) -> None:
        run(top, "config", name, str(spy))

    return plant


def hooks(top: Path, spy: Path) -> None:
    run(top, "config", "core.hooksPath", str(spy.parent))
    for name in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"):
        for place in (spy.parent, top / ".git" / "hooks"):
            (place / name).write_bytes(spy.read_bytes())
            (place / name).chmod(0o755)


def filters(top: Path, spy: Path) -> None:
    (top / ".gitattributes").write_text("* filter=spy diff=spy merge=spy\n")
    for name in (
        "filter.spy.clean",
        "filter.spy.smudge",
        "filter.spy.process",
        "diff.spy.textconv",
        "diff.spy.command",
    ):
        run(top, "config", name, str(spy))
    run(top, "config", "diff.external", str(spy))
    (top / "manage.py").write_text("# changed\n")


def submodule(top: Path, spy: Path) -> None:
    (top / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = ext::{spy}\n\tupdate = !{spy}\n')
    run(top, "config", "submodule.x.update", f"!{spy}")
    run(top, "config", "submodule.x.url", f"ext::{spy}")
    run(top, "config", "submodule.recurse", "true")
    run(top, "update-index", "--add", "--cacheinfo", f"160000,{run(top, 'rev-parse', 'HEAD').strip()},x")
    run(top, "commit", "-q", "-m", "Submodule")


def included(top: Path, spy: Path) -> None:
    (top / "extra").write_text(f"[core]\n\tfsmonitor = {spy}\n\tsshCommand = {spy}\n[alias]\n\tls-files = !{spy}\n")
    run(top, "config", "include.path", "../extra")
    run(top, "config", "extensions.worktreeConfig", "true")
    (top / ".git" / "config.worktree").write_text(f"[core]\n\tfsmonitor = {spy}\n")


def lazy_fetch(top: Path, spy: Path) -> None:
    """What a partial clone lacks is fetched as soon as somebody asks for it: here, the list of ignored files."""
    (top / ".gitignore").write_text("local/\n")
    run(top, "add", ".gitignore")
    run(top, "commit", "-q", "-m", "Ignore")
    (top / "new.py").touch()
    lacking = run(top, "rev-parse", "HEAD:.gitignore").strip()
    run(top, "update-index", "--skip-worktree", ".gitignore")
    (top / ".gitignore").unlink()
    (top / ".git" / "objects" / lacking[:2] / lacking[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1", "extensions.partialClone": "origin", "remote.origin.promisor": "true",
        "remote.origin.url": str(top), "remote.origin.uploadpack": str(spy), "remote.origin.partialclonefilter": "blob:none",
    }  # fmt: skip
    for name, value in settings.items():
        run(top, "config", name, value)


WAYS: dict[str, Plant] = {
    "lazy fetch": lazy_fetch,
    "hooks": hooks,
    "filters, textconv and external diff": filters,
    "submodules": submodule,
    "included files": included,
    **{
        name: setting(name)
        for name in (
            "core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.pager", "core.editor", "core.askPass",
            "core.alternateRefsCommand", "credential.helper", "gpg.program", "uploadpack.packObjectsHook", "alias.ls-files",
        )
    },
}  # fmt: skip


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    (tmp_path / "spies").mkdir()
    path = tmp_path / "spies" / "spy"
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    top = tmp_path / "project"
    top.mkdir()
    (top / "manage.py").write_text("# a project\n")
    run(top, "init", "-q", "-b", "main")
    run(top, "add", ".")
    run(top, "commit", "-q", "-m", "First")
    return top


@pytest.mark.parametrize("way", WAYS)
def test_packing_a_strangers_project_runs_no_program_of_its(
    repository: Path, spy: Path, tmp_path: Path, way: str
) -> None:
    WAYS[way](repository, spy)
    (tmp_path / "ran").unlink(missing_ok=True)
    with pack(repository).file:
        pass
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_look_at_a_strangers_repository_runs_no_program_of_its(
    repository: Path, spy: Path, tmp_path: Path, way: str
) -> None:
    WAYS[way](repository, spy)
    (tmp_path / "ran").unlink(missing_ok=True)
    with cloned(str(repository), "main"):
        pass
    assert not (tmp_path / "ran").exists()


def test_filters_of_this_computer_are_not_run_for_a_strangers_files(
    repository: Path, spy: Path, tmp_path: Path
) -> None:
    """A driver that the person has set up (git-lfs is one) would read what a stranger wrote."""
    (repository / ".gitattributes").write_text("* filter=spy\n")
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "Attributes")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(
        f'[filter "spy"]\n\tsmudge = {spy}\n\tclean = cat\n\trequired = true\n'
    )
    with cloned(str(repository), "main") as folder:
        assert folder is not None and (folder / "manage.py").read_text() == "# a project\n"
    assert not (tmp_path / "ran").exists()


def test_ignored_files_stay_at_home_in_every_kind_of_repository(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitignore").write_text("ignored.py\n")
    (repository / ".git" / "info" / "exclude").write_text("excluded.py\n")
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "Ignore")
    run(repository, "worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
    run(repository, "update-index", "--split-index")
    for top in (repository, tmp_path / "other"):
        for name in ("ignored.py", "excluded.py", "new.py"):
            (top / name).touch()
        assert sorted(git.listed(top) or []) == [".gitignore", "manage.py", "new.py"]
    (tmp_path / "newer").mkdir()
    run(tmp_path / "newer", "init", "-q", "--object-format=sha256")
    (tmp_path / "newer" / "a.py").touch()
    run(tmp_path / "newer", "add", ".")
    assert git.listed(tmp_path / "newer") == ["a.py"]


def test_the_persons_own_ssh_and_credentials_go_on_working(
    repository: Path, spy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    seen = tmp_path / "seen"
    own = tmp_path / "ssh"
    own.write_text(f'#!/bin/sh\necho "$@" >>{seen}\nexit 1\n')
    own.chmod(0o755)
    (tmp_path / "home" / ".gitconfig").write_text(f"[core]\n\tsshCommand = {own} -i my-key\n")
    with cloned("git@git.example.org:me/site.git") as folder:
        assert folder is None
    words = seen.read_text()
    assert "-i my-key" in words and "StrictHostKeyChecking=yes" in words and "BatchMode=yes" in words
    monkeypatch.setenv("GIT_SSH_COMMAND", "plink -batch")
    assert clone._ssh_command() == "plink -batch"


@pytest.mark.parametrize("url", ["http://git.example.org/a.git", "git://git.example.org/a.git", "ext::sh -c id"])
def test_what_is_not_encrypted_is_not_cloned(url: str) -> None:
    with cloned(url) as folder:
        assert folder is None
