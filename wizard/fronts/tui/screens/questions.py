"""One page a recipe: its questions, with its guide beside them."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Footer, Input, Markdown, Static

from wizard.fronts.tui import remembered
from wizard.fronts.tui.screens.page import TOO_SMALL, Body, Page, button
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

    def compose(self) -> ComposeResult:
        assert self.wizard.draft is not None and self.wizard.words is not None
        words, guide = self.wizard.words, self.wizard.words.guides[self.recipe_name]
        with Horizontal(id="heading"):
            yield Static(f"{self.station} · {guide.title or self.recipe_name}", id="station", markup=False)
            yield Static(self._trail(), id="trail")
        yield Static("", id="lead")
        with Horizontal(id="beside"):
            with Body(id="body"):
                for question in self.wizard.asked_of(self.recipe):
                    yield Field(self.wizard.draft, question, words.question(self.recipe_name, question.name))
            with VerticalScroll(id="guide", can_focus=False):
                yield Markdown(guide.intro)
        with Horizontal(id="buttons"):
            yield from self.buttons()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(TOO_SMALL, id="too-small")

    def buttons(self) -> Iterator[Button]:
        yield button("Continue", "continue", variant="primary")
        yield button("Back", "back")
        guide = button("Guide", "show-guide")
        guide.add_class("narrow-only")
        yield guide
        yield button("Save answers …", "save")

    def on_screen_resume(self) -> None:
        position, total = self.wizard.position(f"questions:{self.recipe_name}")
        self.lead(
            f"Page {position} of {total}. The answers that stand here are good ones: change what you know better."
        )
        for field in self.query(Field):
            field.refresh_text()
        self.focus_primary()

    def guide(self) -> str:
        assert self.wizard.words is not None
        guide = self.wizard.words.guides[self.recipe_name]
        return f"## {guide.title}\n\n{guide.intro}"

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

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
                field.judge(reason)
                field.scroll_visible()
                field.children[0].children[1].focus()
                return
        remembered.keep(self.wizard.journey)
        self.wizard.go(self.wizard.neighbour(f"questions:{self.recipe_name}", +1))


def make(recipe: str) -> Questions:
    return Questions(recipe)
