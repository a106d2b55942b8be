"""What programs on the server print, live: selectable, searchable, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widgets import Log

from wizard.printable import printable

LINES = 5000
BATCH = 1500  # lines that are taken over at a time: what a screen can do between two key presses


class Output(Log):
    """Takes lines in batches. `mask` takes secrets out of them before they are anywhere on the screen."""

    def __init__(self, mask: Callable[[str], str], *, id: str | None = None) -> None:
        super().__init__(max_lines=LINES, auto_scroll=True, id=id)
        self.mask = mask
        self.found: int | None = None

    def drain(self, lines: deque[str]) -> None:
        """Moves what has come since the last time, at most BATCH lines; older ones beyond LINES are dropped unread."""
        while len(lines) > LINES + BATCH:
            lines.popleft()
        batch: list[str] = []
        while lines and len(batch) < BATCH:
            batch.append(printable(lines.popleft()).expandtabs(8))
        if batch:
            self.take(batch)

    def take(self, lines: Iterable[str]) -> None:
        """These lines, masked together: a secret may span several."""
        self.write_lines(self.mask("\n".join(lines)).split("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def find(self, what: str, *, start: int | None = None) -> int | None:
        """Shows the next line (from `start`, else after the last hit, round to the top) that has this text in it."""
        lines = list(self.lines)
        first = (self.found + 1 if self.found is not None else 0) if start is None else start
        for offset in range(len(lines)):
            y = (first + offset) % len(lines)
            if what.lower() in lines[y].lower():
                self.found = y
                self.scroll_to(y=max(0, y - 2), animate=False)
                self._render_line_cache.clear()
                self.refresh()
                return y
        self.found = None
        return None

    def hits(self, what: str) -> int:
        return sum(what.lower() in line.lower() for line in self.lines)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self.found is not None and self.scroll_offset.y + y == self.found:
            return Strip(Segment.apply_style(strip, post_style=Style(reverse=True)), strip.cell_length)
        return strip
