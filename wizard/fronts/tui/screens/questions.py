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


class Questions(Page):
    station = "Questions"
    help_text = (
        "Every answer has a default where one can be right: if you do not know better, keep it. What you type is "
        "checked at once. You can go back at any time; nothing is lost. Passwords are shown by **Reveal**; "
        "**Generate** lets the wizard make up a long random one."
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self.recipe_name = name

    @property
    def recipe(self) -> Recipe:
        assert self.wizard.journey is not None
        return next(r for r in self.wizard.journey.recipes if r.name == self.recipe_name)

    @property
    def before(self) -> str:
        return self.wizard.neighbour(f"questions:{self.recipe_name}", -1)

    def title_line(self) -> str:
        assert self.wizard.words is not None
        return f"{self.station} · {self.wizard.words.guides[self.recipe_name].title or self.recipe_name}"

    def middle(self) -> ComposeResult:
        assert self.wizard.draft is not None and self.wizard.words is not None
        words = self.wizard.words
        with Horizontal(id="beside"):
            with Body(id="body"):
                for question in asked_of(self.recipe):
                    yield Field(self.wizard.draft, question, words.question(self.recipe_name, question.name))
            with VerticalScroll(id="guide", can_focus=False):
                yield Markdown(words.guides[self.recipe_name].intro)

    def buttons(self) -> Iterator[Button]:
        yield button("Continue", "continue", variant="primary")
        yield button("Back", "back")
        guide = button("Guide", "show-guide")
        guide.add_class("narrow-only")
        yield guide
        yield button("Save answers …", "save")

    def on_screen_resume(self) -> None:
        assert self.wizard.journey is not None
        number, total = position(self.wizard.journey, f"questions:{self.recipe_name}")
        self.lead(f"Page {number} of {total}. Keep what stands here, or change what you know better.")
        for field in self.query(Field):
            field.refresh_text()
        self.focus_primary()

    def guide(self) -> str:
        assert self.wizard.words is not None
        guide = self.wizard.words.guides[self.recipe_name]
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
                    SaveDialog("the answers, without passwords", "answers.toml", self.wizard.save_answers)
                )

    def _continue(self) -> None:
        assert self.wizard.draft is not None and self.wizard.journey is not None
        for field in self.query(Field):
            if (reason := self.wizard.draft.problem(field.question)) is not None:
                field.validate(reason)
                field.scroll_visible()
                field.children[0].children[1].focus()
                return
        self.wizard.journey.remember()
        self.wizard.go(self.wizard.neighbour(f"questions:{self.recipe_name}", +1))


def make(recipe: str) -> Questions:
    return Questions(recipe)
