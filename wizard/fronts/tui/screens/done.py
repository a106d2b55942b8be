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
from wizard.text import text as words


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
    station = words("tui.page.done")
    before = ""
    help_text = words("tui.done.your_site_runs_qr")

    def on_screen_resume(self) -> None:
        self.wizard.listener = self

    def body(self) -> ComposeResult:
        app = self.wizard
        self.summary = summary = summaries.summary(app.here, app.texts, app.verified)
        if summary.left_out:
            text = "\n".join([words("tui.done.these_checks_did_not"), *(f"! {c}" for c in summary.left_out)])
            yield Static(text, classes="bad", markup=False)
        with Horizontal(id="result"):
            with Vertical(id="facts"):
                if summary.address:
                    yield Static(words("tui.done.your_site_answers"), classes="title")
                    yield Link(summary.address, url=summary.address, id="address")
                for number, (what, _) in enumerate(summary.secrets):
                    yield Static(what, classes="what", markup=False)
                    with Horizontal(classes="secret"):
                        yield Static(MASK, id=f"secret-{number}", markup=False)
                        yield Button(words("tui.done.reveal"), id=f"reveal-{number}", compact=True)
                yield Lines(summary.lines, "wide-only")  # beside the code there is room for them
            if summary.address:
                yield QrCode(summary.address, id="qr")
        yield Lines(summary.lines, "narrow-only")
        if summary.verified:
            yield Static(words("tui.done.verified"), classes="title gap")
            lines = [f"✓ {check}" + (f": {seen}" if seen else "") for check, seen in summary.verified]
            yield Static("\n".join(lines), markup=False)

    def buttons(self) -> Iterator[Button]:
        yield button(words("tui.done.save_file"), "save", variant="primary")
        yield button(words("tui.done.checkpoints"), "checkpoints")
        yield button(words("tui.done.quit"), "quit")

    def on_mount(self) -> None:
        checked = words("tui.done.made_some_checks_were") if self.summary.left_out else words("tui.done.made_checked")
        self.lead(words("tui.done.success_done_every_step", checked=checked))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "save":
                what = words("tui.done.page_without_passwords_name")
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
        relabel(pressed, words("tui.done.hide") if hidden else words("tui.done.reveal"))

    def _save(self, path: Path) -> None:
        write(path, summaries.html(self.summary) if path.suffix == ".html" else summaries.markdown(self.summary))


def make() -> Done:
    return Done()
