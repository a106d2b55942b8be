"""Other passwords for a login that no longer works, or not yet: asked for from the failure screen."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Static

from wizard.fronts.tui.screens.page import Dialog, button
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
from wizard.secret import Secret
from wizard.text import text

ASKED = (
    ("passphrase", text("tui.login.passphrase"), text("tui.login.unlocks_your_ssh_key")),
    ("password", text("tui.login.password"), text("tui.login.one_you_log_where")),
    ("sudo_password", text("tui.login.sudo_password"), text("tui.login.sudo_asks_command_lets")),
)


class LoginDialog(Dialog[dict[str, Secret]]):
    """Dismissed with what was typed, by the names that a Request has for it; None where it was cancelled."""

    AUTO_FOCUS = "#passphrase"
    BINDINGS = [Binding("escape", "dismiss", text("tui.login.cancel"))]  # noqa: RUF012

    def body(self) -> ComposeResult:
        yield Static(text("tui.login.log_other_passwords"), classes="title")
        yield Static(text("tui.login.you_leave_empty_stays"))
        for name, label, meaning in ASKED:
            yield Row(label, Input(password=True, compact=True, id=name), reveal_button(), meaning=meaning)

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.login.log_try_again"), "login", variant="primary")
        yield button(text("tui.login.cancel"), "cancel")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.has_class("reveal"):
            toggle_reveal(event.button)
        elif event.button.id == "login":
            self.dismiss({box.id: Secret(box.value) for box in self.query(Input) if box.id and box.value})
        else:
            self.dismiss(None)
