"""Which answers are missing, as far as that can be known before any server is reached. Opens no connection."""

from __future__ import annotations

from typing import Any, cast

from wizard.answers import GENERATE, default
from wizard.errors import UsageError
from wizard.journey import Journey
from wizard.recipe import Answers, Question
from wizard.server import Server


class _NotYet(Exception):
    """A default builds on facts of the server, which nobody has seen yet."""


class _Unseen:
    """Stands where the server's facts will be."""

    def __getattr__(self, name: str) -> Any:
        raise _NotYet(name)


def missing(journey: Journey) -> list[str]:
    """The answers-file keys of all questions that have neither an answer nor a default, each with an example."""
    questions = {(r.name, q.name): q for r in journey.answered for q in r.questions}
    answers = Answers(
        {r.name: {} for r in journey.answered}, server=cast(Server, _Unseen()), found=journey.found,
        env={k: v for k, v in journey.given.env.items() if v != GENERATE},
    )  # fmt: skip
    unknown: set[tuple[str, str]] = set()

    def settle(recipe: str, name: str) -> None:
        question = questions.get((recipe, name))
        if question is None or name in answers.tables[recipe]:
            return
        if (recipe, name) in unknown:
            raise _NotYet(name)
        unknown.add((recipe, name))  # also while its default is being made, which may build on itself
        answers.tables[recipe][name] = _value(question, journey, answers)
        unknown.discard((recipe, name))

    answers.settle = settle
    lines = []
    for (recipe, name), question in questions.items():
        try:
            settle(recipe, name)
        except _NotYet:
            continue
        if answers.tables[recipe][name] is None:
            lines.append(f"{recipe}.{name}" + (f", for example {question.example}" if question.example else ""))
    return lines


def _value(question: Question[Any], journey: Journey, answers: Answers) -> Any:
    given = journey.given.tables.get(question.recipe, {})
    if question.name in given:
        return given[question.name]
    try:
        return default(question, answers)
    except (TypeError, AttributeError, ValueError, UsageError):
        return None  # it builds on an answer that is missing


def refuse(journey: Journey) -> None:
    """UsageError that names every answer that is missing."""
    if keys := missing(journey):
        raise UsageError(
            "cannot ask anything, because there is no terminal, and some questions have no answer",
            details="\n".join(keys),
            hint="put these keys into an answers file and give it with --answers FILE; `wizard answers` prints one",
        )
