"""Folders and files of this computer for this user alone, from their first byte on and whatever the umask is.

Must not know what is in them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def folder(path: Path) -> Path:
    """The folder, made where it is not there; every one on the way that is made is closed to others, too."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    return path


def write(path: Path, text: str) -> None:
    """Replaces the file in one go; OSError where it cannot be written."""
    # a name that nobody can foresee: in a folder that others can write to, a link may wait for one that they can
    number, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder(path.parent))
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
