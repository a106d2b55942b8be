"""The scripts that make and unmake one change on the server: text only, no I/O.

One script journals `doing`, makes the change, proves it, journals `done`, and looks at what comes next; so n changes
cost n + 1 round trips. A short change writes its output to a file and is not hurt when the client dies in the middle;
a long one is a transient unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wizard.engine.remote.observation import observe_script
from wizard.engine.remote.prelude import shell
from wizard.operations.base import Blob, Change, Operation
from wizard.operations.quoting import heredoc

Line = Callable[..., str]  # Session.journal_line

# how long a guarded change may go unproved: the server is back within a minute, with the time that the undo takes
WINDOW_S = 50


@dataclass(frozen=True)
class Work:
    """One change, being done (undo=False) or undone. `change` is always as it was done: before → after.

    seen: lines of a running job's output that were already shown. blobs: contents to be sent before; secret_blobs: names of
    those to be removed from the server when the change is done (an interrupted run may have sent them).
    """

    id: int
    step: str
    change: Change
    undo: bool = False
    guarded: bool = False
    first: bool = True  # the first guarded change of its step
    new: bool = False  # its number has not been used yet
    seen: int = 0
    blobs: tuple[Blob, ...] = ()
    secret_blobs: tuple[str, ...] = ()

    @property
    def commands(self) -> str:
        """The commands that change the server, as the learner sees them."""
        op, before, after = self.change.operation, self.change.before, self.change.after
        return op.apply(after, before) if self.undo else op.apply(before, after)

    @property
    def proof(self) -> str:
        return self.change.operation.verify(self.change.before if self.undo else self.change.after)


def work_script(work: Work, line: Line, *, blobs: str, secrets: str, following: Iterable[Operation], login: str) -> str:
    """The whole script. Records it emits: `status` (of the change), `out` (of a short one), state.N of `following`."""
    op = work.change.operation
    name = f"{work.id:04d}"
    if work.undo:
        begin, end = line("undoing", id=work.id), line("undone", id=work.id)
    else:
        begin, end = line(**doing(work, login)), _done(work, line)
    parts = [
        "next_number_is_ours" if work.new else "",
        f"id={name}; change=$W/changes/$id; mkdir -p $change",
        f"check_failsafe {'first' if work.first else 'next'}" if work.guarded else "",
        # before the record: whoever goes on from it has no other source of them, and could only fail
        blobs,
        begin,
        # after the record, which names them for whoever sweeps up; those not there before go when the change is over
        "fresh=",
        secrets,
        _guard(work) if work.guarded else "",
        _run(work, name),
        f"it() {{ set -e\n{work.proof}\n}}",
        'if [ "$status" = 0 ]; then apart $change/out; status=$?; [ $status = 0 ] || rm -f $change/exit.*; fi',
        'for _name in $fresh; do rm -f "$blobs/$_name"; done',
        'on_disk || [ "$status" != 0 ] || status=$NOT_ON_DISK',
        'if [ "$status" = 0 ]; then',
        _observed(op),
        end,
        EMIT_OBSERVED,
        "rm -f $change/exit.*",
        f"else\n{line('failed', id=work.id) if not work.undo else ':'}\n{WHY}\nfi",
        "[ ! -s $change/repaired ] || emit repaired <$change/repaired; rm -f $change/repaired",
        'echo "$status" | emit status',
        "" if op.long else "tail -c 500000 $change/out | emit out",  # a record fits into a line of 1 MiB
        observe_script(following),
        "exit 0",
    ]
    return "\n".join(p for p in parts if p)


def settle_script(work: Work, line: Line, *, following: Iterable[Operation]) -> str:
    """Journals as done what is found to be done already: a restart that cut the connection before it was noted."""
    return "\n".join([
        _observed(work.change.operation), _done(work, line), EMIT_OBSERVED, "echo 0 | emit status",
        observe_script(following), "exit 0",
    ])  # fmt: skip


WHY = "shortage | emit shortage\ntroubles 2>/dev/null | head -n 20 | emit troubles"
EMIT_OBSERVED = 'printf %s "$observed" | base64 -d | emit observed'


def _observed(operation: Operation) -> str:
    """Keeps in $observed, as base64, what the operation's observation prints now."""
    return f"it() {{\n{operation.observe()}\n}}\nlook observed\nobserved=$(base64 -w0 <$scratch/observed)"


def doing(work: Work, login: str) -> dict[str, Any]:
    """The record that stands in the journal before this change is made: its event and its fields."""
    change = work.change
    return {
        "event": "doing", "id": work.id, "step": work.step, "operation": change.operation.to_json(), "login": login,
        "before": change.before.to_json(), "after": change.after.to_json(), "secret_blobs": work.secret_blobs,
        "guarded": work.guarded,
    }  # fmt: skip


def _done(work: Work, line: Line) -> str:
    """The record `done`, with $observed in it."""
    return line("done", id=work.id, observed="@OBSERVED@").replace("@OBSERVED@", "'\"$observed\"'")


def _run(work: Work, name: str) -> str:
    if not work.change.operation.long:
        # the output goes to a file: a client that dies does not break the pipe under a half-made change
        commands = f"it() {{ umask 022; set -e\n{work.commands}\n}}\n: >$change/out"
        return f"oom_kills >$change/oom-kills\n{commands}\nbeat_on\napart $change/out; status=$?\nbeat_off"
    job = f"id={name}; change=$W/changes/$id\numask 022\nset -e\n(\n{work.commands}\n)\non_disk"
    kind = "undo" if work.undo else "do"
    return f"run_job {kind}-{name} {work.seen} {heredoc(job)}\nstatus=$?"


def _guard(work: Work) -> str:
    """Puts the way back on the server before the change is made."""
    op, before, after = work.change.operation, work.change.before, work.change.after
    back = op.apply(before, after) if work.undo else op.apply(after, before)
    kind = "redo" if work.undo else "undo"
    revert = heredoc(shell("failsafe.sh"))
    write = f"{{ with_functions {revert}\n}} | write_whole $W/failsafe/revert\n[ $? = 0 ] || cannot_write"
    return f"{write}\narm_failsafe {WINDOW_S} {kind} {heredoc(back)}"
