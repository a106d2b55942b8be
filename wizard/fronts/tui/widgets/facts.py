"""What was found, a name and a value a line; a long value goes on below itself. An empty value was not found."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from wizard.text import text


class Facts(Vertical):
    """Empty until `show`."""

    async def show(self, rows: Sequence[tuple[str, str]]) -> None:
        await self.remove_children()
        await self.mount_all(
            Horizontal(
                Static(f"[$success]✓[/] {name}" if value else f"[$warning]![/] {name}", classes="fact"),
                Static(value or text("tui.facts.not_found"), markup=False),
            )
            for name, value in rows
        )
