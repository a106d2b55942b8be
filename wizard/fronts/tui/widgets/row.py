"""One thing to fill in: its name, where it is typed, what it means, and why what is typed is refused."""

from __future__ import annotations

import re

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from wizard.text import text as words


class Row(Vertical):
    """The controls beside a name, the meaning below. `refuse` shows a reason, and takes it away again with None."""

    def __init__(self, name: str, *controls: Widget, meaning: str = "", id: str | None = None) -> None:
        super().__init__(id=id, classes="field")
        self.label = name
        self.controls = controls
        self.meaning = meaning

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label(self.label, classes="name", markup=False)
            yield from self.controls
        meaning = Static(inline(self.meaning), classes="meaning")
        meaning.display = bool(self.meaning)
        yield meaning
        yield Static("", classes="refusal", markup=False)

    def refuse(self, reason: str | None) -> None:
        self.set_class(reason is not None, "-refused")
        self.query_one(".refusal", Static).update(f"✗ {reason}" if reason else "")
        for box in self.query(Input):
            box.set_class(reason is not None, "-refused")


def inline(text: str) -> Content:
    """The guide's `code` and *words* of a line as styles."""
    parts = re.split(r"`([^`]+)`|\*\*?([^*]+)\*\*?", text)
    return Content.assemble(
        *((part, ("", "$accent", "i")[number % 3]) for number, part in enumerate(parts) if part is not None)
    )


def reveal_button(id: str = "") -> Button:
    return Button(words("tui.row.reveal"), id=id or None, compact=True, classes="reveal")


def toggle_reveal(pressed: Button) -> None:
    """Shows or hides what stands in the password field beside this button."""
    assert pressed.parent is not None
    box = pressed.parent.query_one(Input)
    box.password = not box.password
    pressed.label = words("tui.row.reveal") if box.password else words("tui.row.hide")
    pressed.refresh(layout=True)
