"""The plan: the changes that a run would make. A forecast, looked at again just before each change is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wizard.engine.session import Session
from wizard.operations.base import Change, Operation, State, canonical, diff
from wizard.recipe import Answers, Recipe, Step


@dataclass
class PlannedStep:
    """A step with its operations and what was found of each; `changes` leaves out what is already so."""

    step: Step
    operations: list[Operation]
    found: list[State] = field(default_factory=list)
    complete: bool = False

    @property
    def changes(self) -> list[Change]:
        pairs = zip(self.operations, self.found, strict=True)
        return [c for op, found in pairs if (c := diff(op, found)) is not None]


@dataclass
class Plan:
    """What a run would do, in order, with the answers it was made from."""

    steps: list[PlannedStep]
    answers: Answers

    @property
    def changes(self) -> list[Change]:
        return [c for s in self.steps for c in s.changes]

    @property
    def nothing_to_do(self) -> bool:
        return not self.changes and all(s.complete for s in self.steps)


def make_plan(recipes: Sequence[Recipe], answers: Answers, session: Session) -> Plan:
    """Every operation of every step, observed in one round trip."""
    steps = [
        PlannedStep(step, list(step.operations(answers)), complete=session.journal.complete(step.id))
        for recipe in recipes
        for step in recipe.steps
        if step.when is None or step.when(answers)
    ]
    if steps:  # a secret that the answers file asked to generate is on the server before anything uses it
        steps[0].operations[:0] = [answers.keep(name) for name in answers.generated]
    found = session.observe([op for s in steps for op in s.operations], label="plan")
    start = 0
    for planned in steps:
        planned.found = found[start : start + len(planned.operations)]
        start += len(planned.operations)
    return Plan(steps, answers)


def drifted(operation: Operation, found: State, known: Iterable[State]) -> bool:
    """Whether somebody changed this by hand: found in none of the states that the journal has left it in."""
    states = [canonical(s) for s in known]
    return bool(states) and canonical(found) not in states and not operation.satisfied(found)
