"""Other passwords for a login that no longer works, or not yet: asked for from the failure screen."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Static

from wizard.fronts.tui.screens.page import Dialog, button
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
from wizard.secret import Secret

ASKED = (
    ("passphrase", "Passphrase", "What unlocks your SSH key."),
    ("password", "Password", "The one that you log in with, where no key works."),
    ("sudo_password", "sudo password", "What sudo asks for, the command that lets you work as root."),
)


class LoginDialog(Dialog[dict[str, Secret]]):
    """Dismissed with what was typed, by the names that a Request has for it; None where it was cancelled."""

    AUTO_FOCUS = "#passphrase"
    BINDINGS = [Binding("escape", "dismiss", "Cancel")]  # noqa: RUF012

    def body(self) -> ComposeResult:
        yield Static("Log in with other passwords", classes="title")
        yield Static("What you leave empty stays as it is. Nothing of this is stored.\n")
        for name, label, meaning in ASKED:
            yield Row(label, Input(password=True, compact=True, id=name), reveal_button(), meaning=meaning)

    def buttons(self) -> Iterator[Button]:
        yield button("Log in and try again", "login", variant="primary")
        yield button("Cancel", "cancel")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.has_class("reveal"):
            toggle_reveal(event.button)
        elif event.button.id == "login":
            self.dismiss({box.id: Secret(box.value) for box in self.query(Input) if box.id and box.value})
        else:
            self.dismiss(None)
