"""git on this computer, for folders and repositories of strangers: the one place where it is started.

A repository's own configuration can name programs for git to run (git-config(1): core.fsmonitor, core.hooksPath,
core.sshCommand, filter.*, diff.*, remote.*.uploadpack, credential.helper, alias.*, include.path …). So none of it is
read: files are listed by a repository folder of our own that borrows only the index, and a clone starts with ours.
The person's own configuration (their credential helper, their ssh) goes on working, for what they asked to clone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PATIENCE = 60  # seconds
LARGEST_INDEX = 256 * 2**20  # bytes; ten thousand files make about one MiB

# Should git find a configuration in spite of all: these go before it (git-config(1)).
_OVERRIDES = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.alternateRefsCommand=",
    "core.pager=cat",
    "diff.external=",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
    "safe.directory=*",  # a folder of somebody else, whose configuration is not used
)
_ALWAYS = {
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone fetches what it lacks by remote.<name>.uploadpack, a program
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ATTR_NOSYSTEM": "1",
}
_KEPT = re.compile("GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_|VALUE_)|SSL_|HTTP_|PROXY_)")  # the person's own
# The highest place for attributes (gitattributes(5)): whatever .gitattributes names, no program changes a file.
ATTRIBUTES = "* -filter -diff -merge -ident -working-tree-encoding\n"


def listed(folder: Path, *, untracked: bool = True) -> list[str] | None:
    """The files below the folder that git tracks or would track, relative to it; None where git cannot tell.

    untracked: those that it would track, too.

    Nothing that belongs to the repository is run, and no network is used.
    """
    if shutil.which("git") is None:
        return None
    found = _repository(folder)
    if found is None:
        return None
    top, own, common, kind = found
    with tempfile.TemporaryDirectory(prefix="wizard-git-") as name:
        stand_in = Path(name)
        if not _borrow(own, common, kind, stand_in):
            return None
        variables = {
            **environment(),
            "GIT_DIR": str(stand_in),
            "GIT_WORK_TREE": str(top),
            "GIT_OBJECT_DIRECTORY": str(common / "objects"),
            "GIT_ALLOW_PROTOCOL": "none",
        }
        done = run(["ls-files", "-coz" if untracked else "-cz", "--exclude-standard"], variables, folder, PATIENCE)
    if done is None or done.returncode != 0:
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def environment() -> dict[str, str]:
    """The environment without what points git to another repository: a hook of git may have started us."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _KEPT.match(name)}
    return kept | _ALWAYS


def run(
    arguments: list[str], variables: dict[str, str], folder: Path, patience: float
) -> subprocess.CompletedProcess[bytes] | None:
    """One run of git without a terminal; None where it cannot be started or takes longer than so many seconds."""
    overrides = [word for setting in _OVERRIDES for word in ("-c", setting)]
    try:
        return subprocess.run(
            ["git", "--no-pager", *overrides, "-C", str(folder), *arguments],
            env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None


def _repository(folder: Path) -> tuple[Path, Path, Path, str] | None:
    """The work tree, the repository's folder, the one shared by work trees, and the kind of its ids.

    rev-parse reads the configuration, but neither objects nor files: there is nothing that it could run.
    """
    asked = ["--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-object-format"]
    done = run(["rev-parse", *asked], {**environment(), "GIT_ALLOW_PROTOCOL": "none"}, folder, PATIENCE)
    lines = os.fsdecode(done.stdout).split("\n") if done is not None and done.returncode == 0 else []
    if len(lines) != 5:  # a line break in a path
        return None
    top, own, common, kind = Path(lines[0]), Path(lines[1]), folder / lines[2], lines[3]
    return (top, own, common.resolve(), kind) if folder.resolve().is_relative_to(top.resolve()) else None


def _borrow(own: Path, common: Path, kind: str, stand_in: Path) -> bool:
    """A repository folder with the index and the list of ignored files of the other one, and our configuration."""
    formats = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
    if kind != "sha1":
        formats = f"[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectFormat = {kind}\n"
    (stand_in / "config").write_text(formats, encoding="ascii")
    (stand_in / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (stand_in / "refs").mkdir()
    (stand_in / "info").mkdir()
    (stand_in / "info" / "attributes").write_text(ATTRIBUTES, encoding="ascii")
    wanted = [(own / "index", stand_in / "index"), (common / "info" / "exclude", stand_in / "info" / "exclude")]
    wanted += [(path, stand_in / path.name) for path in own.glob("sharedindex.*")]
    try:
        for source, target in wanted:
            if not source.exists():
                continue
            if not source.is_file() or source.stat().st_size > LARGEST_INDEX:  # a pipe would never end
                return False
            shutil.copyfile(source, target)
    except OSError:
        return False
    return True
