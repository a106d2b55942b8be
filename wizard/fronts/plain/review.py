"""The review: recipe → step → change, with what one must know of each; commands and differences of a step on request."""

from __future__ import annotations

from wizard.engine.differences import differences
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.remote.session import Session
from wizard.engine.rollback import Undo
from wizard.fronts import words as words_
from wizard.fronts.estimates import duration, seconds
from wizard.fronts.plain.terminal import Back, Terminal
from wizard.fronts.words import Words, badges, counted, describe, loses_data
from wizard.operations.base import Change
from wizard.text import text


def tree(terminal: Terminal, plan: Plan, words: Words) -> None:
    """Every change of the plan."""
    recipe = ""
    for planned in to_do(plan):
        if planned.step.recipe != recipe:
            recipe = planned.step.recipe
            terminal.text(f"\n{words.guides[recipe].title or recipe}")
        terminal.text(f"  {words.heading(planned.step.id)}")
        for change in planned.changes:
            terminal.text(f"    - {change_line(planned, change)}")
        if not planned.changes:
            terminal.text(text("plain.review.only_checks_run_they"))


def change_line(planned: PlannedStep, change: Change) -> str:
    operation = change.operation
    marks = badges(operation.kind, irreversible=operation.irreversible, guarded=planned.step.way_in is not None)
    return f"{describe(operation.kind, operation.key)} [{'; '.join(marks)}]"


def summary(plan: Plan) -> str:
    """How much it is, how long it takes, and what the words in brackets mean."""
    changes, steps = plan.changes, to_do(plan)
    lines = [
        text(
            "plain.review.how_much", changes=counted(len(changes), "change"), steps=counted(len(steps), "step"),
            duration=duration(seconds(changes)),
        )
    ]  # fmt: skip
    if already := len(plan.steps) - len(steps):
        lines.append(text("plain.review.done_already", already=counted(already, "step"), steps=len(plan.steps)))
    lines.append(text("plain.review.reversible_now_kept_server"))
    if any(c.operation.irreversible for c in changes):
        lines.append(text("plain.review.cannot_undone_point_no"))
    if any(s.step.way_in and s.changes for s in steps):
        lines.append(text("plain.review.guarded_could_lock_you"))
    return "\n".join(lines)


def closer(terminal: Terminal, plan: Plan, words: Words, session: Session) -> None:
    """Steps to look at: the guide's words, every command, every difference."""
    steps = {planned.step.id: planned for planned in to_do(plan)}
    choices = {name: words.heading(name) for name in steps}
    first = next(iter(choices))
    while True:
        try:
            first = terminal.choose(text("plain.review.step"), choices, first, back=True)
        except Back:
            return
        step(terminal, steps[first], words)
        details(terminal, steps[first].changes, session)


def step(terminal: Terminal, planned: PlannedStep, words: Words) -> None:
    """What a step is for, in its guide's words."""
    terminal.heading(words.heading(planned.step.id))
    terminal.guide(words.guides[planned.step.recipe].steps.get(planned.step.name, ("", ""))[1])


def details(terminal: Terminal, changes: list[Change], session: Session) -> None:
    for change, difference in zip(changes, differences(changes, session), strict=True):
        terminal.text(f"\n{describe(change.operation.kind, change.operation.key)}. Commands:")
        terminal.commands(change.script())
        terminal.text(text("plain.review.difference_now_will"))
        terminal.difference(difference)


def to_do(plan: Plan) -> list[PlannedStep]:
    return [planned for planned in plan.steps if planned.changes or not planned.complete]


def undo_line(undo: Undo) -> str:
    kind = undo.entry.operation["kind"]
    if undo.kept:
        return text("plain.review.cannot_undone_stays", key=words_.thing(undo.entry.key))
    lost = text("plain.review.data_goes_away_saved") if loses_data(kind) else ""
    return describe(kind, undo.entry.key, undo=True) + lost


def losses(todo: list[Undo]) -> list[Undo]:
    """What takes data away from the site when it is undone."""
    return [u for u in todo if not u.kept and loses_data(u.entry.operation["kind"])]
