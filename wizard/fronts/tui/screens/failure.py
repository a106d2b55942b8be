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
from wizard.text import text

HELD = causes.Cause(
    text("tui.failure.two_same_time_would"),
    text("tui.failure.wait_them_or_watch"),
)
CHOSEN = causes.Cause("", text("tui.failure.try_again_goes_from"))
LAST = 12  # lines of output


class FailureScreen(Page):
    """Dismissed with retry, leave-out, login, answers, back, stop, wait, watch or take-over.

    check: a check did not pass, which may be left out.
    held: somebody else has the server's lock; chosen: nothing failed, the person stopped the run at a question.
    """

    station = text("tui.failure.did_not_work")
    AUTO_FOCUS = "#retry"
    BINDINGS: ClassVar[list[BindingType]] = [*ARROWS, Binding("escape", "nothing", show=False)]
    help_text = text("tui.failure.nothing_lost_every_change")

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
            yield Static(text("tui.failure.stopped_you_chose") if self.chosen else f"✗ {self.station}", id="station")
            yield Static("", id="busy", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield Static(self._said(), id="reason", markup=False, classes="" if self.chosen else "bad")
            known = self.held or self.chosen or self.cause.known
            if known or not self.hint:
                yield Static(self.cause.what, markup=False, classes="title")
            advice = self.cause.advice if known or not self.hint else text("tui.failure.next", hint_=self.hint)
            yield Static(advice, markup=False)
            if self.cause.look:
                yield Static(text("tui.failure.look", look=self.cause.look), markup=False, classes="dim")
            if self.output:
                last = "\n".join(self.output.splitlines()[-LAST:])
                yield Static(self.wizard.here.mask(last), id="last", markup=False)
        self.set_class(self.chosen, "-chosen")
        with Grid(id="actions"):
            yield from self._actions()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(TOO_SMALL, id="too-small")

    def _actions(self) -> Iterator[Button]:
        yield button(text("tui.failure.try_again"), "retry", variant="primary")
        if self.check:
            yield button(text("tui.failure.leave_check_out"), "leave-out")
        if self.step:
            yield button(text("tui.failure.change_answers"), "answers")
            yield button(text("tui.failure.roll_step_back"), "back")
        yield button(text("tui.failure.open_shell"), "shell")
        yield button(text("tui.failure.other_passwords"), "login")
        yield button(text("tui.failure.save_report"), "report")
        yield button(text("tui.failure.stop_go_later"), "stop")
        if self.held:
            yield button(text("tui.failure.wait_them"), "wait")
            yield button(text("tui.failure.watch_them"), "watch")
            yield button(text("tui.failure.take_over_from_them"), "take-over", variant="warning")

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
                print(text("tui.failure.shell_server_type_exit"), flush=True)
                subprocess.run(shell.command(self.wizard.here), check=False)
        except (SuspendNotSupported, OSError):
            self.notify(
                text("tui.failure.open_another_terminal_type", here=shell.as_typed(self.wizard.here)), timeout=60
            )
