"""What the answers will be, as far as that can be known before any server is reached. Opens no connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from wizard import catalog
from wizard.answers.given import Given
from wizard.answers.resolve import default
from wizard.app import project
from wizard.app.journey import Journey
from wizard.errors import UnfitProject, UsageError
from wizard.fronts.findings import problem
from wizard.project.found import EnvName
from wizard.recipe import Answers, Question, Recipe
from wizard.server import Server

LATER = object()
"""Stands for a default that builds on facts of the server or on answers that are not there yet."""


class _NotYet(Exception):
    pass


class _Unseen:
    """Stands where the server's facts will be."""

    def __getattr__(self, name: str) -> Any:
        raise _NotYet(name)


def foreseen(recipes: Sequence[Recipe], given: Given, found: Any) -> dict[Question[Any], Any]:
    """Each question's answer or default; None where it has neither, LATER where the server decides."""
    questions = {(r.name, q.name): q for r in recipes for q in r.questions}
    answers = Answers({r.name: {} for r in recipes}, server=cast(Server, _Unseen()), found=found, recipes=recipes)
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
        value = default(question, answers)
    except (TypeError, AttributeError, ValueError, UsageError):
        value, answers.read_nothing = None, True
    if value is None and answers.read_nothing:
        raise _NotYet(question.name)  # it builds on an answer that is missing, which is said already
    return value


def unset(journey: Journey) -> list[EnvName]:
    """The variables that the project does not start without and that nothing else sets."""
    names = {n.name: n for n in journey.found.env_names if n.required and n.is_open and n.when is None}
    return [n for n in names.values() if n.name not in journey.given.env]


def _named(keys: list[str], name: str) -> bool:
    return any(key == name or key.startswith(f"{name},") for key in keys)


def refuse(journey: Journey, *, defaults: bool, validate: bool = True) -> None:
    """UsageError that names the answers-file key of what has neither an answer nor a default, all at once.

    defaults: only the project's own variables, which have none; the questions are seen to when the server is known.
    validate: also what was found in the project and keeps it from running, or is open to doubt.
    """
    values = {} if defaults else foreseen(journey.answered, journey.given, journey.found)
    taking_part = {r.name for r in catalog.in_force(journey.answered, journey.given.tables)}
    keys = [
        f"{q.recipe}.{q.name}" + (f", for example {q.example}" if q.example else "")
        for q, value in values.items()
        if value is None and q.recipe in taking_part
    ]
    keys += _variables(journey)
    if validate:
        keys += [f"{name}: {problem(one)}" for name, one in project.in_doubt(journey) if not _named(keys, name)]
        _refuse_unfit(journey, keys)
    _refuse(keys, defaults=defaults)


def refuse_early(journey: Journey) -> None:
    """As `refuse`, before any server is reached: what no server keeps (it has no variables of the project), and a project
    that cannot run, with all that would be missing besides."""
    keys = _variables(journey)
    if journey.found is not None and journey.found.stops:
        keys += [f"{name}: {problem(one)}" for name, one in project.in_doubt(journey)]
        _refuse_unfit(journey, keys)
    _refuse(keys, defaults=True)


def _variables(journey: Journey) -> list[str]:
    if journey.found is None:
        return []
    return [f"env.{name.name}, which the project does not start without ({name.where})" for name in unset(journey)]


def _refuse_unfit(journey: Journey, keys: list[str]) -> None:
    if journey.found is not None and journey.found.stops:
        raise UnfitProject(journey.found.stops, details="\n".join(["missing answers:", *keys] if keys else []))


def _refuse(keys: list[str], *, defaults: bool) -> None:
    if keys:
        raise UsageError(
            "cannot ask anything"
            + ("" if defaults else ", because there is no terminal")
            + ", and some answers are missing",
            details="\n".join(keys),
            hint="put these keys into an answers file and give it with --answers FILE; `wizard answers` prints one",
        )
