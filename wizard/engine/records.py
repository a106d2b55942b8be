"""One line of the journal: whether it is whole, and whether it is a record that this version knows.

Must not know what follows from it.

Format 2 (prelude.sh, `journal`): each record ends with `"prev"` and `"sum"`, the first 16 hexadecimal digits of SHA-256 of the
line before it and of all that stands before `"sum"` in its own line. So a flipped bit is noticed, and a line that was cut out.
Format 1 had neither; its records are read by the names of their fields alone. Format 3 has the generation and the target of
each run, and a checkpoint's own set of changes; before, it had only the newest of them (`last`).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from wizard.errors import StoppedError

VERSION = 3
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)  # what a record raises that has another shape than ours
_SUMMED = re.compile(rb'(\{.*),"sum":"([0-9a-f]{16})"\}', re.DOTALL)
_COMMON = {"event", "at", "run", "prev", "sum"}
_ENDED = {"id", "by", "kept"}
FIELDS = {
    "journal": {"version", "journal"},
    "run": {"login", "target", "generation"},
    "doing": {"id", "step", "operation", "before", "after", "login", "guarded", "secret_blobs"},
    "done": {"id", "observed"},
    "checkpoint": {"step", "changes", "last", "left_out"},
    "accepted": {"key", "state"},
    "adopted": {"names"},
    **dict.fromkeys(("failed", "nothing", "undoing", "undone", "redoing", "redone"), _ENDED),
}
"""Every event of this version with its fields. A field that is not here would be lost on whoever reads the journal."""


@dataclass
class Reader:
    """Takes the lines in their order, as bytes with their ends. torn: lines that are no records; damaged: lines whose content

    is another than was written, and places where lines are missing.
    """

    torn: int = 0
    damaged: int = 0
    summed: bool = False  # records carry checksums from here on
    _before: bytes = b""
    _sound: bool = True  # the line before is as it was written

    def read(self, line: bytes) -> tuple[dict[str, Any] | None, bool]:
        """The record, or None where there is none; and whether it can be trusted. StoppedError: a newer version wrote it."""
        before, self._before = self._before, line
        sound, self._sound = self._sound, False
        text = line.strip(b"\0\r\n ")
        if not text:
            return None, False
        try:
            record = json.loads(text.decode(errors="replace"))
            if record.get("event") == "journal" and record["version"] > VERSION:
                raise newer(f"format {record['version']}")
        except (*UNREADABLE, RecursionError):
            self.torn += 1
            return None, False
        self._sound = self._whole(text, record)
        if not self._sound:
            self.damaged += 1
        elif self.summed and sound and record.get("prev") != _digest(before):
            self.damaged += 1  # lines are missing in front of it
        return record, self._sound

    def _whole(self, text: bytes, record: dict[str, Any]) -> bool:
        if match := _SUMMED.fullmatch(text):
            if _digest(match[1]).encode() != match[2]:
                return False
            self.summed = True
            if unknown := _unknown(record):
                raise newer(f"{record.get('event')} has {', '.join(sorted(unknown))}")
            return True
        return not self.summed and "sum" not in record and not _unknown(record)


def _unknown(record: dict[str, Any]) -> set[str]:
    """Its fields that this version does not know; the event itself where that is unknown."""
    known = FIELDS.get(str(record.get("event")))
    return {"event"} if known is None else record.keys() - known - _COMMON


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def newer(what: str) -> StoppedError:
    return StoppedError(
        "engine.records.newer",
        what=what,
    )
