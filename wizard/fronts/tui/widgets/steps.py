"""The list of steps of a run, with the state and the time of each."""

from __future__ import annotations

import time
from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard import events

SIGNS = {
    "waiting": ("·", "$foreground 60%"), "next": ("▸", "bold $accent"), "running": ("▶", "bold $accent"), "done": ("✓", "$success"),
    "already": ("✓", "$foreground 60%"), "skipped": ("–", "$foreground 60%"), "failed": ("✗", "bold $error"),
    "undone": ("↩", "$warning"),
}  # fmt: skip


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
        self.began = time.monotonic()

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
                self.began = time.monotonic()
                self.mark(step, "running")
            case events.UndoStarted(step):
                self.mark(step, "running")
            case events.CheckpointReached(step):
                self.mark(step, "done", seconds=time.monotonic() - self.began)
            case events.StepSkipped(step, reason):
                self.mark(step, "already" if reason == "already-so" else "skipped")
            case events.StepFailed(step):
                self.mark(step, "failed")
            case events.Undone(step):
                self.mark(step, "undone")

    def count(self, *states: str) -> int:
        return sum(line.state in states for line in self.lines.values())

    def _show(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#steps-text", Static).update(Content("\n").join(map(_line, self.lines.values())))
        if self.current in self.lines:
            y = list(self.lines).index(self.current)
            self.scroll_to(y=max(0, y - self.size.height // 2), animate=False)


def _line(line: Line) -> Content:
    sign, style = SIGNS[line.state]
    took = f" {line.seconds:.0f} s" if line.seconds >= 1 else ""
    heading = line.heading if len(line.heading) + len(took) <= 32 else line.heading[: 31 - len(took)] + "…"
    return Content.assemble((f"{sign} {heading}", style), (took, "$foreground 60%"))
