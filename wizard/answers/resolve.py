"""Every question answered: as given, else asked, else by its default. Opens no connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wizard.answers.given import GENERATE, Given
from wizard.errors import UsageError
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret
from wizard.server import Server

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
    completion = _Completion(given, recipes, ask)
    answers = completion.answers = Answers(
        {r.name: {} for r in recipes}, server=server, found=found, secrets=secrets, settle=completion.settle,
        recipes=recipes,
    )  # fmt: skip
    answers.env = {k: _generated(answers, f"env.{k}") if v == GENERATE else v for k, v in given.env.items()}
    for recipe in recipes if needed is None else needed:
        for question in recipe.questions if answers.in_force(recipe) else ():
            completion.settle(recipe.name, question.name)
    answers.settle = completion.settle_late
    if completion.problems and not lenient:
        raise completion.refusal()
    return answers


class _Completion:
    """Answers question by question; a default that builds on another answer has that one settled first."""

    answers: Answers

    def __init__(self, given: Given, recipes: Sequence[Recipe], ask: Ask | None) -> None:
        self.given = given
        self.questions = {(r.name, q.name): q for r in recipes for q in r.questions}
        self.ask = ask
        self.problems: list[str] = []
        self.open: list[tuple[str, str]] = []

    def settle(self, recipe: str, name: str) -> None:
        question = self.questions.get((recipe, name))
        if question is None or name in self.answers.tables[recipe]:
            return
        if (recipe, name) in self.open:
            raise UsageError(f"cannot make the default of {recipe}.{name}: it builds on itself")
        self.open.append((recipe, name))
        value = self._value(question)
        self.open.pop()
        where = f"{recipe}.{name}"
        if value == GENERATE:
            value = _generated(self.answers, where)
        if value is None:
            self.problems.append(
                f"{where}: must be answered" + (f", for example {question.example}" if question.example else "")
            )
        elif (reason := question.refusal(value)) is not None:
            self.problems.append(f"{where}: {reason}")
        self.answers.tables[recipe][name] = value

    def settle_late(self, recipe: str, name: str) -> None:
        """For a step that builds on a recipe which is not among the needed ones."""
        said = len(self.problems)
        self.settle(recipe, name)
        if len(self.problems) > said:
            raise self.refusal()

    def refusal(self) -> UsageError:
        return UsageError(
            "cannot start: some questions have no answer yet, or one that cannot be used",
            details="\n".join(self.problems),
            hint="put them into an answers file (--answers; `wizard answers` prints one) or run in a terminal",
        )

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
