"""What the answers will be, as far as that can be known before any server is reached. Opens no connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from wizard.answers import Given, default
from wizard.errors import UsageError
from wizard.journey import Journey
from wizard.recipe import Answers, Question, Recipe
from wizard.server import Server

LATER = object()
"""Stands for a default that builds on facts of the server, which nobody has seen yet."""


class _NotYet(Exception):
    pass


class _Unseen:
    """Stands where the server's facts will be."""

    def __getattr__(self, name: str) -> Any:
        raise _NotYet(name)


def foreseen(recipes: Sequence[Recipe], given: Given, found: Any) -> dict[Question[Any], Any]:
    """Each question's answer or default; None where it has neither, LATER where the server decides."""
    questions = {(r.name, q.name): q for r in recipes for q in r.questions}
    answers = Answers({r.name: {} for r in recipes}, server=cast(Server, _Unseen()), found=found)
    later: set[tuple[str, str]] = set()
    being_made: set[tuple[str, str]] = set()

    def settle(recipe: str, name: str) -> None:
        question = questions.get((recipe, name))
        if question is None or name in answers.tables[recipe]:
            return
        if (recipe, name) in later:
            raise _NotYet(name)
        if (recipe, name) in being_made:
            answers.tables[recipe][name] = None  # a default that builds on itself
            return
        being_made.add((recipe, name))
        try:
            answers.tables[recipe][name] = _value(question, given, answers)
        except _NotYet:
            later.add((recipe, name))
            raise

    answers.settle = settle
    values: dict[Question[Any], Any] = {}
    for (recipe, name), question in questions.items():
        try:
            settle(recipe, name)
            values[question] = answers.tables[recipe][name]
        except _NotYet:
            values[question] = LATER
    return values


def _value(question: Question[Any], given: Given, answers: Answers) -> Any:
    table = given.tables.get(question.recipe, {})
    if question.name in table:
        return table[question.name]
    try:
        return default(question, answers)
    except (TypeError, AttributeError, ValueError, UsageError):
        return None  # it builds on an answer that is missing


def refuse(journey: Journey) -> None:
    """UsageError that names the answers-file key of every question that has neither an answer nor a default."""
    values = foreseen(journey.answered, journey.given, journey.found)
    missing = [question for question, value in values.items() if value is None]
    if missing:
        raise UsageError(
            "cannot ask anything, because there is no terminal, and some questions have no answer",
            details="\n".join(
                f"{q.recipe}.{q.name}" + (f", for example {q.example}" if q.example else "") for q in missing
            ),
            hint="put these keys into an answers file and give it with --answers FILE; `wizard answers` prints one",
        )
