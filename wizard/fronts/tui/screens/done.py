"""The end: the address, the admin login, a summary of this very server, what was verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Link, Static

from wizard.fronts import summary as summaries
from wizard.fronts.tui.screens.page import Page, button, relabel
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.qr import QrCode
from wizard.private import write
from wizard.secret import MASK


class Lines(Vertical):
    """What it is, and below it how: commands, paths, addresses."""

    def __init__(self, lines: Iterable[tuple[str, str]], classes: str) -> None:
        super().__init__(classes=classes)
        self.lines = lines

    def compose(self) -> ComposeResult:
        for what, how in self.lines:
            yield Static(what, classes="what", markup=False)
            yield Static(f"  {how}", classes="how", markup=False)


class Done(Page):
    station = "Done"
    before = ""
    help_text = (
        "Your site runs. The **QR code** is its address for a phone's camera; a practice server can be reached from "
        "this computer alone.\n\n**journalctl** shows the log of a service, **systemctl** starts and stops it, "
        "**sudo** runs a command as root. Secrets lie in files that only root can read; here they are shown when you "
        "press Reveal, and they are not saved with this page."
    )

    def on_screen_resume(self) -> None:
        self.wizard.listener = self

    def body(self) -> ComposeResult:
        app = self.wizard
        self.summary = summary = summaries.summary(app.here, app.texts, app.verified)
        if summary.left_out:
            text = "\n".join(
                ["These checks did not pass, and were left out by choice:", *(f"! {c}" for c in summary.left_out)]
            )
            yield Static(text, classes="bad", markup=False)
        with Horizontal(id="result"):
            with Vertical(id="facts"):
                if summary.address:
                    yield Static("Your site answers at", classes="title")
                    yield Link(summary.address, url=summary.address, id="address")
                for number, (what, _) in enumerate(summary.secrets):
                    yield Static(what, classes="what", markup=False)
                    with Horizontal(classes="secret"):
                        yield Static(MASK, id=f"secret-{number}", markup=False)
                        yield Button("Reveal", id=f"reveal-{number}", compact=True)
                yield Lines(summary.lines, "wide-only")  # beside the code there is room for them
            if summary.address:
                yield QrCode(summary.address, id="qr")
        yield Lines(summary.lines, "narrow-only")
        if summary.verified:
            yield Static("What was verified", classes="title gap")
            lines = [f"✓ {check}" + (f": {seen}" if seen else "") for check, seen in summary.verified]
            yield Static("\n".join(lines), markup=False)

    def buttons(self) -> Iterator[Button]:
        yield button("Save as a file", "save", variant="primary")
        yield button("Checkpoints", "checkpoints")
        yield button("Quit", "quit")

    def on_mount(self) -> None:
        checked = "made, and some checks were left out" if self.summary.left_out else "made and checked"
        self.lead(f"[b $success]✓ Done.[/] Every step is {checked}. This page is worth keeping.")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "save":
                what = "this page, without passwords (a name that ends with .html makes it a web page)"
                self.wizard.push_screen(SaveDialog(what, "my-server.md", self._save))
            case "checkpoints":
                self.wizard.forget("checkpoints")
                self.wizard.go("checkpoints")
            case "quit":
                self.wizard.action_leave()
            case str(name) if name.startswith("reveal-"):
                self._reveal(event.button, int(name.removeprefix("reveal-")))

    def _reveal(self, pressed: Button, number: int) -> None:
        hidden = str(pressed.label) == "Reveal"
        self.query_one(f"#secret-{number}", Static).update(self.summary.secrets[number][1].reveal() if hidden else MASK)
        relabel(pressed, "Hide" if hidden else "Reveal")

    def _save(self, path: Path) -> None:
        write(path, summaries.html(self.summary) if path.suffix == ".html" else summaries.markdown(self.summary))


def make() -> Done:
    return Done()
