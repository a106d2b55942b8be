"""One page a recipe: its questions, with its guide beside them."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Markdown

from wizard.fronts.tui.pages import asked_of, position
from wizard.fronts.tui.screens.page import Body, Page, button
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.field import Field
from wizard.recipe import Recipe
from wizard.text import text


class Questions(Page):
    station = text("tui.page.questions")
    help_text = text("tui.questions.every_answer_default_where")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.recipe_name = name

    @property
    def recipe(self) -> Recipe:
        return next(r for r in self.wizard.here.recipes if r.name == self.recipe_name)

    @property
    def before(self) -> str:
        return self.wizard.neighbour(f"questions:{self.recipe_name}", -1)

    def title_line(self) -> str:
        return f"{self.station} · {self.wizard.texts.guides[self.recipe_name].title or self.recipe_name}"

    def middle(self) -> ComposeResult:
        words = self.wizard.texts
        with Horizontal(id="beside"):
            with Body(id="body"):
                for question in asked_of(self.recipe):
                    yield Field(self.wizard.drafted, question, words.question(self.recipe_name, question.name))
            with VerticalScroll(id="guide", can_focus=False):
                yield Markdown(words.guides[self.recipe_name].intro)

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.questions.continue"), "continue", variant="primary")
        yield button(text("tui.questions.back"), "back")
        guide = button(text("tui.questions.guide"), "show-guide")
        guide.add_class("narrow-only")
        yield guide
        yield button(text("tui.questions.save_answers"), "save")

    def on_screen_resume(self) -> None:
        number, total = position(self.wizard.here, f"questions:{self.recipe_name}")
        self.lead(text("tui.questions.page_keep_stands_here", number=number, total=total))
        for field in self.query(Field):
            field.refresh_text()
        self.focus_primary()

    def guide(self) -> str:
        guide = self.wizard.texts.guides[self.recipe_name]
        return f"## {guide.title}\n\n{guide.intro}"

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "continue":
                self._continue()
            case "back":
                self.wizard.back()
            case "show-guide":
                self.wizard.action_help()
            case "save":
                self.wizard.push_screen(
                    SaveDialog(
                        text("tui.questions.answers_without_passwords"), "answers.toml", self.wizard.save_answers
                    )
                )

    def _continue(self) -> None:
        for field in self.query(Field):
            if (reason := self.wizard.drafted.problem(field.question)) is not None:
                field.validate(reason)
                field.scroll_visible()
                field.children[0].children[1].focus()
                return
        self.wizard.here.remember()
        self.wizard.go(self.wizard.neighbour(f"questions:{self.recipe_name}", +1))


def make(recipe: str) -> Questions:
    return Questions(recipe)
