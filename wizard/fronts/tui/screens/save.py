"""Asks for the name of a file to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Static

from wizard.fronts.tui.screens.page import Dialog, button
from wizard.text import text


class SaveDialog(Dialog[None]):
    """save gets the path; OSError from it is shown, and the name can be mended."""

    AUTO_FOCUS = "#path"
    BINDINGS = [Binding("escape", "dismiss", text("tui.save.cancel"))]  # noqa: RUF012

    def __init__(self, what: str, name: str, save: Callable[[Path], None]) -> None:
        super().__init__()
        self.what, self.file_name, self.save = what, name, save

    def body(self) -> ComposeResult:
        yield Static(text("tui.save.save", what=self.what), classes="title", markup=False)
        yield Static(text("tui.save.file_only_you_will"))
        yield Input(str(Path.cwd() / self.file_name), id="path", compact=True)
        yield Static("", id="trouble", classes="bad", markup=False)

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.save.save_now"), "save", variant="primary")
        yield button(text("tui.save.cancel"), "cancel")

    def enter_leads_on(self, box: Input) -> bool:
        return False

    def on_input_submitted(self) -> None:
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss()

    def _save(self) -> None:
        path = Path(self.query_one("#path", Input).value).expanduser()
        try:
            self.save(path)
        except OSError as error:
            self.query_one("#trouble", Static).update(text("tui.save.cannot_write", strerror=error.strerror))
            return
        self.app.notify(text("tui.save.saved", path=path))
        self.dismiss()
