"""The pace of a run: all at once, or a stop before each step. Sits between the runner and a front; knows neither screen nor prompt.

Stops only between steps: there nothing is half-done, and no timed auto-revert is ticking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wizard import events
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.remote.session import Emit
from wizard.errors import StoppedError
from wizard.recipe import Recipe


@dataclass(frozen=True)
class NextStep:
    """The question before a step; answered with go, skip or stop."""

    planned: PlannedStep
    index: int
    may_skip: bool


class Stepper:
    """`step_by_step` and `pausing` may be changed at any time. before answers a NextStep."""

    def __init__(
        self, emit: Emit, before: Callable[[NextStep], str], plan: Plan, chosen: list[Recipe], *, step_by_step: bool
    ) -> None:
        self._emit = emit
        self._before = before
        self.plan = plan
        self.needed = {need for recipe in chosen for need in recipe.needs}
        self.step_by_step = step_by_step
        self.pausing = False

    def emit(self, event: events.Event) -> None:
        self._emit(event)
        if isinstance(event, events.RunStarted):
            self._stop_before(0)
        elif isinstance(event, events.CheckpointReached | events.StepSkipped):
            self._stop_before(self._index(event.step) + 1)

    def _index(self, step: str) -> int:
        return next(i for i, s in enumerate(self.plan.steps) if s.step.id == step)

    def _stop_before(self, index: int) -> None:
        while index < len(self.plan.steps):
            planned = self.plan.steps[index]
            if not (self.step_by_step or self.pausing) or (planned.complete and not planned.changes):
                return
            self.pausing = False
            answer = self._before(NextStep(planned, index, self.may_skip(index)))
            if answer == "stop":
                raise StoppedError("stopped before the next step", hint="nothing is lost: go on whenever you like")
            if answer != "skip":
                return
            recipe = planned.step.recipe
            # the runner goes through this very list; what is behind its place may be taken out
            self.plan.steps[index:] = [s for s in self.plan.steps[index:] if s.step.recipe != recipe]

    def may_skip(self, index: int) -> bool:
        """A recipe that no other needs may be left out; the first step also keeps the secrets that were made up."""
        return index > 0 and self.plan.steps[index].step.recipe not in self.needed
