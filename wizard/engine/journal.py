"""The journal, read: what was done on a server, what is pending, what state each thing was left in.

Written only on the server (prelude.sh), one JSON object a line; here it is parsed. Must not know recipes: what was
done must be understood, and undone, when a recipe is gone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from wizard.engine.checkpoints import Checkpoint, add, spans, spans_from
from wizard.engine.records import UNREADABLE, VERSION, Reader
from wizard.errors import StoppedError
from wizard.operations.base import Change, Operation, State, operation_from_json

HALF = ("doing", "failed", "undoing")
SPARE_IDS = 10_000  # how far the number of a change may be ahead of the lines of its journal, some of which may be lost
MOST_LOST = 1000  # lost changes that are named
ABOUT_CHANGES = (*HALF, "done", "undone", "redoing", "redone", "nothing")


@dataclass
class Entry:
    """One change as the journal knows it. status: doing, failed, done, undoing, undone, nothing (it never happened)."""

    id: int
    step: str
    operation: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    at: str = ""
    run: str = ""
    status: str = "doing"
    observed: str | None = None  # what observe() printed when it was done
    login: str = ""  # the user that the run was logged in as
    guarded: bool = False
    secret_blobs: tuple[str, ...] = ()
    by: str = ""  # "failsafe" where the server itself undid or redid it last

    @property
    def in_force(self) -> bool:
        """Whether the server carries this change, wholly or in part."""
        return self.status in ("doing", "failed", "done", "undoing")

    @cached_property
    def thing(self) -> Operation:
        """The operation as the journal keeps it. StoppedError when its kind isn't known here."""
        try:
            return operation_from_json(self.operation)
        except UNREADABLE as error:
            raise StoppedError(
                "engine.journal.unknown_kind",
                id=self.id,
                value=repr(self.operation.get("kind")),
                details=str(error),
            ) from error

    @property
    def key(self) -> str:
        return self.thing.key

    def change(self) -> Change:
        """The change with the state that was really reached."""
        try:
            before = self.thing.state.from_json(self.before)
            after = self.thing.state.from_json(self.after)
        except UNREADABLE as error:
            raise StoppedError(
                "engine.journal.damaged",
                id=self.id,
                details=repr(error),
            ) from error
        if self.observed is not None:
            # another version may have printed its observations in another form: then what was wanted has to do
            with suppress(ValueError, KeyError, IndexError):
                after = self.thing.parse(self.observed)
        return Change(self.thing, before, after)


