"""The difference that each change of a plan makes, as text: for files the lines, for everything else the two states."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from wizard.engine.remote.session import Session
from wizard.operations.base import Change
from wizard.operations.file import File, FileState
from wizard.operations.quoting import sh

LARGEST = 64 * 1024  # bytes of a file that is shown


def differences(changes: Sequence[Change], session: Session) -> list[str]:
    """One unified difference a change. The old contents of files come in one round trip; secret ones never do."""
    old = _contents([c for c in changes if _is_shown(c)], session)
    return [_lines(c, old.get(c.operation.identity, b"")) if _is_shown(c) else _states(c) for c in changes]


def _is_shown(change: Change) -> bool:
    operation = change.operation
    return isinstance(operation, File) and not operation.secret and len(operation.content) <= LARGEST


def _contents(changes: Sequence[Change], session: Session) -> dict[str, bytes]:
    wanted = [
        c.operation.identity
        for c in changes
        if isinstance(c.before, FileState) and c.before.type == "file" and c.before.size <= LARGEST
    ]
    if not wanted:
        return {}
    script = "\n".join(f"emit file.{i} <{sh(path)}" for i, path in enumerate(wanted))
    answer = session.send("differences", script + "\nexit 0")
    return {path: answer.records.get(f"file.{i}", b"") for i, path in enumerate(wanted)}


def _lines(change: Change, old: bytes) -> str:
    assert isinstance(change.operation, File)
    path = change.operation.path
    new = change.operation.content
    if b"\0" in old + new:
        return _states(change)
    lines = difflib.unified_diff(
        old.decode(errors="replace").splitlines(), new.decode(errors="replace").splitlines(),
        path if old else "/dev/null", path, lineterm="",
    )  # fmt: skip
    return "\n".join(lines) or _states(change)


def _states(change: Change) -> str:
    before, after = change.before.to_json(), change.after.to_json()
    lines = []
    for name, value in after.items():
        if before.get(name) != value:
            lines += [f"-{name}: {_short(before.get(name))}", f"+{name}: {_short(value)}"]
    return "\n".join(lines)


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= 300 else text[:297] + "…"
