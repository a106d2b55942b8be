"""F1: what this screen is for, its keys, and the guide that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Button, Markdown

from wizard.fronts.tui.screens.page import Dialog, button
from wizard.text import text as words

EVERYWHERE = (
    (words("tui.help.enter"), words("tui.help.presses_button_lit_up")),
    (words("tui.help.tab_shift_tab"), words("tui.help.go_next_thing_screen")),
    (words("tui.help.page_up_page_down"), "scroll"),
    (words("tui.help.esc"), words("tui.help.goes_back_screen_before")),
    ("F1", words("tui.help.help")),
    ("F2", words("tui.help.menu_colours_picture_screen")),
    ("F10", words("tui.help.leaves_wizard_you_can")),
)


class HelpScreen(Dialog[None]):
    long = True
    BINDINGS = [Binding("escape,f1", "dismiss", words("tui.help.close"))]  # noqa: RUF012

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self.about = about

    def body(self) -> ComposeResult:
        text = getattr(self.about, "help_text", "")
        guide = self.about.guide() if hasattr(self.about, "guide") else ""
        keys = (*getattr(type(self.about), "KEYS", ()), *EVERYWHERE)
        listed = "### Keys\n" + "".join(f"- **{key}** {what}\n" for key, what in keys)
        yield Markdown("\n\n".join(part for part in (text, listed, guide) if part))

    def buttons(self) -> Iterator[Button]:
        yield button(words("tui.help.close"), "close", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()
