"""Every question answered: as given, else asked, else by its default. Opens no connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from wizard.answers.given import GENERATE, Given
from wizard.errors import UsageError
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret
from wizard.server import Server
from wizard.text import text

LATER = object()
"""Stands for a default that builds on facts of the server or on answers that are not there yet."""

Ask = Callable[[Question[Any], Answers, Any], Any]


def complete(
    given: Given,
    recipes: Sequence[Recipe],
    *,
    server: Server,
    found: Any = None,
    secrets: dict[str, Secret] | None = None,
    ask: Ask | None = None,
    lenient: bool = False,
    needed: Sequence[Recipe] | None = None,
) -> Answers:
    """Every question answered: as given, else asked (with its default), else by its default.

    needed: only these recipes' questions must be answered (None: all); others are when something builds on them.

    ask(question, answers so far, default) returns the value. Without it a question that has neither an answer nor a
    default is a UsageError that names all of them, as is a default that its own question refuses; lenient: they stay None.
    """
    answers = Answers({r.name: {} for r in recipes}, server=server, found=found, secrets=secrets, recipes=recipes)
    completion = _Completion(given, recipes, answers, ask)
    answers.env = {k: _generated(answers, f"env.{k}") if v == GENERATE else v for k, v in given.env.items()}
    for recipe in recipes if needed is None else needed:
        for question in recipe.questions if answers.in_force(recipe) else ():
            completion.resolve(recipe.name, question.name)
    answers.resolve = completion.resolve_late
    if completion.problems and not lenient:
        raise completion.refusal()
    return answers


class Resolver:
    """Answers question by question, into `answers`: a default that builds on another answer has that one resolved first.

    value: a question's answer, made with the answers so far; what it raises leaves the question open.
    """

    def __init__(self, recipes: Sequence[Recipe], answers: Answers, value: Callable[[Question[Any]], Any]) -> None:
        self.questions = {(r.name, q.name): q for r in recipes for q in r.questions}
        self.answers = answers
        self.value = value
        self.open: list[tuple[str, str]] = []
        answers.resolve = self.resolve

    def resolve(self, recipe: str, name: str) -> None:
        """UsageError where the question's default builds on itself."""
        question = self.questions.get((recipe, name))
        if question is None or name in self.answers.tables[recipe]:
            return
        if (recipe, name) in self.open:
            raise UsageError("answers.circle", answer=f"{recipe}.{name}")
        self.open.append((recipe, name))
        try:
            value = self.value(question)
        finally:
            self.open.pop()
        self.answers.tables[recipe][name] = value


class _Completion:
    """Resolves what is to be complete: says what has no answer, or one that its question refuses."""

    def __init__(self, given: Given, recipes: Sequence[Recipe], answers: Answers, ask: Ask | None) -> None:
        self.given = given
        self.answers = answers
        self.ask = ask
        self.problems: list[str] = []
        self.resolver = Resolver(recipes, answers, self._checked)
        self.resolve = self.resolver.resolve

    def _checked(self, question: Question[Any]) -> Any:
        value = self._value(question)
        where = f"{question.recipe}.{question.name}"
        if value == GENERATE:
            value = _generated(self.answers, where)
        if value is None:
            code = "answers.open_example" if question.example else "answers.open"
            self.problems.append(text(code, answer=where, example=question.example))
        elif (reason := question.refusal(value)) is not None:
            self.problems.append(text("answers.refused", answer=where, reason=reason))
        return value

    def resolve_late(self, recipe: str, name: str) -> None:
        """For a step that builds on a recipe which is not among the needed ones."""
        said = len(self.problems)
        self.resolve(recipe, name)
        if len(self.problems) > said:
            raise self.refusal()

    def refusal(self) -> UsageError:
        return UsageError("answers.incomplete", details="\n".join(self.problems))

    def _value(self, question: Question[Any]) -> Any:
        values = self.given.tables.get(question.recipe, {})
        if question.name in values:
            return values[question.name]
        try:
            value = default(question, self.answers)
        except (TypeError, AttributeError, ValueError):
            if not self.problems:
                raise
            value = None  # it builds on an answer that is missing, which is said already
        return self.ask(question, self.answers, value) if self.ask is not None else value


class _NotYet(Exception):
    pass


class _Unseen:
    """Stands where the server's facts will be."""

    def __getattr__(self, name: str) -> Any:
        raise _NotYet(name)


def foreseen(recipes: Sequence[Recipe], given: Given, found: Any) -> dict[Question[Any], Any]:
    """Before any server is reached: each question's answer or default; None where it has neither, LATER where the server decides."""
    answers = Answers({r.name: {} for r in recipes}, server=cast(Server, _Unseen()), found=found, recipes=recipes)
    later: set[Question[Any]] = set()

    def value(question: Question[Any]) -> Any:
        if question in later:
            raise _NotYet(question.name)
        try:
            return _foreseen(question, given, answers)
        except _NotYet:
            later.add(question)
            raise

    resolver = Resolver(recipes, answers, value)
    values: dict[Question[Any], Any] = {}
    for (recipe, name), question in resolver.questions.items():
        try:
            resolver.resolve(recipe, name)
            values[question] = answers.tables[recipe][name]
        except _NotYet:
            values[question] = LATER
    return values


def _foreseen(question: Question[Any], given: Given, answers: Answers) -> Any:
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


def default(question: Question[Any], answers: Answers) -> Any:
    """The default, with the answers so far; None when there is none. An optional question's is its empty value.

    Afterwards `answers.read_nothing` says whether it was to be built on an answer that is not there yet.
    """
    answers.read_nothing = False
    value = question.default(answers) if callable(question.default) else question.default
    if answers.read_nothing and isinstance(value, str) and "None" in value:
        value = None  # a text around a missing answer
    if value is None and question.optional:
        return {str: "", tuple: (), Secret: Secret("")}.get(question.type)
    return value


def _generated(answers: Answers, name: str) -> Secret:
    answers.generated.append(name)
    return answers.secret(name)
