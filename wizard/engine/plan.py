"""The plan: the changes that a run would make. A forecast, looked at again just before each change is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wizard.engine.journal import Journal
from wizard.engine.remote.session import Session
from wizard.errors import RecipeError
from wizard.operations.base import Change, Operation, State, canonical, diff
from wizard.recipe import Answers, Recipe, Step
from wizard.text import text


@dataclass
class PlannedStep:
    """A step with its operations and what was found of each; `changes` leaves out what is already so.

    complete: as the journal had it when the plan was made (see `settled`).
    """

    step: Step
    operations: list[Operation]
    found: list[State] = field(default_factory=list)
    complete: bool = False
    before: frozenset[str] = frozenset()  # the ids of the steps before it

    @property
    def changes(self) -> list[Change]:
        pairs = zip(self.operations, self.found, strict=True)
        return [c for op, found in pairs if (c := diff(op, found)) is not None]

    def settled(self, journal: Journal) -> bool:
        """Whether the step is complete, and no later change makes its checks due once more."""
        if not journal.complete(self.step.id) or any(step == self.step.id for step, _ in journal.left_out):
            return False  # what did not pass then may pass now
        return not (self.step.again and journal.changed_since(self.step.id, by=self.before))


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


def key_twice(steps: Iterable[tuple[str, Iterable[Operation]]]) -> Iterator[tuple[str, str, str]]:
    """Each key that has more than one owner: (key, the step that has it first, the step that has it again)."""
    owners: dict[str, str] = {}
    for step, operations in steps:
        for operation in operations:
            if operation.key in owners:
                yield operation.key, owners[operation.key], step
            owners.setdefault(operation.key, step)


def _refuse_second_owners(steps: Iterable[PlannedStep]) -> None:
    """RecipeError where two steps make the same thing: each would undo what the other has made."""
    twice = [
        text("engine.plan.twice", key=key, one=one, other=other)
        for key, one, other in key_twice((s.step.id, s.operations) for s in steps)
    ]
    if twice:
        raise RecipeError(
            "engine.plan.same_thing",
            details="\n".join(twice),
        )


def make_plan(recipes: Sequence[Recipe], answers: Answers, session: Session) -> Plan:
    """Every operation of every step, observed in one round trip. RecipeError where two of them have the same key."""
    steps: list[PlannedStep] = []
    taking_part = [recipe for recipe in recipes if answers.in_force(recipe)]
    for step in (s for recipe in taking_part for s in recipe.steps if s.when is None or s.when(answers)):
        planned = PlannedStep(step, list(step.operations(answers)), before=frozenset(s.step.id for s in steps))
        planned.complete = planned.settled(session.journal)
        steps.append(planned)
    if steps:  # a secret that the answers file asked to generate is on the server before anything uses it
        steps[0].operations[:0] = [answers.keep(name) for name in answers.generated]
    _refuse_second_owners(steps)
    found = session.observe([op for s in steps for op in s.operations], label="plan")
    start = 0
    for planned in steps:
        planned.found = found[start : start + len(planned.operations)]
        start += len(planned.operations)
    return Plan(steps, answers)


def drifted(operation: Operation, found: State, known: Iterable[State]) -> bool:
    """Whether somebody changed this by hand: found in none of the states that the journal has left it in."""
    states = [canonical(s) for s in known]
    known_one = not states or canonical(found) in states
    return not known_one and operation.by_hand(found) and not operation.satisfied(found)
