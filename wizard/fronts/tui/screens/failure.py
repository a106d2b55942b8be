"""A step failed: what happened, the likely cause, what to do next."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, VerticalScroll
from textual.widgets import Button, Footer, Static

from wizard.fronts import causes, report, shell
from wizard.fronts.tui.screens.page import ARROWS, TOO_SMALL, Page, button
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.words import in_words
from wizard.printable import printable

LAST = 12  # lines of output


class FailureScreen(Page):
    """Dismissed with retry, answers, back, stop, wait, watch or take-over. held: somebody else has the server's lock."""

    station = "That did not work"
    AUTO_FOCUS = "#retry"
    BINDINGS: ClassVar[list[BindingType]] = [*ARROWS, Binding("escape", "nothing", show=False)]
    help_text = (
        "Nothing is lost: every change that was made stands in the journal on the server, and a step can be tried "
        "again as often as you like. **Roll this step back** undoes what this step has changed, so that the server is "
        "as it was at the last checkpoint. **Open a shell** lets you type commands on the server yourself; `exit` "
        "brings you back here. **Save a report** writes what is known to a file, without passwords."
    )

    def __init__(self, step: str, reason: str, output: str, *, hint: str = "", held: bool = False) -> None:
        super().__init__()
        self.step, self.reason, self.hint, self.held = step, reason, hint, held
        self.output = "\n".join(printable(line) for line in output.splitlines())
        self.cause = causes.likely(reason, self.output)

    def compose(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static(f"✗ {self.station}", id="station")
        with VerticalScroll(id="body", can_focus=False):
            yield Static("", id="reason", markup=False, classes="bad")
            known = self.cause is not causes.UNKNOWN
            yield Static(self.cause.what if known else "", markup=False, classes="title")
            advice = self.cause.advice if known or not self.hint else f"Next: {self.hint}"
            yield Static(advice, markup=False)
            if self.cause.look:
                yield Static(f"Look with: {self.cause.look}", markup=False, classes="dim")
            yield Static("\n".join(self.output.splitlines()[-LAST:]), id="last", markup=False)
        with Grid(id="actions"):
            yield from self._actions()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(TOO_SMALL, id="too-small")

    def _actions(self) -> Iterator[Button]:
        yield button("Try again", "retry", variant="primary")
        yield button("Change the answers", "answers")
        yield button("Roll this step back", "back")
        yield button("Open a shell there", "shell")
        yield button("Save a report …", "report")
        yield button("Stop, go on later", "stop")
        if self.held:
            yield button("Wait for them", "wait")
            yield button("Watch them", "watch")
            yield button("Take over from them", "take-over", variant="warning")

    def on_mount(self) -> None:
        words, journey = self.wizard.words, self.wizard.journey
        assert words is not None and journey is not None
        name = f"“{words.heading(self.step)}” failed: " if self.step else ""
        self.query_one("#reason", Static).update(journey.mask(f"{name}{in_words(self.reason)}."))
        self.query_one("#last", Static).update(journey.mask("\n".join(self.output.splitlines()[-LAST:])))
        self.query_one("#answers").display = self.query_one("#back").display = bool(self.step)
        self.query_one("#retry").focus()

    def guide(self) -> str:
        recipe, _, _ = self.step.partition("/")
        words = self.wizard.words
        return words.guides[recipe].text if words is not None and recipe in words.guides else ""

    def action_nothing(self) -> None:
        """Esc leaves no failure undecided."""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "shell":
                self._shell()
            case "report":
                self.wizard.push_screen(SaveDialog("a report", "wizard-report.md", self._report))
            case str(choice):
                self.dismiss(choice)  # type: ignore[arg-type]

    def _report(self, path: Path) -> None:
        from wizard.private import write

        assert self.wizard.journey is not None
        write(path, report.text(self.wizard.journey, self.step, self.reason, self.cause, self.output))

    def _shell(self) -> None:
        assert self.wizard.journey is not None
        try:
            with self.app.suspend():
                print("A shell on the server. Type exit to come back to the wizard.\n", flush=True)
                subprocess.run(shell.command(self.wizard.journey), check=False)
        except (SuspendNotSupported, OSError):
            self.notify(f"Open another terminal and type:\n{shell.as_typed(self.wizard.journey)}", timeout=60)
