"""The table of what was broken on purpose and what came of it: `tried` (or `record`) in a test, `table` at the end of a run.

Each record is a file of its own in a folder that all of xdist's processes share, so a process that dies loses nothing.
Must not know which faults there are.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "WIZARD_MATRIX_RESULTS"  # the environment variable that names the shared folder; tests/conftest.py sets it


@dataclass
class Tried:
    """points: places where the world was stopped, or inputs; survived: those after which all was as it should be;
    differences: what was left different, counted."""

    area: str
    points: int = 1
    survived: int = 0
    differences: int = 0


def record(area: str, points: int, survived: int, differences: int = 0) -> None:
    """Adds to the row of that area."""
    if folder := os.environ.get(FOLDER):
        path = Path(folder, f"{uuid.uuid4().hex}.json")
        path.write_text(json.dumps(asdict(Tried(area, points, survived, differences))))


@contextmanager
def tried(area: str, points: int = 1) -> Iterator[Tried]:
    """Records the block: all points survived when it ends well and left no differences, none when it raises.

    The block may set `survived` and `differences` itself, also before it fails.
    """
    one = Tried(area, points)
    try:
        yield one
        if not one.differences and not one.survived:
            one.survived = one.points
    finally:
        record(area, one.points, one.survived, one.differences)


def rows(folder: Path) -> list[Tried]:
    """One for each area, by name, summed up."""
    found: dict[str, Tried] = {}
    for path in folder.glob("*.json"):
        one = Tried(**json.loads(path.read_text()))
        row = found.setdefault(one.area, Tried(one.area, 0))
        row.points += one.points
        row.survived += one.survived
        row.differences += one.differences
    return [found[area] for area in sorted(found)]


def table(found: list[Tried]) -> list[str]:
    """As Markdown, for the README too."""
    lines = ["| broken | points | survived | differences |", "| --- | --- | --- | --- |"]
    return lines + [f"| {row.area} | {row.points} | {row.survived} | {row.differences} |" for row in found]


def dumps(found: list[Tried]) -> str:
    return json.dumps([asdict(row) for row in found], indent=1) + "\n"
