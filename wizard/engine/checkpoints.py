"""Checkpoints: the changes that were in force when a step was complete, and what a name of one means.

A run has a generation, a number that the server gives; so a step that was made twice has two checkpoints, `project/code@1` and
`project/code@2`. Must not know how anything is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Spans = tuple[tuple[int, int], ...]
"""Numbers of changes as (first, last), in order: a set of a thousand changes is one pair as a rule."""


@dataclass(frozen=True)
class Checkpoint:
    """The changes that were in force when a step was complete and its checks had passed.

    left_out: the ids of checks that did not pass, and that somebody chose to go on without. until: the generation that completed
    the step anew, also where that was taken back since; 0 where none has.
    """

    step: str
    at: str
    generation: int
    changes: Spans
    left_out: tuple[str, ...] = ()
    until: int = 0

    @property
    def name(self) -> str:
        return f"{self.step}@{self.generation}"

    @property
    def last(self) -> int:
        """The newest change that is in it; 0 where there is none."""
        return max((last for _, last in self.changes), default=0)

    def holds(self, change: int) -> bool:
        return any(first <= change <= last for first, last in self.changes)


def spans(changes: Iterable[int]) -> Spans:
    """These numbers, in any order, as pairs."""
    found: list[tuple[int, int]] = []
    for number in sorted(changes):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def spans_from(data: Any) -> Spans:
    """As the journal keeps them, a list of lists. TypeError where it is none of numbers."""
    pairs = [tuple(pair) for pair in data]
    if not all(len(pair) == 2 and all(type(number) is int for number in pair) for pair in pairs):
        raise TypeError("not numbers of changes")
    return tuple((first, last) for first, last in pairs)


def add(history: Sequence[Checkpoint], point: Checkpoint) -> list[Checkpoint]:
    """With this one, which is the newest of its step."""
    ended = [
        replace(c, until=point.generation)
        if c.step == point.step and not c.until and c.generation < point.generation
        else c
        for c in history
        if c.name != point.name
    ]
    return [*ended, point]


def find(history: Sequence[Checkpoint], name: str) -> Checkpoint | None:
    """The checkpoint whose changes stay when one goes back to NAME; None where there is no such name. history: oldest first.

    A step or a recipe is its newest checkpoint: what came after it is undone. With a generation (project/code@1) it is the step
    as that run left it, see `stays`. A generation alone (@1) is the server as that run left it.
    """
    step, numbered, number = name.partition("@")
    named = [c for c in history if step in (c.step, c.step.partition("/")[0])] if step else list(history)
    if not numbered:
        return named[-1] if step and named else None
    same = [c for c in named if number == str(c.generation)]
    return (stays(history, same[-1]) if step else same[-1]) if same else None


def stays(history: Sequence[Checkpoint], point: Checkpoint) -> Checkpoint:
    """The checkpoint whose changes stay when one goes back to this step as this generation left it.

    Where a later run completed the step anew, it is the last one before that run: a second release is taken back to the first,
    and all that was set up by then stays (nginx comes after the code). Once there, it still is: the same command again undoes
    no more.
    """
    return [c for c in history if c.generation < point.until][-1] if point.until else point


@dataclass(frozen=True)
class Place:
    """A checkpoint to choose from. name: what `find` takes for it; generation: the earlier run that it is the end of, or 0."""

    name: str
    point: Checkpoint
    generation: int = 0


def places(history: Sequence[Checkpoint]) -> list[Place]:
    """The newest checkpoint of each step, and how each earlier run left the server: the furthest back first."""
    newest, ends = {c.step: c for c in history}, {c.generation: c for c in history}
    ends.pop(history[-1].generation if history else 0, None)
    found = []
    for point in history:
        end = point.generation if ends.get(point.generation) is point else 0
        if newest[point.step] is point or end:
            found.append(Place(point.step if newest[point.step] is point else f"@{end}", point, end))
    return found
