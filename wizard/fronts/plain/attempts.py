"""The run at a plain terminal: what is asked on the way, and what follows where a person leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.app.run import Ended, NextStep, Run
from wizard.engine.plan import Plan
from wizard.errors import WizardError
from wizard.fronts.plain import failure, going_back, review
from wizard.fronts.plain.decisions import decide
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminal import forget_typed
from wizard.text import text

Agree = Callable[[str], tuple[Plan, bool]]
"""Asks for the answers of this recipe (all, where it is empty), and for a plan and a pace that the person agrees to."""


def to_the_end(at: Station, plan: Plan, step_by_step: bool, agree: Agree) -> bool:
    """Whether the set-up is complete: False when the person went back instead. The error that was not got over is raised."""

    def ask(question: Any) -> str:
        if isinstance(question, NextStep):
            return _before(at, run, question)
        return _ended(at, question) if isinstance(question, Ended) else decide(at, question)

    while True:
        run = Run(at.journey, at.emit, ask, step_by_step=step_by_step)
        try:
            outcome = run.set_up(plan)
        except WizardError:
            at.progress.rest()
            at.terminal.text(text("plain.attempts.go_later", resume=at.options.resume))
            raise
        if outcome == "done":
            return True
        at.progress.rest()
        match outcome:
            case "answers":
                plan, step_by_step = agree(run.failed.partition("/")[0])
            case "back":
                going_back.undo_last_step(at)
                plan, step_by_step = agree("")
            case "checkpoints":
                if going_back.choose_and_go(at):
                    return False
                plan, step_by_step = run.what_is_left(plan), run.step_by_step


def _ended(at: Station, question: Ended) -> str:
    """What to do after an error that no question was asked about."""
    at.progress.rest()
    forget_typed()
    return "stop" if question.chosen else failure.ended(at, question.error)


def _before(at: Station, run: Run, following: NextStep) -> str:
    """What the next step is for; go, skip, checkpoints or stop. The pace may be changed here."""
    planned = following.planned
    choices = {
        "go": text("plain.attempts.do_step"),
        "look": text("plain.attempts.show_commands_differences"),
        "on": text("plain.attempts.all_once_from_here"),
    }
    if following.may_skip:
        choices["skip"] = text("plain.attempts.leave_out", title=at.words.guides[planned.step.recipe].title)
    if at.journey.connected.journal.in_force:
        choices["checkpoints"] = text("plain.attempts.go_back_checkpoint")
    choices["stop"] = text("plain.attempts.stop_here_go_later")
    with at.front.paused():
        review.step(at.terminal, planned, at.words)
        while True:
            match at.terminal.choose(text("plain.attempts.next", id=at.words.heading(planned.step.id)), choices, "go"):
                case "look":
                    review.details(at.terminal, planned.changes, at.journey.connected)
                case "on":
                    run.step_by_step = False
                    return "go"
                case choice:
                    return choice
