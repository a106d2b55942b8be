"""`wizard rollback`: which checkpoint, what that undoes, and whether one agrees to it. Needs no recipe and no answer."""

from __future__ import annotations

from wizard.engine.journal import Journal
from wizard.engine.rollback import Undo, plan_rollback, roll_back
from wizard.errors import StoppedError, UsageError
from wizard.fronts import running
from wizard.fronts.plain import prompts, review
from wizard.fronts.plain.commands import Station, station
from wizard.fronts.plain.interview import connect
from wizard.fronts.plain.options import Options
from wizard.fronts.plain.terminal import Back
from wizard.fronts.words import counted

BEGINNING = "."


def rollback(options: Options, checkpoint: str | None, *, everything: bool) -> None:
    """Undoes what came after the checkpoint. A person without either is shown the checkpoints to choose from."""
    with station(options) as at:
        session = connect(at) if options.asks else at.journey.connect(acquire=True)
        if options.asks and not everything and checkpoint is None:
            checkpoint = _chosen(at, session.journal)
        todo = plan_rollback(session.journal, checkpoint)
        if not todo:
            at.say("Nothing is to be undone.", event="NothingToDo")
            return
        if options.asks:
            _agree(at, todo)
            running.acquire(at.journey)
        elif not options.yes:
            raise UsageError("cannot ask whether to go back: there is no terminal", hint="agree with --yes")
        roll_back(session, at.front.emit, checkpoint, on_drift=at.on_drift)


def _chosen(at: Station, journal: Journal) -> str | None:
    points = sorted(journal.checkpoints, key=lambda c: c.last)[::-1]
    choices = {c.step: f"{at.words.heading(c.step)} ({c.at})" for c in points}
    choices[BEGINNING] = "the very beginning: the server as it was before"
    at.terminal.heading("Going back")
    at.terminal.text(
        "A checkpoint is a place where a step was complete and its checks had passed. The newest comes first."
    )
    chosen = at.terminal.choose("Back to which one?", choices, next(iter(choices)))
    return None if chosen == BEGINNING else chosen


def _agree(at: Station, todo: list[Undo]) -> None:
    """Returns when the person agrees; StoppedError when not."""
    at.terminal.heading(f"Going back undoes {counted(len(todo), 'change')}, in this order")
    for undo in todo:
        at.terminal.text(f"- {review.undo_line(undo)}")
    stopped = StoppedError("stopped before anything was undone", hint="nothing on the server was touched")
    if not review.losses(todo):
        at.terminal.text("\nNo data is lost by this, and the set-up can be gone on with afterwards.")
        if not prompts.yes(at.terminal, "Go back?", default=False):
            raise stopped
        return
    at.terminal.text(
        "\nWhat people put on the site since goes away with this. It is saved first, on the server under /var/backups/wizard."
    )
    assert at.journey.session is not None
    try:
        agreed = prompts.type_name(at.terminal, at.journey.session.server.hostname)
    except Back:
        agreed = False
    if not agreed:
        raise stopped
