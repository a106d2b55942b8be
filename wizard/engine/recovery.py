"""After an interruption: brings what the journal has as half-done to one of its two ends. Must not know recipes."""

from __future__ import annotations

from wizard import events
from wizard.engine import failsafe
from wizard.engine.journal import Entry
from wizard.engine.scripts import Work
from wizard.engine.session import Emit, Session
from wizard.engine.worker import Worker
from wizard.operations.base import canonical


def finish_pending(session: Session, worker: Worker, emit: Emit) -> bool:
    """Finishes every pending change of the journal, the newest last. True when there was something to recover.

    Guarded changes that nobody proved are taken back: the run makes them again, with a proof. An interrupted undo is
    undone to its end; an interrupted change is made to its end, or noted as never made where nothing had happened yet.
    """
    if not session.journal.entries:
        return False
    recovered = failsafe.armed(session)
    if recovered:
        failsafe.take_back(session)
    for entry in session.journal.pending:
        recovered = True
        change = entry.change()
        undo = entry.status == "undoing"
        emit(events.Recovering(entry.step, change.operation.key, undo))
        work = Work(entry.id, entry.step, change, undo=undo, secret_blobs=entry.secret_blobs)
        if undo:
            worker.do(work)
        else:
            _finish(session, worker, entry, work)
    return recovered


def _finish(session: Session, worker: Worker, entry: Entry, work: Work) -> None:
    operation = work.change.operation
    if not operation.long:
        (found,) = session.observe([operation])
        if operation.reboots and canonical(found) == canonical(work.change.after):
            worker.settle(work)
            return
        if canonical(found) == canonical(work.change.before):
            session.write("nothing happened", session.journal_line("nothing", id=entry.id))
            session.journal.add({"event": "nothing", "id": entry.id})
            return
    worker.do(work)
