"""The run, as often as it takes: after a failure the person tries again, changes answers, or goes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.app import planning, running
from wizard.app.stepper import NextStep, Stepper
from wizard.engine.plan import Plan
from wizard.errors import UsageError, WizardError
from wizard.fronts.plain import failure, going_back, review
from wizard.fronts.plain.terminal import forget_typed

if TYPE_CHECKING:
    from wizard.fronts.plain.commands import Station

Agree = Callable[[str], tuple[Plan, bool]]
"""Asks for the answers of this recipe (all, where it is empty), and for a plan and a pace that the person agrees to."""


def to_the_end(at: Station, plan: Plan, step_by_step: bool, agree: Agree) -> bool:
    """Whether the set-up is complete: False when the person went back instead. The error that was not got over is raised."""
    while True:
        at.after = ""
        try:
            _run(at, plan, step_by_step)
            return True
        except UsageError:
            raise
        except WizardError as error:
            at.progress.rest()
            forget_typed()
            match at.after or failure.ended(at, error):
                case "retry" | "wait" | "watch" | "take-over" as choice:
                    at.journey.request.take_over = choice == "take-over"
                    at.journey.request.when_held = choice if choice in ("wait", "watch") else "stop"
                    plan = _again(at, plan)
                case "answers":
                    plan, step_by_step = agree(at.failed.partition("/")[0])
                case "back":
                    going_back.undo_last_step(at)
                    plan, step_by_step = agree("")
                case "checkpoints":
                    if going_back.choose_and_go(at):
                        return False
                    plan = _again(at, plan)
                case _:
                    at.terminal.text(f"\nTo go on later: {at.options.resume}")
                    raise


def _run(at: Station, plan: Plan, step_by_step: bool) -> None:
    ask = running.patient(at.journey, lambda following: _before(at, stepper, following))
    stepper = Stepper(at.emit, ask, plan, at.journey.chosen, step_by_step=step_by_step)
    running.run(at.journey, plan, stepper.emit, at.decide)


def _again(at: Station, plan: Plan) -> Plan:
    """What is left of it by now; the plan as it was where the server cannot be looked at yet."""
    try:
        running.acquire(at.journey)
        return planning.plan(at.journey)
    except WizardError:
        return plan


def _before(at: Station, stepper: Stepper, following: NextStep) -> str:
    """What the next step is for; go, skip or stop. The pace may be changed here."""
    planned = following.planned
    choices = {
        "go": "do this step",
        "look": "show its commands and differences",
        "on": "all at once from here",
    }
    if following.may_skip:
        choices["skip"] = f"leave out “{at.words.guides[planned.step.recipe].title}”"
    assert at.journey.session is not None
    if at.journey.session.journal.in_force:
        choices["checkpoints"] = "go back to a checkpoint"
    choices["stop"] = "stop here, and go on later"
    with at.front.paused():
        review.step(at.terminal, planned, at.words)
        while True:
            match at.terminal.choose(f"“{at.words.heading(planned.step.id)}” is next.", choices, "go"):
                case "look":
                    review.details(at.terminal, planned.changes, at.journey.session)
                case "on":
                    stepper.step_by_step = False
                    return "go"
                case "checkpoints" | "stop" as choice:
                    at.after = choice
                    return "stop"
                case choice:
                    return choice