@dataclass
class Journal:
    """What the records add up to. torn: lines that are no records (a power cut in the middle of a write); damaged: lines that
    are not as they were written, or are missing.

    mentioned: ids of changes that later records speak of, also where the change's own record is gone. runs: that had the
    lock, the newest last; generation: of that one; history: all checkpoints that one can go back to, the oldest first.
    """

    id: str = ""
    version: int = VERSION
    entries: dict[int, Entry] = field(default_factory=dict)
    history: list[Checkpoint] = field(default_factory=list)
    undone: set[str] = field(default_factory=set)  # names of checkpoints of which a change was undone since
    runs: list[str] = field(default_factory=list)
    generation: int = 0
    accepted: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    adopted: set[str] = field(default_factory=set)  # things that were there, and that a person let us take over
    size: int = 0
    torn: int = 0
    damaged: int = 0
    mentioned: set[int] = field(default_factory=set)
    largest: int = 10**6  # number that a change can have
    _changed: bool = False  # whether the generation has made a change

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """The newest checkpoint of each step, the oldest first."""
        newest: dict[str, Checkpoint] = {}
        for point in self.history:
            newest.pop(point.step, None)
            newest[point.step] = point
        return list(newest.values())

    @property
    def next_id(self) -> int:
        return max(self.mentioned, default=0) + 1

    @property
    def lost(self) -> list[int]:
        """Changes whose record is gone: something damaged the journal. A torn line alone loses none (its number is given again)."""
        return list(islice((n for n in range(1, self.next_id) if n not in self.entries), MOST_LOST))

    @property
    def interrupted(self) -> list[Entry]:
        """Changes (and undos) that began and of which nobody knows how they ended."""
        return [e for e in self.entries.values() if e.status in ("doing", "undoing")]

    @property
    def half_done(self) -> list[Entry]:
        """Interrupted and failed changes that no later change of the same thing has made good."""
        last = {e.key: e.id for e in self.entries.values() if e.status == "done"}
        return [e for e in self.entries.values() if e.status in HALF and last.get(e.key, 0) < e.id]

    def half_done_of(self, operation: Operation) -> Entry | None:
        return next((e for e in self.half_done if e.key == operation.key), None)

    @property
    def in_force(self) -> list[Entry]:
        return [e for e in self.entries.values() if e.in_force]

    def complete(self, step: str) -> bool:
        return any(c.step == step for c in self.history)

    def changed_since(self, step: str, *, by: Collection[str]) -> bool:
        """Whether these steps changed anything since the checks of `step` were made last."""
        checked = max((c.last for c in self.history if c.step == step), default=0)
        return any(e.id > checked and e.step in by for e in self.in_force)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Checks that did not pass and that somebody chose to go on without: (step, check)."""
        return [(c.step, name) for c in self.checkpoints for name in c.left_out]

    def known(self, operation: Operation) -> tuple[State, ...]:
        """The states that the journal has left this thing in: the newest first, () when it never touched it."""
        states: tuple[State, ...] = ()
        newest = 0
        for entry in self.entries.values():
            if entry.operation["kind"] != operation.kind or entry.key != operation.key or entry.status == "nothing":
                continue
            change = entry.change()
            states = (change.before, change.after) if entry.status == "undone" else (change.after, change.before)
            newest = entry.id
        if operation.key in self.accepted:
            since, data = self.accepted[operation.key]
            if since >= newest:
                states = (operation.state.from_json(data), *states)
        return states

    def add(self, record: dict[str, Any]) -> None:
        """Takes one record into account; KeyError or TypeError where it is none."""
        if record.get("event") in ABOUT_CHANGES:
            if type(record["id"]) is not int or not 0 < record["id"] <= self.largest:
                raise TypeError("not the number of a change")
            self.mentioned.add(record["id"])
        if "by" in record and record.get("id") in self.entries:
            self.entries[record["id"]].by = record["by"]
        match record.get("event"):
            case "journal":
                if (
                    not self.id or "journal" in record
                ):  # it stands again, without its name, where an earlier version's goes on
                    self.id = str(record["journal"])
                self.version = int(record["version"])
            case "run":
                self._add_run(record)
            case "doing":
                self.entries[record["id"]] = _entry(record)
                self._changed = True
            case "done":
                entry = self.entries[record["id"]]
                entry.status, entry.observed = "done", _text(record["observed"])
            case "undone":
                self.entries[record["id"]].status = "undone"
                undone = {c.name for c in self.history if c.holds(record["id"])}
                self.undone |= undone | {name.partition("@")[0] for name in undone}
                self.history = [c for c in self.history if c.name not in undone]
            case "redone":  # the server made it again: the undo was not proved
                self.entries[record["id"]].status = "done"
            case "failed" | "undoing" | "nothing":
                self.entries[record["id"]].status = record["event"]
            case "checkpoint":
                self._add_checkpoint(record)
            case "adopted":
                self.adopted |= {name for name in record["names"] if isinstance(name, str)}
            case "accepted":
                self.accepted[record["key"]] = (max(self.entries, default=0), record["state"])

    def _add_run(self, record: dict[str, Any]) -> None:
        """Earlier formats name no generation: a run that follows a change begins one, as `generation` in prelude.sh has it."""
        given = record.get("generation", self.generation)
        if type(given) is not int or not 0 <= given <= self.largest or not isinstance(record["login"], str):
            raise TypeError("not a run")
        if "generation" in record:
            began = given != self.generation
            self.generation = given
        elif began := self.generation == 0 or (self._changed and self.runs[-1:] != [record.get("run")]):
            self.generation += 1
        self.logins.append(record["login"])
        self.runs.append(str(record.get("run", "")))
        self._changed = self._changed and not began

    def _add_checkpoint(self, record: dict[str, Any]) -> None:
        """Earlier formats have the newest change only: with it go those before it that are in force at this place."""
        if not isinstance(record["step"], str):
            raise TypeError("not a checkpoint")
        if "changes" in record:
            changes = spans_from(record["changes"])
        else:
            last = int(record["last"])
            changes = spans(e.id for e in self.in_force if e.id <= last)
        left_out = tuple(name for name in record.get("left_out", ()) if isinstance(name, str))
        point = Checkpoint(record["step"], str(record["at"]), self.generation, changes, left_out)
        self.history = add(self.history, point)


def parse(text: bytes | str) -> Journal:
    """The journal's content, as read from the server. StoppedError when a newer version wrote it."""
    content = text.encode(errors="replace") if isinstance(text, str) else text
    lines = content.split(b"\n")
    journal, reader = Journal(size=len(content)), Reader()
    journal.largest = len(lines) + SPARE_IDS
    for number, line in enumerate(lines, 1):
        record, sound = reader.read(line if number == len(lines) else line + b"\n")
        if record is None:
            continue
        try:
            if sound:
                journal.add(record)
            elif record["id"] <= journal.next_id:  # most of it may be right: its number is not given again
                journal.mentioned.add(int(record["id"]))
        except UNREADABLE:
            if sound and not reader.summed:
                journal.torn += 1
    journal.torn += reader.torn
    journal.damaged = reader.damaged
    journal.largest = Journal.largest
    return journal


def _entry(record: dict[str, Any]) -> Entry:
    names = ("id", "step", "operation", "before", "after", "at", "run", "login", "guarded")
    known = {name: record[name] for name in names if name in record}
    blobs = tuple(record.get("secret_blobs", ()))
    wanted = {"id": int, "step": str, "operation": dict, "before": dict, "after": dict}
    kinds = {**wanted, "at": str, "run": str, "login": str, "guarded": bool}
    if not wanted.keys() <= known.keys() or not all(type(known[name]) is kinds[name] for name in known):
        raise TypeError("not a change")
    if not isinstance(known["operation"]["kind"], str) or not all(re.fullmatch("[0-9a-f]{64}", name) for name in blobs):
        raise TypeError("not a change")
    return Entry(**{**known, "secret_blobs": blobs})


def _text(data: str | bytes) -> str:
    return base64.b64decode(data).decode(errors="replace")
