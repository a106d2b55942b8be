"""A plan with the difference of each change worked out: what the review and the run show. Must not know any widget."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.engine.differences import differences
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.remote.session import Session
from wizard.operations.base import Change


@dataclass(frozen=True)
class Planned:
    """A change that is going to be made, with its difference as text."""

    change: Change
    difference: str


@dataclass
class Forecast:
    """changes: by step id, in order; a step that needs none has an empty list."""

    plan: Plan
    changes: dict[str, list[Planned]]

    @property
    def all(self) -> list[Change]:
        return [planned.change for changes in self.changes.values() for planned in changes]

    def done(self, step: PlannedStep) -> bool:
        return step.complete and not self.changes[step.step.id]


def forecast(plan: Plan, session: Session) -> Forecast:
    """Reads the old contents of files, in one round trip."""
    steps = [(planned.step.id, planned.changes) for planned in plan.steps]
    texts = iter(differences([change for _, changes in steps for change in changes], session))
    return Forecast(plan, {step: [Planned(change, next(texts)) for change in changes] for step, changes in steps})
