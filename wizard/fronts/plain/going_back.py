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
from wizard.text import text

BEGINNING = "."


def chosen(at: Station, journal: Journal) -> str | None:
    """The checkpoint that the person points at; None for the very beginning. Back on `<`."""
    several = len({c.generation for c in journal.history}) > 1
    choices = {p.name: _line(at, p, several) for p in places(journal.history)[::-1]}
    choices[BEGINNING] = text("plain.going_back.very_beginning_server_before")
    at.terminal.heading(text("plain.going_back.going_back"))
    at.terminal.text(text("plain.going_back.explained_generations" if several else "plain.going_back.explained"))
    choice = at.terminal.choose(text("plain.going_back.back_one"), choices, next(iter(choices)), back=True)
    return None if choice == BEGINNING else choice


def _line(at: Station, place: Place, several: bool) -> str:
    point = place.point
    code = "place" if not several else "place_end" if place.generation else "place_generation"
    heading, at_ = at.words.heading(point.step), moment(point.at)
    return text(f"plain.going_back.{code}", heading=heading, at=at_, generation=point.generation)


def agreed(at: Station, todo: list[Undo]) -> bool:
    """Shows what would be undone; whether the person agrees to it. What loses data wants the server's name typed."""
    at.terminal.heading(text("plain.going_back.going_back_undoes_order", todo=counted(len(todo), "change")))
    for undo in todo:
        at.terminal.text(f"- {review.undo_line(undo)}")
    if not review.losses(todo):
        at.terminal.text(text("plain.going_back.no_data_lost_set"))
        return prompts.yes(at.terminal, text("plain.going_back.go_back"), default=False)
    at.terminal.text(text("plain.going_back.people_put_site_since"))
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
        at.terminal.text(text("plain.going_back.nothing_came_after_checkpoint"))
        return True
    todo = plan_rollback(session.journal, checkpoint)
    if todo and not agreed(at, todo):  # without any it is an undo that still has to be proved
        at.terminal.text(text("plain.going_back.nothing_undone"))
        return False
    Run(at.journey, at.emit, partial(decide, at)).undo(checkpoint)
    return True


def undo_last_step(at: Station) -> None:
    """Undoes what came after the newest checkpoint, which is what the step that failed has changed."""
    if not go(at, last_checkpoint(at.journey.connected.journal)):
        raise StoppedError("plain.going_back.stopped_step_failed_left")
