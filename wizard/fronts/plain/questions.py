"""The questions, a recipe at a time, each with its guide's words; one can always go back. What is answered is a Draft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.app import project
from wizard.app.journey import Journey
from wizard.catalog import in_force
from wizard.errors import WizardError
from wizard.fronts import words as words_
from wizard.fronts.draft import Draft
from wizard.fronts.here import SOURCE
from wizard.fronts.plain.missing import unset
from wizard.fronts.plain.project import show_found
from wizard.fronts.plain.terminal import Back, Terminal
from wizard.project.found import EnvName
from wizard.project.secret_names import secret_value
from wizard.recipe import Question, Recipe
from wizard.secret import Secret
from wizard.text import text as in_words


@dataclass(frozen=True)
class Variable:
    """One of the project's own environment variables, asked for after what was found in the project."""

    name: EnvName


Item = Question[Any] | Variable


class Questions:
    """every: ask also what has a default or an answer already; otherwise only what has neither. recipe: of this one alone."""

    def __init__(
        self, terminal: Terminal, journey: Journey, words: words_.Words, *, every: bool, recipe: str = ""
    ) -> None:
        self.terminal = terminal
        self.journey = journey
        self.words = words
        self.every = every
        self.recipe = recipe
        self.draft = Draft(journey)
        self.asked: list[Item] = []
        self._page = ""
        self._introduced: set[str] = set()

    def ask(self, *, backwards: bool = False) -> None:
        """Asks, in order; `<` leads to the question before, and before the first one Back is raised.

        backwards: one comes back from behind the last question, which is asked again.
        """
        ahead: list[Item] = []  # asked before, and gone back from: asked again whatever is answered by now
        if backwards:
            ahead.append(self.asked.pop())
        while (item := ahead.pop() if ahead else self._next(self.asked)) is not None:
            try:
                self._ask(item)
                self.asked.append(item)
            except Back:
                ahead.append(item)
                if not self.asked:
                    raise
                ahead.append(self.asked.pop())
            self.journey.remember()

    def _next(self, asked: list[Item]) -> Item | None:
        return next((item for item in self._items() if item not in asked and self._open(item)), None)

    def _taking_part(self) -> list[Recipe]:
        return in_force(self.journey.answered, self.journey.given.tables, self.journey.found)

    def _items(self) -> Iterator[Item]:
        """The project first, because many defaults build on it, and what was found in it; then the rest by recipe."""
        questions = [q for r in self._taking_part() for q in r.questions if self.recipe in ("", r.name)]
        yield from (q for q in questions if q.recipe == SOURCE[0])
        yield from (q for q in self.draft.from_project() if q in questions)
        if self.journey.found is not None and any(_key(q) == SOURCE for q in questions):
            yield from (Variable(name) for name in unset(self.journey))
        yield from questions

    def _open(self, item: Item) -> bool:
        if isinstance(item, Variable):
            return True
        offered = _key(item) == SOURCE and not self.draft.is_given(item)  # the current folder is only an offer
        return self.every or offered or self.draft.problem(item) is not None

    # -- one question ---------------------------------------------------------------------------------------------

    def _ask(self, item: Item) -> None:
        self._turn_page("project" if isinstance(item, Variable) else item.recipe)
        if isinstance(item, Variable):
            self._variable(item.name)
            return
        self.draft.refused.pop(_key(item), None)  # what was refused before one went back is not offered again
        self.terminal.text("\n" + re.sub(r"[`*]", "", self.words.question(item.recipe, item.name)))
        if item.type is Secret:
            self._secret(item)
        elif item.type is bool or item.choices:
            self._choice(item)
        else:
            more = in_words("plain.questions.several_put_spaces_between") if item.type is tuple else ""
            self.terminal.ask(_name(item) + more, self.draft.text(item), lambda text: self._judge(item, text))
        if _key(item) == SOURCE and not self._look():
            self._ask(item)

    def _turn_page(self, recipe: str) -> None:
        """A heading and the guide's introduction, where another recipe begins."""
        if recipe != self._page:
            self._page = recipe
            guide = self.words.guides[recipe]
            self.terminal.heading(guide.title or recipe)
            if recipe not in self._introduced:
                self.terminal.guide(guide.intro)
                self.terminal.text(in_words("plain.questions.enter_takes_answer_enter"))
            self._introduced.add(recipe)

    def _judge(self, question: Question[Any], text: str) -> str | None:
        reason = self.draft.take(question, text)
        if (
            reason is None
            and _key(question) == SOURCE
            and not _is_address(text)
            and not Path(text).expanduser().is_dir()
        ):
            reason = in_words("plain.questions.no_such_folder_computer")
        if reason and question.example and question.example not in reason:
            reason += in_words("plain.questions.example", example=question.example)
        return reason

    def _choice(self, question: Question[Any]) -> None:
        labels = (
            {"True": in_words("plain.prompts.yes"), "False": in_words("plain.prompts.no")}
            if question.type is bool
            else {str(c): str(c) for c in question.choices}
        )
        value = str(self.draft.value(question))
        default = value if value in labels else next(iter(labels))
        chosen = self.terminal.choose(_name(question), labels, default, back=True)
        if chosen != value or self.draft.is_given(question):
            self.draft.take(question, chosen)

    def _secret(self, question: Question[Any]) -> None:
        value = self.draft.value(question)
        choices: dict[str, str] = {}
        if isinstance(value, Secret) and value:
            choices["keep"] = in_words("plain.questions.keep_one_given")
        elif question.optional and not self.draft.generated(question):
            choices["none"] = in_words("plain.questions.none")
        if question.made_up:
            choices["generate"] = in_words("plain.questions.let_wizard_make_one")
        choices["type"] = in_words("plain.questions.type_one_or_name")
        if question.optional:
            choices["none"] = in_words("plain.questions.none")
        default = "generate" if self.draft.generated(question) else next(iter(choices))
        match self.terminal.choose(_name(question), choices, default, back=True):
            case "generate":
                self.draft.generate(question)
            case "none":
                self.draft.take(question, "")
            case "type":
                self._typed_twice(question)

    def _typed_twice(self, question: Question[Any]) -> None:
        typed: list[str] = []

        def first(text: str) -> str | None:
            typed[:] = [text]
            return self.draft.take(question, text)

        while True:
            self.terminal.ask_hidden(_name(question), first)
            if typed[0].startswith("@"):  # what stands in a file is not mistyped
                return
            try:
                self.terminal.ask_hidden(
                    in_words("plain.questions.same_once_more_type"),
                    lambda text: None if text == typed[0] else in_words("plain.questions.not_same"),
                )
                return
            except Back:
                continue

    def _variable(self, name: EnvName) -> None:
        env = self.journey.given.env
        self.terminal.text(
            in_words(
                "plain.questions.needs" if name.required else "plain.questions.reads", name=name.name, where=name.where
            )
        )

        def validate(text: str) -> str | None:
            if not text and name.required:
                return in_words("plain.questions.must_value")
            if text:
                env[name.name] = Secret(text) if name.secret or secret_value(name.name, text) else text
            return None

        if name.secret:
            self.terminal.ask_hidden(name.name, validate)
        else:
            self.terminal.ask(name.name, name.default or "", validate)

    # -- the project ----------------------------------------------------------------------------------------------

    def _look(self) -> bool:
        """Looks at the project, and says what was found in it; each of it can be corrected by the questions that follow.

        False where there is no project to be seen.
        """
        self.journey.found = None
        try:
            found = project.look(self.journey)
        except WizardError as error:
            self.terminal.text(words_.explain(error))
            return False
        show_found(self.terminal, found)
        return True


def _name(question: Question[Any]) -> str:
    return question.name.replace("_", " ")


def _key(question: Question[Any]) -> tuple[str, str]:
    return question.recipe, question.name


def _is_address(text: str) -> bool:
    return re.match(r"[a-z+]+://|[\w.-]+@[\w.-]+:", text) is not None
