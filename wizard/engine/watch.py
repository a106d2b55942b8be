"""Where another wizard has a server's lock: waits until they are done, and shows what they do meanwhile. Writes nothing there.

Must not know recipes or plans.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from wizard import events
from wizard.engine.journal import Journal
from wizard.engine.remote.protocol import Watched
from wizard.engine.remote.session import Emit, Session
from wizard.errors import HeldError, StoppedError
from wizard.operations.base import operation_from_json

POLL_S = 2.0

LOOK = "! holder_alive || emit holder <$W/holder\ntail -c +{start} $W/journal 2>/dev/null | emit more"


def until_free(session: Session, emit: Emit, error: HeldError, *, show: bool) -> None:
    """Returns when nobody has the lock any more. show: their changes come as events, as if they were ours."""
    emit(events.ServerHeld(error.who, error.since, show))
    start, seen = _size(session) + 1, session.journal
    while True:
        watched = session.send("watch", LOOK.format(start=start)).read(Watched)
        whole = watched.more[: watched.more.rfind(b"\n") + 1]
        start += len(whole)
        if show:
            for event in _told(whole, seen):
                emit(event)
        if not watched.held:
            return
        time.sleep(POLL_S)


def _size(session: Session) -> int:
    return session.send("watch", "stat -c %s $W/journal 2>/dev/null | emit size").read(Watched).size


def _told(text: bytes, seen: Journal) -> Iterator[events.Event]:
    """The records as events; what cannot be made out is left out."""
    for line in text.decode(errors="replace").splitlines():
        with suppress(ValueError, KeyError, TypeError, AttributeError, StoppedError):
            record = json.loads(line)
            seen.add(record)
            if event := _event(record, seen):
                yield event


def _event(record: dict[str, Any], seen: Journal) -> events.Event | None:
    if record["event"] == "checkpoint":
        return events.CheckpointReached(record["step"])
    if "id" not in record:
        return None
    entry = seen.entries[record["id"]]
    kind, key = entry.operation["kind"], operation_from_json(entry.operation).key
    match record["event"]:
        case "doing":
            return events.ChangeStarted(entry.step, entry.id, kind, key, "", entry.before, entry.after)
        case "done":
            return events.ChangeDone(entry.step, entry.id, key, 0.0)
        case "undoing":
            return events.UndoStarted(entry.step, entry.id, kind, key, "")
        case "undone":
            return events.Undone(entry.step, entry.id, key)
    return None
