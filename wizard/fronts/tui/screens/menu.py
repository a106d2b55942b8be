"""F2: the menu of what can be done everywhere. Textual's command palette, which cannot be left by F10 nor be very small."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette

from wizard.fronts.tui.widgets.lists import laid_out
from wizard.text import text


class Menu(CommandPalette):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10", "app.leave", text("tui.menu.quit")),
        Binding("f1", "app.help", text("tui.menu.help")),
    ]

    def _action_command_list(self, action: str) -> None:
        """Textual's list moves by lines that it has not laid out yet while there is no room for any of them (KeyError)."""
        if laid_out(self.query_one(CommandList)):
            super()._action_command_list(action)


def make() -> Menu:
    return Menu(id="--command-palette")
