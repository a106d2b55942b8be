"""F1: what this screen is for, its keys, and the guide that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Button, Markdown

from wizard.fronts.tui.screens.page import Dialog, button

EVERYWHERE = (
    ("Enter", "presses the button that is lit up: Enter alone leads on"),
    ("Tab, Shift+Tab, ↓, ↑", "go to the next thing on the screen, or to the one before"),
    ("Page Up, Page Down", "scroll"),
    ("Esc", "goes back to the screen before; nothing that you typed is lost"),
    ("F1", "this help"),
    ("F2", "the menu: colours, a picture of the screen, quit"),
    ("F10", "leaves the wizard; you can go on later"),
)


class HelpScreen(Dialog[None]):
    long = True
    BINDINGS = [Binding("escape,f1", "dismiss", "Close")]  # noqa: RUF012

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
        yield button("Close", "close", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()
