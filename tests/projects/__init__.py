"""Small Django projects, each with one trait that has made a set-up fail. `made` puts one together in a folder.

A project is the files of `base/` and those of its own folder. A file named `gitignore` becomes `.gitignore`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def made(name: str, folder: Path, *, committed: bool = False) -> Path:
    """The project in `folder`/`name`. committed: in a git repository, so that what .gitignore names stays here."""
    top = folder / name
    for part in ("base", name):
        shutil.copytree(HERE / part, top, dirs_exist_ok=True)
    if (top / "gitignore").exists():
        (top / "gitignore").rename(top / ".gitignore")
    if committed:
        for arguments in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *arguments], cwd=top, check=True, timeout=60)
    return top
