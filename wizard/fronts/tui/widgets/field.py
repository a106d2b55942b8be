"""A question of a recipe as a row: typed, checked as one types, never lost."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from wizard.fronts.draft import Draft
from wizard.fronts.tui.widgets.lists import Dropdown
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
from wizard.recipe import Question
from wizard.secret import Secret
from wizard.text import text as words

GENERATED = words("tui.field.made_up_wizard_kept")
FROM_FILE = words("tui.field.type_or_file_path")


class Field(Row):
    """Reads and writes the draft; what is refused says why and gives an example."""

    def __init__(self, draft: Draft, question: Question[Any], meaning: str) -> None:
        self.draft = draft
        self.question = question
        if question.type is Secret:
            meaning = f"{meaning} {FROM_FILE}"
        super().__init__(question.name.replace("_", " "), *self._controls(), meaning=meaning)

    def _controls(self) -> list[Widget]:
        question, text = self.question, self.draft.text(self.question)
        if question.choices or question.type is bool:
            options = (
                [("yes", "True"), ("no", "False")]
                if question.type is bool
                else [(str(c), str(c)) for c in question.choices]
            )
            known = text in [value for _, value in options]
            return [Dropdown(options, value=text if known else options[-1][1], allow_blank=False, compact=True)]
        secret = question.type is Secret
        box = Input(text, password=secret, compact=True, placeholder=self._placeholder())
        if not secret:
            return [box]
        generate = [Button(words("tui.field.generate"), compact=True, classes="generate")] if question.made_up else []
        return [box, reveal_button(), *generate]

    def _placeholder(self) -> str:
        if self.draft.generated(self.question):
            return GENERATED
        if self.question.optional:
            return words("tui.field.leave_empty_if_none")
        return words("tui.field.example", example=self.question.example) if self.question.example else ""

    def on_mount(self) -> None:
        self.refresh_text()

    def refresh_text(self) -> None:
        """Shows a default anew: earlier answers may have changed it. What was typed stays."""
        for box in self.query(Input):
            if not self.draft.is_given(self.question):
                with box.prevent(Input.Changed):
                    box.value = self.draft.text(self.question)
                box.placeholder = self._placeholder()
        if self.draft.is_given(self.question):
            self.validate(self.draft.problem(self.question))

    def validate(self, reason: str | None) -> None:
        example = (
            words("tui.field.with_example", example=self.question.example) if reason and self.question.example else ""
        )
        if reason and self.question.example and self.question.example in reason:
            example = ""
        self.refuse(f"{reason}{example}" if reason else None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == self.draft.text(self.question):
            return  # what the draft has put there
        if self.question.type is Secret and not event.value:
            self.draft.reset(self.question)
            event.input.placeholder = self._placeholder()
            self.validate(self.draft.problem(self.question))
        else:
            self.validate(self.draft.take(self.question, event.value))

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        if event.value != self.draft.text(self.question):
            self.validate(self.draft.take(self.question, str(event.value)))

    @on(Button.Pressed, ".generate")
    def _generate(self, event: Button.Pressed) -> None:
        event.stop()
        self.draft.generate(self.question)
        box = self.query_one(Input)
        with box.prevent(Input.Changed):
            box.value = ""
        box.placeholder = GENERATED
        self.validate(None)

    @on(Button.Pressed, ".reveal")
    def _reveal(self, event: Button.Pressed) -> None:
        event.stop()
        box = self.query_one(Input)
        if self.draft.generated(self.question):
            hidden = box.placeholder == GENERATED
            box.placeholder = self.draft.revealed(self.question) if hidden else GENERATED
            event.button.label = words("tui.field.hide") if hidden else words("tui.field.reveal")
            event.button.refresh(layout=True)
        else:
            toggle_reveal(event.button)
