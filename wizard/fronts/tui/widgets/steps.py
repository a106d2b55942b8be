"""The list of steps of a run, with the state and the time of each."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard import events

SIGNS = {
    "waiting": ("·", "$foreground 60%"), "next": ("▸", "bold $accent"), "running": ("▶", "bold $accent"), "done": ("✓", "$success"),
    "already": ("✓", "$foreground 60%"), "skipped": ("–", "$foreground 60%"), "failed": ("✗", "bold $error"),
    "undone": ("↩", "$warning"),
}  # fmt: skip


NARROWEST = 36  # columns, before the window's width is known


@dataclass
class Line:
    """One step as the list shows it; seconds: how long it took."""

    heading: str
    state: str = "waiting"
    seconds: float = 0.0


class Steps(VerticalScroll, can_focus=False):
    """`lines` by step id, in order."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Static("", id="steps-text"), id=id)
        self.lines: dict[str, Line] = {}
        self.current = ""
        self.began = monotonic()

    def fill(self, headings: dict[str, str]) -> None:
        self.lines = {step: Line(heading) for step, heading in headings.items()}
        self._show()

    def mark(self, step: str, state: str, *, seconds: float = 0.0) -> None:
        if step not in self.lines:
            return
        line = self.lines[step]
        line.state, line.seconds = state, seconds or line.seconds
        if state in ("running", "next"):
            self.current = step
        self._show()

    def take(self, event: events.Event) -> None:
        """Marks the step that an event is about."""
        match event:
            case events.StepStarted(step):
                self.began = monotonic()
                self.mark(step, "running")
            case events.UndoStarted(step):
                self.mark(step, "running")
            case events.CheckpointReached(step):
                self.mark(step, "done", seconds=monotonic() - self.began)
            case events.StepSkipped(step, reason):
                self.mark(step, "already" if reason == "already-so" else "skipped")
            case events.StepFailed(step):
                self.mark(step, "failed")
            case events.Undone(step):
                self.mark(step, "undone")

    def on_resize(self) -> None:
        self._show()

    def count(self, *states: str) -> int:
        return sum(line.state in states for line in self.lines.values())

    def _show(self) -> None:
        if not self.is_mounted:
            return
        width = (self.scrollable_content_region.width or NARROWEST) - 1
        lines = [_line(line, width) for line in self.lines.values()]
        self.query_one("#steps-text", Static).update(Content("\n").join(lines))
        if self.current in self.lines:
            y = list(self.lines).index(self.current)
            self.scroll_to(y=max(0, y - self.size.height // 2), animate=False)


def _line(line: Line, width: int) -> Content:
    sign, style = SIGNS[line.state]
    took = f" {line.seconds:.0f} s" if line.seconds >= 1 else ""
    room = width - len(f"{sign} {took}")
    heading = line.heading if len(line.heading) <= room else line.heading[: room - 1] + "…"
    return Content.assemble((f"{sign} {heading}", style), (took, "$foreground 60%"))
