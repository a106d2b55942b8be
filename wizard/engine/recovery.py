"""After an interruption: brings what the journal has as half-done to one of its two ends. Must not know recipes."""

from __future__ import annotations

import json
import re

from wizard import events
from wizard.engine import failsafe
from wizard.engine.journal import Entry
from wizard.engine.remote.scripts import Work
from wizard.engine.remote.session import Emit, Session
from wizard.engine.worker import Worker
from wizard.errors import StepError
from wizard.operations.base import canonical
from wizard.text import text as words


def finish_pending(session: Session, worker: Worker, emit: Emit, *, forward: bool = True) -> bool:
    """Finishes what was interrupted, the newest last. True when there was something to recover.

    Guarded changes (and undos) that nobody proved are taken back: the run makes them again, with a proof. An interrupted
    undo is undone to its end. An interrupted change is made to its end, or noted as never made where nothing had happened yet;
    but when the run goes back (not forward), it is only waited for, and undone in its turn. A change that failed is
    left to the plan: what it was made from may have been mended since.
    """
    if not session.journal.entries:
        return False
    sweep_secrets(session)
    recovered = failsafe.armed(session)
    if recovered:
        trouble = failsafe.take_back(session, emit, words("engine.recovery.interrupted_run"))
        if trouble is not None:
            raise trouble
    for entry in session.journal.interrupted:
        recovered = True
        change = entry.change()
        undo = entry.status == "undoing"
        if entry.guarded:
            # the way back is armed before anything is done, and what was armed has just been taken back
            _note(session, entry, "redone" if undo else "nothing")
            continue
        emit(events.Recovering(entry.step, change.operation.key, undo))
        work = Work(entry.id, entry.step, change, undo=undo, secret_blobs=entry.secret_blobs)
        if undo:
            worker.do(work)
        elif forward:
            _finish(session, worker, entry, work)
        elif change.operation.long:
            worker.wait(work)
    if any(not e.in_force for e in session.journal.entries.values()):
        forget_the_undone(session)
    return recovered


def sweep_secrets(session: Session) -> None:
    """Removes secret contents that an interrupted run left among the blobs, but for those that an undo needs."""
    entries = session.journal.entries.values()
    needed = " ".join(str(e.before) for e in entries if e.in_force)
    names = {n for e in entries if e.status != "doing" for n in e.secret_blobs if n not in needed}
    if names:
        session.write("sweep", "cd $blobs && rm -f " + " ".join(sorted(names)) + " .*.[0-9]*")


FORGET = """\
cd $W/changes || exit 0
for _d in *; do case ' {changes} ' in *" $_d "*) ;; *) rm -rf "./$_d" ;; esac; done
for _b in $blobs/* $blobs/.*.[0-9]*; do case ' {blobs} ' in *" ${{_b##*/}} "*) ;; *) rm -f "$_b" ;; esac; done
{rest}"""


def forget_the_undone(session: Session, *, secrets: bool = False) -> None:
    """Removes what only the undo of changes needed that are undone by now: earlier contents, copies of accounts, dumps, output.

    Passwords may be in any of it. What is still in force keeps all that its own undo needs. secrets: where nothing is, those that
    were made up go as well; not at the beginning of a run, whose plan has found them there.
    """
    needed = [e for e in session.journal.in_force if not e.thing.irreversible]
    text = " ".join(json.dumps([e.operation, e.before, e.after]) for e in needed)
    names = sorted(set(re.findall("[0-9a-f]{64}", text)))
    rest = "rm -rf $W/secrets/*" if secrets and not needed else ""
    ids = " ".join(f"{e.id:04d}" for e in needed)
    session.write("forget", FORGET.format(changes=ids, blobs=" ".join(names), rest=rest))
    if rest:
        session.secrets.clear()


def _finish(session: Session, worker: Worker, entry: Entry, work: Work) -> None:
    operation = work.change.operation
    if not operation.long:
        (found,) = session.observe([operation])
        if operation.reboots and canonical(found) == canonical(work.change.after):
            worker.settle(work)
            return
        if canonical(found) == canonical(work.change.before):
            _note(session, entry, "nothing")
            return
        if operation.atomic and canonical(found) != canonical(work.change.after):
            _note(session, entry, "failed")  # somebody changed it meanwhile: the plan asks
            return
        if entry.secret_blobs:
            _note(session, entry, "failed")  # only the plan still has what it was made from
            return
    try:
        worker.do(work)
    except StepError as error:
        worker.emit(
            events.StepFailed(entry.step, error.message, error.details)
        )  # the plan tries again, with the answers and recipes of today


def _note(session: Session, entry: Entry, event: str) -> None:
    """Journals how this ended: `nothing` (not made), `redone` (not undone: the change is in force), or `failed`."""
    session.write(f"note {event}", session.journal_line(event, id=entry.id))
    session.journal.add({"event": event, "id": entry.id})
