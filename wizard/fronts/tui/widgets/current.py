"""The step of the moment: how far the run is, and the tabs Why, Commands, Difference and Output."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Markdown, ProgressBar, Static, TabbedContent, TabPane

from wizard import private
from wizard.fronts.tui.forecast import Planned
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.difference import coloured, commands
from wizard.fronts.tui.widgets.output import Output
from wizard.text import text

NOTHING = text("tui.current.nothing_changed_step_only")


class Current(Vertical):
    """mask: takes secrets out of text, see Output."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__(id="current")
        self.output = Output(mask, id="log")

    def compose(self) -> ComposeResult:
        yield Static("", id="now", markup=False)
        with Horizontal(id="progress"):
            yield ProgressBar(total=100, show_eta=False, id="bar")
            yield Static("", id="left", markup=False)
        with TabbedContent(id="tabs"):
            with TabPane(text("tui.current.why"), id="why"), VerticalScroll():
                yield Markdown("", id="why-text")
            with TabPane(text("tui.current.commands"), id="commands"), VerticalScroll():
                yield Static("", id="commands-text")
            with TabPane(text("tui.current.difference"), id="difference"), VerticalScroll():
                yield Static("", id="difference-text")
            with TabPane(text("tui.current.output"), id="output"):
                with Horizontal(id="search"):
                    yield Input(placeholder=text("tui.current.find_then_enter"), id="find", compact=True)
                    yield Static("", id="hits")
                    yield Button(text("tui.current.copy"), id="copy", compact=True)
                    yield Button(text("tui.current.save"), id="save-output", compact=True)
                yield self.output

    # -- what it shows --------------------------------------------------------------------------------------------

    def say(self, line: str) -> None:
        self.query_one("#now", Static).update(line)

    def progress(self, share: float, words: str) -> None:
        """share: from 0 to 1."""
        for bar in self.query("#bar").results(ProgressBar):  # none, while the screen is taken down
            bar.update(progress=100 * share)
            self.query_one("#left", Static).update(words)

    def show_step(self, heading: str, why: str, planned: list[Planned]) -> None:
        """The guide's text in Markdown, and what the plan says of this step."""
        self.query_one("#why-text", Markdown).update(f"**{heading}**\n\n{why}")
        blank = Content("")
        scripts = "\n".join(p.change.script() for p in planned)
        self.query_one("#commands-text", Static).update(commands(scripts) if scripts else NOTHING)
        texts = [
            line
            for p in planned
            for line in (Content.styled(p.change.operation.identity, "b"), coloured(p.difference), blank)
        ]
        self.query_one("#difference-text", Static).update(Content("\n").join(texts) if texts else NOTHING)

    def show_commands(self, script: str) -> None:
        """The commands of the change that is being made now."""
        self.query_one("#commands-text", Static).update(commands(script))

    @property
    def tab(self) -> str:
        return self.query_one("#tabs", TabbedContent).active

    @tab.setter
    def tab(self, name: str) -> None:
        self.query_one("#tabs", TabbedContent).active = name

    # -- output ---------------------------------------------------------------------------------------------------

    def drain(self, lines: deque[str]) -> None:
        if self.output.is_attached:
            self.output.drain(lines)

    def tell(self, line: str, lines: deque[str]) -> None:
        """A line of the wizard's own, after everything that was printed before it."""
        while lines:
            self.output.drain(lines)
        self.output.take([line])

    def find(self) -> None:
        self.tab = "output"
        self.query_one("#find").focus()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        event.stop()
        y = self.output.find(event.value) if event.value else None
        hits = (
            text("tui.current.line_hits", y=y + 1, value=self.output.hits(event.value))
            if y is not None
            else text("tui.current.not")
        )
        self.query_one("#hits", Static).update(hits)

    @on(Button.Pressed, "#copy")
    def _copy(self, event: Button.Pressed) -> None:
        event.stop()
        self.app.copy_to_clipboard(self.output.text)
        self.app.notify(text("tui.current.output_clipboard_where_your"))

    @on(Button.Pressed, "#save-output")
    def _save(self, event: Button.Pressed) -> None:
        event.stop()
        self.app.push_screen(SaveDialog(text("tui.current.the_output"), "wizard-output.txt", self._write))

    def _write(self, path: Path) -> None:
        private.write(path, self.output.text + "\n")
