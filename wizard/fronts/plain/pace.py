"""The pace of a run: all at once, or a stop before each step. Stops only where nothing is half-done."""

from __future__ import annotations

from collections.abc import Callable

from wizard import events
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.session import Emit
from wizard.errors import StoppedError


class Pace:
    """Stands between the runner and the front. before(step) answers go, on (no more stops) or stop."""

    def __init__(self, emit: Emit, plan: Plan, before: Callable[[PlannedStep], str]) -> None:
        self._emit = emit
        self._plan = plan
        self._before = before
        self._stops = True

    def emit(self, event: events.Event) -> None:
        self._emit(event)
        if isinstance(event, events.RunStarted):
            self._ask(0)
        elif isinstance(event, events.CheckpointReached | events.StepSkipped):
            self._ask(1 + next(i for i, s in enumerate(self._plan.steps) if s.step.id == event.step))

    def _ask(self, index: int) -> None:
        following = self._plan.steps[index : index + 1]
        if not self._stops or not following or (following[0].complete and not following[0].changes):
            return
        answer = self._before(following[0])
        if answer == "stop":
            raise StoppedError(
                "stopped before the next step", hint="nothing is lost: the same command goes on from here"
            )
        self._stops = answer == "go"
