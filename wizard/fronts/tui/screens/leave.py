"""Leaving while something is under way: how to do it so that nothing is half-done."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Static

from wizard.fronts.tui.screens.page import Dialog, button, relabel
from wizard.text import text

WAITING = text("tui.leave.set_up_waits_you")
TEXT = text("tui.leave.something_still_under_way")


class LeaveScreen(Dialog[None]):
    BINDINGS = [Binding("escape", "dismiss", text("tui.leave.go"))]  # noqa: RUF012
    AUTO_FOCUS = "#stay"

    def body(self) -> ComposeResult:
        yield Static(text("tui.leave.leave_wizard"), classes="title")
        yield Static(WAITING if self.wizard.engine.asking else TEXT)

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.leave.go"), "stay", variant="primary")
        if self.wizard.engine.asking:
            yield button(text("tui.leave.leave"), "stop")
            return
        yield button(text("tui.leave.stop_after_change"), "stop")
        yield button(text("tui.leave.leave_once"), "now", variant="warning")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "stop":
                relabel(self.query_one("#stop", Button), text("tui.leave.stopping"))
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
