"""F1: what this screen is for, its keys, and the guide that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Button, Markdown

from wizard.fronts.tui.screens.page import Dialog, button

EVERYWHERE = """\
### Keys
| key | what it does |
| --- | --- |
| Enter | presses the button that is lit up: Enter alone leads on |
| Tab, ↓ and Shift+Tab, ↑ | to the next or the last thing on the screen |
| Page Up, Page Down | scroll |
| Esc | back to the screen before; nothing that you typed is lost |
| F1 | this help |
| F2 | menu: colours, a picture of the screen, quit |
| F10 | leave the wizard; it can be gone on with later |
"""


class HelpScreen(Dialog[None]):
    BINDINGS = [Binding("escape,f1", "dismiss", "Close")]  # noqa: RUF012

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self.about = about

    def body(self) -> ComposeResult:
        text = getattr(self.about, "help_text", "")
        guide = self.about.guide() if hasattr(self.about, "guide") else ""
        own = getattr(type(self.about), "KEYS", ())
        keys = "".join(f"| {key} | {what} |\n" for key, what in own)
        yield Markdown("\n\n".join(part for part in (text, EVERYWHERE + keys, guide) if part))

    def buttons(self) -> Iterator[Button]:
        yield button("Close", "close", variant="primary")

    def on_button_pressed(self) -> None:
        self.dismiss()
