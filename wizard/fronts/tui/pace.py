"""The pace of a run: all at once, or a stop before each step. Sits between the runner and the engine's thread.

Stops only between steps: there nothing is half-done, and no timed auto-revert is ticking.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard import events
from wizard.engine.plan import Plan, PlannedStep
from wizard.errors import StoppedError
from wizard.fronts.tui.engine_thread import EngineThread
from wizard.recipe import Recipe


@dataclass(frozen=True)
class NextStep:
    """The question before a step; answered with go, skip or stop."""

    planned: PlannedStep
    index: int
    may_skip: bool


class Pace:
    """`step_by_step` and `pausing` may be changed by the screen at any time."""

    def __init__(self, engine: EngineThread, plan: Plan, chosen: list[Recipe], *, step_by_step: bool) -> None:
        self.engine = engine
        self.plan = plan
        self.needed = {need for recipe in chosen for need in recipe.needs}
        self.step_by_step = step_by_step
        self.pausing = False

    def emit(self, event: events.Event) -> None:
        self.engine.emit(event)
        if isinstance(event, events.RunStarted):
            self._before(0)
        elif isinstance(event, events.CheckpointReached | events.StepSkipped):
            self._before(self._index(event.step) + 1)

    def _index(self, step: str) -> int:
        return next(i for i, s in enumerate(self.plan.steps) if s.step.id == step)

    def _before(self, index: int) -> None:
        while index < len(self.plan.steps):
            planned = self.plan.steps[index]
            if not (self.step_by_step or self.pausing) or (planned.complete and not planned.changes):
                return
            self.pausing = False
            answer = self.engine.ask(NextStep(planned, index, self.may_skip(index)))
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
