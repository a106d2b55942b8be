"""Leaving while something is under way: how to do it so that nothing is half-done."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Static

from wizard.fronts.tui.screens.page import Dialog, button, relabel

WAITING = """\
The set-up waits for you, and nothing is half-done. What is done stays done: the wizard keeps a record of it on the server.

To go on later, start the wizard again and choose “Go on with …”."""
TEXT = """\
Something is still under way. What is done stays done: the wizard keeps a record of it on the server.

[b]Stop after this change[/] waits until the change that is being made is complete, then closes.
[b]Leave at once[/] closes now. The server brings the change to its end by itself; the wizard looks at it when you come back.

To go on later, start the wizard again and choose “Go on with …”."""


class LeaveScreen(Dialog[None]):
    BINDINGS = [Binding("escape", "dismiss", "Go on")]  # noqa: RUF012
    AUTO_FOCUS = "#stay"

    def body(self) -> ComposeResult:
        yield Static("Leave the wizard?", classes="title")
        yield Static(WAITING if self.wizard.engine.asking else TEXT)

    def buttons(self) -> Iterator[Button]:
        yield button("Go on", "stay", variant="primary")
        if self.wizard.engine.asking:
            yield button("Leave", "stop")
            return
        yield button("Stop after this change", "stop")
        yield button("Leave at once", "now", variant="warning")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "stop":
                relabel(self.query_one("#stop", Button), "Stopping …")
                self.query_one("#stop", Button).disabled = True
                self.wizard.engine.stop()
                self.set_interval(0.1, self._when_quiet)
            case "now":
                self.wizard.engine.stop()
                self.wizard.leave_at_once = True
                self.wizard.leave()
            case _:
                self.dismiss()

    def _when_quiet(self) -> None:
        if not self.wizard.engine.busy:
            self.wizard.leave()
