"""What this computer remembers of servers it set up: how to get back in, and how long their journal was.

A convenience: everything that counts is on the server, and a lost file here loses nothing. No secrets.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from wizard import private
from wizard.transport.base import Login


@dataclass
class KnownServer:
    """One server. users: accounts that got in, newest first; journal: its id; size: its bytes when last seen."""

    target: str = ""
    users: list[str] = field(default_factory=list)
    journal: str = ""
    size: int = 0
    checkpoints: list[str] = field(default_factory=list)
    at: str = ""


def state_folder() -> Path:
    """Where everything lies that is remembered: $WIZARD_STATE_DIR, else this user's state folder."""
    given = os.environ.get("WIZARD_STATE_DIR")
    return Path(given) if given else Path(platformdirs.user_state_path("wizard"))


def folder() -> Path:
    """Where the records of servers lie."""
    return state_folder() / "servers"


def path_of(login: Login) -> Path:
    return folder() / f"{login.host}_{login.port}.json".replace("/", "_")


def preferences() -> dict[str, str]:
    """How this person likes it: the colours. Empty where nothing is known, or where the file cannot be read."""
    try:
        data = json.loads((state_folder() / "preferences.json").read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in data.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def prefer(**chosen: str) -> None:
    """Stores what was chosen beside what was chosen before; where that cannot be, the next start has forgotten it."""
    _write(state_folder() / "preferences.json", {**preferences(), **chosen})


def recall(login: Login) -> KnownServer:
    """What is known of this server; an empty record where nothing is, or where the file cannot be read."""
    try:
        data = json.loads(path_of(login).read_text(encoding="utf-8"))
        return KnownServer(**{k: v for k, v in data.items() if k in KnownServer.__dataclass_fields__})
    except (OSError, ValueError, TypeError):
        return KnownServer()


def remember(login: Login, known: KnownServer) -> None:
    """Stores it for this user alone; a full or read-only disk here must not fail a set-up there."""
    _write(path_of(login), asdict(known))


def _write(path: Path, data: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        private.write(path, json.dumps(data, indent=1))


def recent() -> list[KnownServer]:
    """Servers known here, the latest first."""
    files = sorted(folder().glob("*.json"), key=lambda p: -p.stat().st_mtime)
    found = []
    for file in files:
        try:
            found.append(KnownServer(**json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return found
