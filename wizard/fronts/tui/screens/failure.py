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
from wizard.fronts.tui.screens.login import LoginDialog
from wizard.fronts.tui.screens.page import ARROWS, TOO_SMALL, Page, button
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.words import in_words
from wizard.printable import printable
from wizard.secret import Secret

HELD = causes.Cause(
    "Two at the same time would undo each other's work.",
    "Wait for them, or watch what they do. Or take over: then their run stops before its next change.",
)
CHOSEN = causes.Cause("", "Try again goes on from here, and asks you the same once more.")
LAST = 12  # lines of output


class FailureScreen(Page):
    """Dismissed with retry, leave-out, login, answers, back, stop, wait, watch or take-over.

    check: a check did not pass, which may be left out.
    held: somebody else has the server's lock; chosen: nothing failed, the person stopped the run at a question.
    """

    station = "That did not work"
    AUTO_FOCUS = "#retry"
    BINDINGS: ClassVar[list[BindingType]] = [*ARROWS, Binding("escape", "nothing", show=False)]
    help_text = (
        "Nothing is lost: every change that was made stands in the journal on the server, and a step can be tried "
        "again as often as you like. **Roll this step back** undoes what this step has changed, so that the server is "
        "as it was at the last checkpoint. **Open a shell** lets you type commands on the server yourself; `exit` "
        "brings you back here. **Other passwords** logs in anew, for example when sudo's password was mistyped. **Save "
        "a report** writes what is known to a file, without passwords."
    )

    def __init__(self, step: str, reason: str, output: str, *, hint: str = "", held: bool = False, chosen: bool = False,
        check: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.check = check
        self.chosen = chosen
        self.step, self.reason, self.hint, self.held = step, reason, hint, held
        self.output = "\n".join(printable(line) for line in output.splitlines())
        self.cause = HELD if held else CHOSEN if chosen else causes.likely(reason, self.output)

    def compose(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static("Stopped, as you chose" if self.chosen else f"✗ {self.station}", id="station")
            yield Static("", id="busy", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(self._said(), id="reason", markup=False, classes="" if self.chosen else "bad")
            known = self.held or self.chosen or self.cause.known
            if known or not self.hint:
                yield Static(self.cause.what, markup=False, classes="title")
            advice = self.cause.advice if known or not self.hint else f"Next: {self.hint}"
            yield Static(advice, markup=False)
            if self.cause.look:
                yield Static(f"Look with: {self.cause.look}", markup=False, classes="dim")
            if self.output:
                last = "\n".join(self.output.splitlines()[-LAST:])
                yield Static(self.wizard.here.mask(last), id="last", markup=False)
        self.set_class(self.chosen, "-chosen")
        with Grid(id="actions"):
            yield from self._actions()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(TOO_SMALL, id="too-small")

    def _actions(self) -> Iterator[Button]:
        yield button("Try again", "retry", variant="primary")
        if self.check:
            yield button("Leave this check out", "leave-out")
        if self.step:
            yield button("Change the answers", "answers")
            yield button("Roll this step back", "back")
        yield button("Open a shell there", "shell")
        yield button("Other passwords …", "login")
        yield button("Save a report …", "report")
        yield button("Stop, go on later", "stop")
        if self.held:
            yield button("Wait for them", "wait")
            yield button("Watch them", "watch")
            yield button("Take over from them", "take-over", variant="warning")

    def _said(self) -> str:
        """What did not work, as a sentence without secrets."""
        words, journey = self.wizard.texts, self.wizard.here
        name = f"“{words.heading(self.step)}” failed: " if self.step else ""
        said = f"{name}{in_words(self.reason)}."
        return journey.mask(said[:1].upper() + said[1:])

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
            case "login":
                self.wizard.push_screen(LoginDialog(), self._log_in)
            case "report":
                self.wizard.push_screen(SaveDialog("a report", "wizard-report.md", self._report))
            case str(choice):
                self.dismiss(choice)  # type: ignore[arg-type]

    def _log_in(self, typed: dict[str, Secret] | None) -> None:
        if typed is None:
            return
        for name, secret in typed.items():
            setattr(self.wizard.here.request, name, secret)
        self.dismiss("login")  # type: ignore[arg-type]

    def _report(self, path: Path) -> None:
        from wizard.private import write

        write(path, report.text(self.wizard.here, self.step, self.reason, self.cause, self.output))

    def _shell(self) -> None:
        try:
            with self.app.suspend():
                print("A shell on the server. Type exit to come back to the wizard.\n", flush=True)
                subprocess.run(shell.command(self.wizard.here), check=False)
        except (SuspendNotSupported, OSError):
            self.notify(f"Open another terminal and type:\n{shell.as_typed(self.wizard.here)}", timeout=60)
