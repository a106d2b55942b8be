"""Going back: undoes what the journal holds, newest first, to a checkpoint or to the very beginning.

Works from the journal alone: it must never need a recipe, an answer or the catalogue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from wizard import events
from wizard.engine import failsafe, recovery
from wizard.engine.journal import Entry, Journal
from wizard.engine.scripts import Work
from wizard.engine.session import Emit, Session
from wizard.engine.worker import Worker
from wizard.errors import StoppedError, UsageError
from wizard.operations.base import Change, State, canonical

DriftChoice = Callable[[str, State, State], str]


@dataclass(frozen=True)
class Undo:
    """One entry that a rollback would undo. kept: it is a point of no return and stays."""

    entry: Entry
    kept: bool


def plan_rollback(journal: Journal, checkpoint: str | None) -> list[Undo]:
    """What going back to this checkpoint (None: to the beginning) would undo, in order. UsageError: no such checkpoint."""
    last = 0
    if checkpoint is not None:
        matches = [c for c in journal.checkpoints if checkpoint in (c.step, c.step.partition("/")[0])]
        if not matches:
            names = ", ".join(c.step for c in journal.checkpoints) or "none"
            raise UsageError(f"cannot find the checkpoint {checkpoint!r}", hint=f"the journal has: {names}")
        last = matches[-1].last
    entries = sorted((e for e in journal.in_force if e.id > last), key=lambda e: -e.id)
    return [Undo(e, e.change().operation.irreversible) for e in entries]


def roll_back(session: Session, emit: Emit, checkpoint: str | None, *, on_drift: DriftChoice) -> int:
    """Undoes back to the checkpoint; the session holds the lock. Returns the number of changes undone.

    on_drift(key, known, found) → "restore" (undo all the same), "keep" (leave the thing as it is) or "stop".
    """
    start = time.monotonic()
    worker = Worker(session, emit)
    recovery.finish_pending(session, worker, emit, forward=False)
    todo = plan_rollback(session.journal, checkpoint)
    emit(events.RunStarted(str(session.transport.login), tuple(dict.fromkeys(u.entry.step for u in todo)), len(todo)))
    count = 0
    for position, undo in enumerate(todo):
        entry = undo.entry
        step_first = position == 0 or todo[position - 1].entry.step != entry.step
        if undo.kept:
            emit(events.Undone(entry.step, entry.id, entry.key, kept=True))
            continue
        if _still_ours(session, emit, entry, on_drift):
            change = _as_found(session, entry)
            worker.do(Work(entry.id, entry.step, change, undo=True, guarded=entry.guarded, first=step_first))
            count += 1
        else:
            session.write("keep", session.journal_line("undone", id=entry.id, kept=True))
            session.journal.add({"event": "undone", "id": entry.id})
            emit(events.Undone(entry.step, entry.id, entry.key, kept=True))
        following = todo[position + 1].entry if position + 1 < len(todo) else None
        if entry.guarded and (following is None or following.step != entry.step):
            _prove_old_way(session, emit, entry)
    emit(events.RunFinished("rolled-back", count, time.monotonic() - start, session.round_trips))
    return count


def _as_found(session: Session, entry: Entry) -> Change:
    """The change to undo. One that was interrupted or failed starts from what is really there, not from what it wanted."""
    change = entry.change()
    if entry.status == "done":
        return change
    (found,) = session.observe([change.operation])
    return replace(change, after=found)


def _still_ours(session: Session, emit: Emit, entry: Entry, on_drift: DriftChoice) -> bool:
    """Whether this is to be undone: as we left it, or the person says so. False: it is to stay as it is."""
    change = entry.change()
    if entry.status != "done":
        return True  # interrupted or failed: it may be in any state between the two
    (found,) = session.observe([change.operation])
    if canonical(found) in (canonical(change.after), canonical(change.before)):
        return True
    choice = on_drift(change.operation.key, change.after, found)
    if choice == "stop":
        raise StoppedError(
            f"cannot undo {change.operation.identity}: it was changed by hand since",
            details=f"journal: {canonical(change.after)}\nfound: {canonical(found)}",
            hint="keep what is there with --drift keep, or undo it all the same with --drift restore",
        )
    emit(events.DriftFound(entry.step, change.operation.key, choice))
    return choice == "restore"


def _prove_old_way(session: Session, emit: Emit, entry: Entry) -> None:
    """The login that worked before this step must work again, by a new connection, before anything else is undone."""
    login = session.transport.login
    old = next((w for w in session.ways_in if w.user == entry.login), None)
    if old is None and entry.login and entry.login != login.user:
        old = replace(login, user=entry.login, sudo_password=None)
    # where that door was shut before, too (its key is gone), the present one must do
    failsafe.prove(session, emit, entry.step, [old, login] if old is not None else [login])
