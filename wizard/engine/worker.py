"""The worker: makes or unmakes one change on the server, across lost connections. Must not know plans or recipes."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from wizard import events
from wizard.engine import failsafe
from wizard.engine.remote import scripts
from wizard.engine.remote.protocol import Failsafe, Made, Reply, Running, observed
from wizard.engine.remote.scripts import Work, doing, settle_script, work_script
from wizard.engine.remote.session import Emit, Session
from wizard.errors import ConnectionLost, StepError
from wizard.operations.base import Blob, Operation, State, canonical
from wizard.text import text

BREAKS = 20  # of the connection, during one change
RESTART_S = 600  # how long a restart may take: a virtual server needs seconds, a machine with much memory minutes


class Worker:
    """Does Work on a session that holds the lock. Emits what happens. before_change may end it by a StoppedError."""

    def __init__(self, session: Session, emit: Emit, before_change: Callable[[], None] | None = None) -> None:
        self.session = session
        self.emit = emit
        self.before_change = before_change
        self.seen = 0  # lines of the current job's output that were shown before the connection broke

    def do(self, work: Work, following: Sequence[Operation] = ()) -> list[State]:
        """Makes (or unmakes) the change, and returns the states of `following` as found right after it.

        When the connection breaks it reconnects, finds out how far the change came, and brings it to its end.
        StepError when the change fails; the journal then has it as failed, and doing it again is safe.
        """
        if self.before_change is not None:
            self.before_change()
        start = time.monotonic()
        op = work.change.operation
        if work.undo:
            self.emit(events.UndoStarted(work.step, work.id, op.kind, op.key, work.commands))
        else:
            before, after = work.change.before.to_json(), work.change.after.to_json()
            self.emit(events.ChangeStarted(work.step, work.id, op.kind, op.key, work.commands, before, after))
        if work.guarded:
            self.emit(events.FailsafeArmed(work.step, scripts.WINDOW_S))
            self.session.guarded(work.step, scripts.WINDOW_S)
        try:
            states = self._once(work, following)
        except ConnectionLost:
            states = self._after_breaks(work, following)
        if work.undo:
            self.emit(events.Undone(work.step, work.id, op.key))
        else:
            self.emit(events.ChangeDone(work.step, work.id, op.key, time.monotonic() - start))
        return states

    def _once(self, work: Work, following: Sequence[Operation]) -> list[State]:
        session, seen, op = self.session, work.seen, work.change.operation
        tail: list[str] = []

        def show(line: str) -> None:
            nonlocal seen
            seen += 1
            tail.append(line)
            del tail[:-40]
            self.emit(events.OutputLine(line))

        open_, secret = ([b for b in self._blobs(work) if b.secret is kind] for kind in (False, True))
        script = work_script(
            work, session.journal_line, blobs=session.put_blobs(open_), secrets=session.put_blobs(secret),
            following=following, login=session.transport.login.user,
        )  # fmt: skip
        label = f"{'undo' if work.undo else 'do'} {work.id} {op.key}"
        try:
            reply = session.write(label, script, on_output=show)
        except ConnectionLost:
            self.seen = seen
            raise
        if reply.read(Failsafe).taken_back:
            session.open(acquire=True)
            raise failsafe.too_late(session, self.emit, work.step)
        made = reply.read(Made)
        self._note(work, made)
        if made.repaired:
            self.emit(events.Repaired(work.step, op.key, made.repaired))
        for line in (*made.output, *(text("engine.worker.fact", fact=trouble) for trouble in made.troubles)):
            show(line)
        if made.status != 0:
            raise _failed(work, made.status, reply, "\n".join(tail))
        return observed(following, reply)

    @staticmethod
    def _blobs(work: Work) -> tuple[Blob, ...]:
        commands = work.commands
        return (*work.blobs, *(b for b in work.change.operation.shipped if b.name in commands))

    def _note(self, work: Work, made: Made) -> None:
        """Keeps this side's picture of the journal as the server has it."""
        if not made.noted:
            return
        journal, failed = self.session.journal, made.status != 0
        if work.undo:
            journal.add({"event": "undoing" if failed else "undone", "id": work.id})
            return
        journal.add({"at": "", **doing(work, self.session.transport.login.user)})
        if failed:
            journal.add({"event": "failed", "id": work.id})
        else:
            journal.add({"event": "done", "id": work.id, "observed": base64.b64encode(made.observed)})

    def wait(self, work: Work) -> None:
        """Waits until a job that an interrupted run has left on the server is over, whatever its end."""
        script = f"id={work.id:04d}; change=$W/changes/$id\nwait_job do-{work.id:04d}"
        self.session.write(f"wait {work.id}", script, on_output=lambda line: self.emit(events.OutputLine(line)))

    def settle(self, work: Work, following: Sequence[Operation] = ()) -> list[State]:
        """Journals a change that is found to be made already."""
        script = settle_script(work, self.session.journal_line, following=following)
        reply = self.session.write(f"settle {work.id}", script)
        self._note(work, reply.read(Made))
        return observed(following, reply)

    def _after_breaks(self, work: Work, following: Sequence[Operation]) -> list[State]:
        """A bad line breaks more than once: as long as it comes back each time, so do we."""
        for _ in range(BREAKS):
            try:
                return self._after_break(work, following)
            except ConnectionLost as error:
                if not self.session.transport_was_back:
                    raise
                last = error
        raise last

    def _after_break(self, work: Work, following: Sequence[Operation]) -> list[State]:
        """The connection broke: the server knows how far it came."""
        operation, boot = work.change.operation, self.session.server.boot_id
        if operation.reboots and not work.undo:
            self._await_restart()
        else:
            self.session.reconnect()
        if self.session.server.boot_id != boot:
            self.seen = 0  # the job ended with the server, and one that is started now begins its output anew
        entry = self.session.journal.entries.get(work.id)
        if work.guarded and entry is not None and entry.by == "failsafe":
            raise failsafe.too_late(
                self.session, self.emit, work.step
            )  # it cut us off: making it again would cut us off again
        if entry is not None and entry.status in ("done", "undone") and (entry.status == "undone") == work.undo:
            return self.session.observe(following)
        if entry is not None and operation.reboots and not work.undo:
            (found,) = self.session.observe([operation])
            if canonical(found) == canonical(work.change.after):
                return self.settle(work, following)
        return self._once(replace(work, seen=self.seen), following)

    def _await_restart(self) -> None:
        """Comes back after a restart; a server that still lets in while it goes down does not count."""
        old, deadline = self.session.server.boot_id, time.monotonic() + RESTART_S
        while self.session.server.boot_id == old and time.monotonic() < deadline:
            try:
                self.session.reconnect(expected=True)
            except ConnectionLost:
                if time.monotonic() >= deadline:
                    raise
            if self.session.server.boot_id == old:
                if not self._is_going_down():
                    return  # the script ended before it gave the order
                time.sleep(1)
        # a login works long before the last service has started
        self.session.send(
            "started?", "timeout 120 systemctl is-system-running --wait >/dev/null 2>&1\nexit 0", silence=150
        )

    def _is_going_down(self) -> bool:
        """Whether the restart was ordered ("stopping" in systemctl(1), is-system-running)."""
        try:
            return self.session.send("restarting?", "systemctl is-system-running | emit state").read(Running).stopping
        except ConnectionLost:
            return True


def _failed(work: Work, status: int, reply: Reply, output: str) -> StepError:
    """What failed, and what the server had run out of where that is why."""
    why, hint = reply.why(status, text("engine.worker.mend"))
    code = "engine.worker.cannot_undo" if work.undo else "engine.worker.cannot_make"
    key = work.change.operation.key
    return StepError(code, details=output or reply.err.strip(), hint=hint, key=key, why=why)
