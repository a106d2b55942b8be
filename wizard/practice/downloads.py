"""The downloads of apt and pip, shared by all servers without any of them holding another up.

Each server has folders of its own below its cache and archive paths, filled with hard links from the shared ones before
it boots and harvested back afterwards: no lock is shared, and `apt-get clean` on one server takes nothing from another.
apt verifies what it finds there against the signed lists. Must not know how a server boots.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

APT, PIP = "/var/cache/apt/archives", "/var/cache/pip"  # on the server


def folders(machine_folder: Path) -> dict[str, Path]:
    """Path on the server to the folder of this computer that is mounted there."""
    return {APT: machine_folder / "downloads" / "apt", PIP: machine_folder / "downloads" / "pip"}


def harvest(machine_folder: Path, shared: Path) -> None:
    """Keeps what the server has downloaded since."""
    own = folders(machine_folder)
    for path in _files(own[APT], "*.deb"):
        _link(path, shared / "apt" / path.name)
    for path in _files(own[PIP], "**/*"):
        _link(path, shared / "pip" / path.relative_to(own[PIP]))


def seed(machine_folder: Path, shared: Path) -> None:
    """Gives the server everything that any has downloaded."""
    own = folders(machine_folder)
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    for path in _files(shared / "apt", "*.deb"):
        path.chmod(0o644)
        _link(path, own[APT] / path.name)
    for path in _files(shared / "pip", "**/*"):
        path.chmod(0o644)
        os.chown(path, 0, 0)
        _link(path, own[PIP] / path.relative_to(shared / "pip"))
    # pip refuses a cache that root doesn't own as root, and one that it can't write to as anybody else
    for folder in (own[PIP], *(p for p in own[PIP].rglob("*") if p.is_dir() and not p.is_symlink())):
        os.chown(folder, 0, 0)
        folder.chmod(0o777)


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    """Plain, finished files: what a server plants as a symbolic link is not followed."""
    for base, below, names in os.walk(folder):  # unlike glob, it bears that another server's folder goes meanwhile
        if "**" not in pattern:
            below.clear()
        for path in (Path(base, name) for name in names):
            if path.match(pattern) and path.is_file() and not path.is_symlink() and path.suffix != ".tmp":
                yield path


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError, FileNotFoundError):  # there already, or just cleaned away
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if isinstance(error, (FileExistsError, FileNotFoundError)):
                raise
            shutil.copyfile(source, target, follow_symlinks=False)  # another file system
