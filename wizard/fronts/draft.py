"""What a person has typed so far, refused or not, over what was given, over the defaults. Must not know any widget.

Going back never loses anything, because what was typed is kept as typed; only what is valid becomes an answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wizard import own_files
from wizard.answers.given import GENERATE, Given
from wizard.answers.resolve import Resolver, default
from wizard.app.journey import Journey
from wizard.errors import UsageError
from wizard.fronts.here import SOURCE, project_here
from wizard.recipe import Answers, Question
from wizard.secret import Secret
from wizard.server import Server
from wizard.text import text as words


class Draft:
    """The answers of a journey while they are being given."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.refused: dict[tuple[str, str], str] = {}  # texts that are no answer yet

    @property
    def given(self) -> Given:
        return self.journey.given

    def answers(self) -> Answers:
        """Every answer as far as it is known; None where a question has neither an answer nor a default yet."""
        return self._answers(self.journey.found)

    def _answers(self, found: Any) -> Answers:
        session = self.journey.session
        answers = Answers(
            {r.name: {} for r in self.journey.recipes},
            server=session.server if session else Server(),
            found=found,
            secrets=session.secrets if session else None,
            recipes=self.journey.recipes,
        )

        def value(question: Question[Any]) -> Any:
            given = self.given.tables.get(question.recipe, {}).get(question.name)
            return self._default(question, answers) if given is None else given

        resolver = Resolver(self.journey.recipes, answers, value)
        for recipe, name in resolver.questions:
            resolver.resolve(recipe, name)
        return answers

    def value(self, question: Question[Any]) -> Any:
        return self.answers().tables[question.recipe][question.name]

    def is_given(self, question: Question[Any]) -> bool:
        return question.name in self.given.tables.get(question.recipe, {}) or self._key(question) in self.refused

    def text(self, question: Question[Any]) -> str:
        """What stands in the field. A generated secret stands there as nothing."""
        if self._key(question) in self.refused:
            return self.refused[self._key(question)]
        return shown(self.value(question))

    def generated(self, question: Question[Any]) -> bool:
        return bool(self.value(question) == GENERATE)

    def generate(self, question: Question[Any]) -> None:
        """The wizard makes this secret up; it is kept on the server, and the same one is used ever after."""
        self.refused.pop(self._key(question), None)
        self.given.set(question.recipe, question.name, GENERATE)

    def revealed(self, question: Question[Any]) -> str:
        """The secret itself, made up now where it is to be generated."""
        value = self.value(question)
        if value == GENERATE:
            return self.answers().secret(f"{question.recipe}.{question.name}").reveal()
        return value.reveal() if isinstance(value, Secret) else str(value or "")

    def take(self, question: Question[Any], text: str) -> str | None:
        """Takes what was typed. The reason when it is no answer: it is kept all the same, to be mended."""
        key = self._key(question)
        try:
            value = parsed(question, text)
            reason = question.refusal(value)
        except UsageError as error:
            value, reason = None, error.message
        if reason is None:
            self.refused.pop(key, None)
            self.given.set(question.recipe, question.name, value)
        else:
            self.refused[key] = text
            self.given.tables.get(question.recipe, {}).pop(question.name, None)
        return reason

    def reset(self, question: Question[Any]) -> None:
        """Back to the default."""
        self.refused.pop(self._key(question), None)
        self.given.tables.get(question.recipe, {}).pop(question.name, None)

    def resolve(self) -> None:
        """Secrets that are to be made up become answers."""
        for recipe in self.journey.recipes:
            for question in recipe.questions:
                if self.generated(question):
                    self.given.set(recipe.name, question.name, GENERATE)

    def problem(self, question: Question[Any]) -> str | None:
        """Why the question is not answered as it stands."""
        if self._key(question) in self.refused:
            try:
                return question.refusal(parsed(question, self.refused[self._key(question)]))
            except UsageError as error:
                return error.message
        value = self.value(question)
        if value is None:
            return words("fronts.draft.must_answered")
        return None if value == GENERATE else question.refusal(value)

    def from_project(self) -> list[Question[Any]]:
        """The questions whose default comes from what was found in the project."""
        if self.journey.found is None:
            return []
        bare, full = self._answers(None), self._answers(self.journey.found)
        return [
            question
            for recipe in self.journey.recipes
            for question in recipe.questions
            if self._default(question, bare) != self._default(question, full)
        ]

    def _default(self, question: Question[Any], answers: Answers) -> Any:
        try:
            value = default(question, answers)
        except (TypeError, AttributeError, ValueError, UsageError):
            return None  # it builds on an answer that is not there yet
        if value is None and self._key(question) == SOURCE:
            return project_here()
        kept = self.journey.session.secrets if self.journey.session else {}
        if (
            question.type is Secret
            and not value
            and (not question.optional or f"{question.recipe}.{question.name}" in kept)
        ):
            return GENERATE  # a password that nobody chose is best made up; one made up before stays the same
        return value

    def _key(self, question: Question[Any]) -> tuple[str, str]:
        return question.recipe, question.name


def shown(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None or value == GENERATE else str(value)


def parsed(question: Question[Any], text: str) -> Any:
    """What was typed as a value of the question's type. UsageError says why it is none."""
    if question.type is Secret:
        return Secret(_file(text[1:]) if text.startswith("@") and len(text) > 1 else text)
    text = text.strip()
    if question.type is int:
        try:
            return int(text)
        except ValueError:
            raise UsageError("fronts.draft.must_whole_number") from None
    if question.type is bool:
        return text == "True"
    return tuple(text.replace(",", " ").split()) if question.type is tuple else text


def _file(name: str) -> str:
    try:
        return own_files.text_of(Path(name).expanduser()).removesuffix("\n")
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError("fronts.draft.cannot_read_file", error=error) from error
