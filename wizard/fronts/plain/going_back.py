"""Going back: which checkpoint, what that undoes, and whether one agrees to it. Needs no recipe and no answer."""

from __future__ import annotations

from functools import partial

from wizard.app.run import Run, last_checkpoint
from wizard.engine.checkpoints import Place, places
from wizard.engine.journal import Journal
from wizard.engine.rollback import Undo, nothing_to_undo, plan_rollback
from wizard.errors import StoppedError
from wizard.fronts.plain import prompts, review
from wizard.fronts.plain.decisions import decide
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminal import Back
from wizard.fronts.words import counted, moment

BEGINNING = "."


def chosen(at: Station, journal: Journal) -> str | None:
    """The checkpoint that the person points at; None for the very beginning. Back on `<`."""
    several = len({c.generation for c in journal.history}) > 1
    choices = {p.name: _line(at, p, several) for p in places(journal.history)[::-1]}
    choices[BEGINNING] = "the very beginning: the server as it was before"
    at.terminal.heading("Going back")
    at.terminal.text(
        "A checkpoint is a place where a step was complete and its checks had passed. The newest comes first. "
        "You see what going back would undo before anything is undone."
        + (" Each run that changed something has a number, its generation." if several else "")
    )
    choice = at.terminal.choose("Back to which one?", choices, next(iter(choices)), back=True)
    return None if choice == BEGINNING else choice


def _line(at: Station, place: Place, several: bool) -> str:
    point = place.point
    end = "the end of " if place.generation else ""
    generation = f", {end}generation {point.generation}" if several else ""
    return f"{at.words.heading(point.step)} ({moment(point.at)}{generation})"


def agreed(at: Station, todo: list[Undo]) -> bool:
    """Shows what would be undone; whether the person agrees to it. What loses data wants the server's name typed."""
    at.terminal.heading(f"Going back undoes {counted(len(todo), 'change')}, in this order")
    for undo in todo:
        at.terminal.text(f"- {review.undo_line(undo)}")
    if not review.losses(todo):
        at.terminal.text("\nNo data is lost by this, and the set-up can be gone on with afterwards.")
        return prompts.yes(at.terminal, "Go back?", default=False)
    at.terminal.text(
        "\nWhat people put on the site since goes away with this. It is saved first, on the server under /var/backups/wizard."
    )
    try:
        return prompts.type_name(at.terminal, at.journey.connected.server.hostname)
    except Back:
        return False


def choose_and_go(at: Station) -> bool:
    """Until the person has gone back to a checkpoint of their choice; False when they leave it as it is."""
    while True:
        try:
            checkpoint = chosen(at, at.journey.connected.journal)
        except Back:
            return False
        nothing = nothing_to_undo(at.journey.connected, checkpoint)
        if go(at, checkpoint) and not nothing:
            return True


def go(at: Station, checkpoint: str | None) -> bool:
    """Back to this checkpoint, once the person has seen what that undoes. False when they don't agree."""
    session = at.journey.connected
    if nothing_to_undo(session, checkpoint):
        at.terminal.text("Nothing came after this checkpoint: there is nothing to undo.")
        return True
    todo = plan_rollback(session.journal, checkpoint)
    if todo and not agreed(at, todo):  # without any it is an undo that still has to be proved
        at.terminal.text("Nothing was undone.")
        return False
    Run(at.journey, at.emit, partial(decide, at)).undo(checkpoint)
    return True


def undo_last_step(at: Station) -> None:
    """Undoes what came after the newest checkpoint, which is what the step that failed has changed."""
    if not go(at, last_checkpoint(at.journey.connected.journal)):
        raise StoppedError("stopped; the step that failed is left as it is", hint="nothing is lost")
