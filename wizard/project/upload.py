"""Packs a local project folder for the way to the server: the same files give the same bytes, and no secret goes along.

Must not know how the archive travels.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import posixpath
import re
import stat
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from wizard.errors import UsageError, WizardError
from wizard.project import git
from wizard.project.inspect import inspect
from wizard.project.source import is_venv

MAX_BYTES = 200 * 1000 * 1000
IN_MEMORY = 8 * 1024 * 1024
FOLDERS = {".git", ".hg", ".svn", "node_modules", "__pycache__", "site-packages", ".tox", ".nox", ".idea", ".vscode"}
FOLDERS |= {".envs", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".aws", ".ssh", ".gnupg"}
NAMES = (".git", "*.pyc", "*.pyo", "*.sqlite3", "*.sqlite3-*", "*.sqlite", ".ds_store", "*.swp")
# Not every id_*: a project may well have an id_card.py.
KEYS = ("*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*")
SECRETS = (".env", ".env.*", "*.env", ".envrc", ".netrc", ".pgpass", ".pypirc", *KEYS)
EXAMPLES = re.compile(r"\.(example|sample|template|dist|tmpl)$|^(example|sample|template)\.|\.pub$")


@dataclass(frozen=True)
class Packed:
    """An archive (tar, gzip), open and at its start. `content_id` is the SHA-256 of the uncompressed tar."""

    file: BinaryIO
    content_id: str
    files: int
    bytes: int  # of the files in it, before compression
    left_out: tuple[str, ...]  # files and folders (with a slash at the end), relative to the project folder


def pack(folder: Path, also: tuple[str, ...] = ()) -> Packed:
    """Packs what belongs to the project: what git tracks or would track, or else everything; never keys, .env files,
    databases and virtual environments; of the folder of uploads only what is committed. also: files that go along all the same.

    UsageError when the folder is not there or its files exceed 200 MB.
    """
    if not folder.is_dir():
        raise UsageError("project.pack_no_folder", folder=folder)
    try:
        return _packed(folder.resolve(), also)
    except OSError as error:
        raise WizardError(
            "project.cannot_pack", details=str(error.filename or ""), folder=folder, reason=error.strerror or error
        ) from error


def _packed(top: Path, also: tuple[str, ...]) -> Packed:
    paths, left_out = _select(top, also)
    sizes = {path: (top / path).lstat().st_size for path in paths}
    total = sum(sizes.values())
    if total > MAX_BYTES:
        raise UsageError(
            "project.too_large", folder=top, size=_mb(total), limit=_mb(MAX_BYTES), largest=_largest(sizes)
        )
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  (the caller closes it)
    try:
        content_id = _write(file, top, paths)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Packed(file, content_id, len(paths), total, tuple(left_out))


def _stop(error: OSError) -> None:
    """os.walk passes over what it cannot read, unless told otherwise: a site would miss files."""
    raise error


# What goes along --------------------------------------------------------------------------------------------------


def _select(top: Path, also: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The files that go along and what does not, both sorted."""
    media, tracked = _media(top), _tracked(top)
    committed = set(git.listed(top, untracked=False) or ()) if media else set()
    taken: list[str] = []
    left: list[str] = []
    for current, folders, names in os.walk(top, onerror=_stop):
        inside = "" if current == str(top) else os.path.relpath(current, top)
        for name in sorted(folders):
            path = posixpath.join(inside, name)
            if (top / path).is_symlink():
                names.append(name)  # a link to a folder is packed as the link that it is
            elif path == media and any(one.startswith(f"{path}/") for one in committed):
                tracked = tracked.only(path, committed)
                continue
            elif name in FOLDERS or path == media or is_venv(top / path) or not tracked.reaches(path):
                left.append(f"{path}/")
            else:
                continue
            folders.remove(name)
        for name in names:
            path = posixpath.join(inside, name)
            wanted = (path in also or (tracked.has(path) and not _is_private(name))) and _is_packable(top, path)
            (taken if wanted else left).append(path)
    return sorted(taken), sorted(left)


class _Tracked:
    """What git tracks or would track; everything where `paths` is empty."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._paths = {path.rstrip("/") for path in paths}
        self._folders = {str(parent) for path in self._paths for parent in PurePosixPath(path).parents}

    def has(self, path: str) -> bool:
        """Git names a submodule or a nested repository only as a folder: all that is in it counts."""
        parents = map(str, PurePosixPath(path).parents)
        return not self._paths or path in self._paths or any(parent in self._paths for parent in parents)

    def only(self, folder: str, committed: set[str]) -> _Tracked:
        """The same, and of this folder nothing but what is committed."""
        others = {path for path in self._paths if not path.startswith(f"{folder}/")}
        return _Tracked(others | {path for path in committed if path.startswith(f"{folder}/")})

    def reaches(self, folder: str) -> bool:
        return folder in self._folders or self.has(folder)


def _media(top: Path) -> str | None:
    """The folder of visitors' uploads, where the settings put it into the project."""
    try:
        return inspect(top).media_folder
    except UsageError:
        return None


def _tracked(top: Path) -> _Tracked:
    """Everything, where this is no git work tree, git ignores it all, or there is no git."""
    return _Tracked(git.listed(top) or ())


def _is_private(name: str) -> bool:
    if EXAMPLES.search(name):
        return False
    return any(fnmatch(name.lower(), pattern) for pattern in (*NAMES, *SECRETS))


def _is_packable(top: Path, path: str) -> bool:
    """Plain files, and links that stay inside the project."""
    try:
        mode = (top / path).lstat().st_mode
        if stat.S_ISLNK(mode):
            target = (top / path).readlink()
            return not target.is_absolute() and (top / path).resolve().is_relative_to(top)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
        return False
    return stat.S_ISREG(mode)


# The archive ------------------------------------------------------------------------------------------------------


class _Hashing:
    """A file to write to that hashes what passes through it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return self._file.write(data)


def _write(file: BinaryIO, top: Path, paths: list[str]) -> str:
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as zipped:
        hashing = _Hashing(cast(IO[bytes], zipped))
        with tarfile.open(fileobj=cast(IO[bytes], hashing), mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for path in paths:
                _add(tar, top, path)
    return hashing.hash.hexdigest()


def _add(tar: tarfile.TarFile, top: Path, path: str) -> None:
    info = tar.gettarinfo(top / path, arcname=path)
    if info.islnk():  # the second name of a file packed before: packed again, or bytes would depend on hard links
        info.type, info.linkname, info.size = tarfile.REGTYPE, "", (top / path).stat().st_size
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = 0
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    if info.isreg():
        with (top / path).open("rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"


def _largest(sizes: dict[str, int]) -> str:
    folders: Counter[str] = Counter()
    for path, size in sizes.items():
        folders[path.partition("/")[0] + ("/" if "/" in path else "")] += size
    return ", ".join(f"{name} ({_mb(size)})" for name, size in folders.most_common(3))
