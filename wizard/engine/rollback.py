"""Going back: undoes what the journal holds, newest first, to a checkpoint or to the very beginning.

Works from the journal alone: it must never need a recipe, an answer or the catalogue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from wizard import events
from wizard.engine import failsafe, recovery
from wizard.engine.checkpoints import find
from wizard.engine.journal import Entry, Journal
from wizard.engine.remote.scripts import Work
from wizard.engine.remote.session import Emit, Session
from wizard.engine.worker import Worker
from wizard.errors import StoppedError, UsageError
from wizard.operations.base import Change, State, canonical
from wizard.operations.quoting import sh
from wizard.secret import SECRETS_FOLDER
from wizard.text import text

DriftChoice = Callable[[str, State, State], str]


@dataclass(frozen=True)
class Undo:
    """One entry that a rollback would undo. kept: it is a point of no return and stays."""

    entry: Entry
    kept: bool


def plan_rollback(journal: Journal, checkpoint: str | None) -> list[Undo]:
    """What going back to this checkpoint (None: to the beginning) would undo, in order. UsageError: no such checkpoint.

    It is all that is in force now and not in the checkpoint's set, the newest first. A change can only need what was made before
    it, so no change is undone while another one stands on it; nothing is made again.
    """
    entries = sorted(journal.in_force, key=lambda e: -e.id)
    if checkpoint is not None:
        point = find(journal.history, checkpoint)
        if point is None:
            raise _no_such(journal, checkpoint)
        entries = [e for e in entries if not point.holds(e.id)]
    return [Undo(e, e.change().operation.irreversible) for e in entries]


def _no_such(journal: Journal, checkpoint: str) -> UsageError:
    several = len({c.generation for c in journal.history}) > 1
    names = [c.name if several else c.step for c in journal.history]
    hint = text("engine.rollback.checkpoints", names=", ".join(names) or "none")
    if checkpoint in journal.undone:
        what = text("engine.rollback.undone_since", checkpoint=repr(checkpoint))
        return UsageError(what, hint=text("engine.rollback.make_again", hint_=hint))
    return UsageError("engine.rollback.no_checkpoint", checkpoint=repr(checkpoint), hint=hint)


def nothing_to_undo(session: Session, checkpoint: str | None) -> bool:
    """Whether the server is there already. An undo that nobody has proved would be taken back: it is still to be made."""
    return not plan_rollback(session.journal, checkpoint) and not failsafe.armed(session)


def roll_back(
    session: Session,
    emit: Emit,
    checkpoint: str | None,
    *,
    on_drift: DriftChoice,
    before_change: Callable[[], None] | None = None,
) -> int:
    """Undoes back to the checkpoint; the session holds the lock. Returns the number of changes undone.

    on_drift(key, known, found) → "restore" (undo all the same), "keep" (leave the thing as it is) or "stop".
    """
    start = time.monotonic()
    worker = Worker(session, emit, before_change)
    recovery.finish_pending(session, worker, emit, forward=False)
    todo = plan_rollback(session.journal, checkpoint)
    emit(events.RunStarted(str(session.transport.login), tuple(dict.fromkeys(u.entry.step for u in todo)), len(todo)))
    count = 0
    armed = False
    looked: list[State] = []  # what was found of this entry's thing right after the undo before it
    for position, undo in enumerate(todo):
        entry, operation = undo.entry, undo.entry.thing
        following = [u.entry for u in todo[position + 1 :]]
        if undo.kept:
            emit(events.Undone(entry.step, entry.id, entry.key, kept=True))
        else:
            (found,) = looked or session.patiently(partial(session.observe, [operation]))
            looked = []
            if armed and _drifted(entry, found):
                _prove_old_way(session, emit, entry)  # the clock must not tick while a person thinks
                armed = False
            change = _to_undo(emit, entry, found, on_drift)
            if change is None:
                _keep(session, emit, entry)
            else:
                work = Work(entry.id, entry.step, change, undo=True, guarded=entry.guarded, first=not armed)
                ahead = next((u.entry.thing for u in todo[position + 1 :] if not u.kept), None)
                looked = worker.do(work, [ahead] if ahead is not None else [])
                _forget_secret(session, entry)
                armed = armed or entry.guarded
                count += 1
        if armed and (not following or following[0].step != entry.step):
            _prove_old_way(session, emit, entry)
            armed = False
    session.patiently(partial(recovery.forget_the_undone, session, secrets=True))
    _tell_what_was_saved(session, emit)
    emit(events.RunFinished("rolled-back", count, time.monotonic() - start, session.round_trips))
    return count


def _forget_secret(session: Session, entry: Entry) -> None:
    """A secret that was taken away is made up anew for whatever is set up next."""
    kind, _, path = entry.key.partition(":")
    if kind == "file" and path.startswith(f"{SECRETS_FOLDER}/"):
        session.secrets.pop(path.removeprefix(f"{SECRETS_FOLDER}/"), None)


def _drifted(entry: Entry, found: State) -> bool:
    """Whether somebody changed this by hand. What was interrupted or failed half-way may be in a state that nobody knows."""
    change = entry.change()
    known = canonical(found) in (canonical(change.after), canonical(change.before))
    return not known and (entry.status == "done" or entry.thing.atomic) and entry.thing.by_hand(found)


def _to_undo(emit: Emit, entry: Entry, found: State, on_drift: DriftChoice) -> Change | None:
    """The change to undo; None where it is to stay as somebody made it."""
    change = entry.change()
    if _drifted(entry, found):
        choice = on_drift(change.operation.key, change.after, found)
        if choice == "stop":
            raise StoppedError(
                "engine.rollback.drifted",
                identity=change.operation.identity,
                details=f"journal: {canonical(change.after)}\nfound: {canonical(found)}",
            )
        emit(events.DriftFound(entry.step, change.operation.key, choice))
        return change if choice == "restore" else None
    # one that was interrupted or failed starts from what is really there, not from what it wanted
    return change if entry.status == "done" or entry.thing.atomic else replace(change, after=found)


def _keep(session: Session, emit: Emit, entry: Entry) -> None:
    """Notes that this is not ours any more: no later rollback asks about it again."""
    line = session.journal_line("undone", id=entry.id, kept=True)
    session.patiently(partial(session.write, "keep", line))
    session.journal.add({"event": "undone", "id": entry.id})
    emit(events.Undone(entry.step, entry.id, entry.key, kept=True))


def _tell_what_was_saved(session: Session, emit: Emit) -> None:
    """All that was saved since the newest change was made: a way back that was interrupted counts as a whole."""
    since = max((e.at for e in session.journal.entries.values()), default="")
    look = f"find /var/backups/wizard -name '*.restore' -newermt {sh(since or '@0')} 2>/dev/null | sort | emit saved"
    for script in session.patiently(partial(session.send, "saved", look)).text("saved").splitlines():
        emit(events.DataSaved(script.removesuffix(".restore"), script))


def _prove_old_way(session: Session, emit: Emit, entry: Entry) -> None:
    """The login that worked before this step must work again, by a new connection, before anything else is undone."""
    login = session.transport.login
    old = next((w for w in session.ways_in if w.user == entry.login), None)
    if old is None and entry.login and entry.login != login.user:
        old = replace(login, user=entry.login, sudo_password=None)
    # where that door was shut before, too (its key is gone), the present one must do
    failsafe.prove(session, emit, entry.step, [old, login] if old is not None else [login])
