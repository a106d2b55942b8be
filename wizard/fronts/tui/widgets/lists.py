"""Lists to choose from: Textual's, without two things that break or hold up whoever uses the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Select
from textual.widgets._select import SelectCurrent, SelectOverlay

if TYPE_CHECKING:
    from textual._widget_navigation import Direction


class Options(OptionList):
    """A list; a page up or down before its lines were laid out (no room for any) does nothing, instead of a KeyError."""

    def _move_page(self, direction: Direction) -> None:
        if laid_out(self):
            super()._move_page(direction)


class Overlay(SelectOverlay):
    """The list of a dropdown, with the same care."""

    def _move_page(self, direction: Direction) -> None:
        if laid_out(self):
            super()._move_page(direction)


def laid_out(options: OptionList) -> bool:
    return (options.highlighted or 0) in options._index_to_line


class Dropdown(Select[str]):
    """One of a few values. Enter opens it, Enter takes one and goes on to the next field: Enter alone leads through a form."""

    def compose(self) -> ComposeResult:
        yield SelectCurrent(self.prompt)
        yield Overlay(type_to_search=self._type_to_search).data_bind(compact=Select.compact)

    @on(SelectOverlay.UpdateSelection)
    def _chosen(self) -> None:
        """Select's own handler comes after this one, and has the app put the focus on this."""
        self.call_later(lambda: self.app.call_later(self._go_on))

    def _go_on(self) -> None:
        if self.screen.focused is self:
            getattr(self.screen, "focus_next_field", self.screen.focus_next)()
