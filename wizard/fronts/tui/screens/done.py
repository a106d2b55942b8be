"""The end: the address, the admin login, a cheat sheet of this very server, what was verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Link, Static

from wizard.fronts.tui import sheet as sheets
from wizard.fronts.tui.screens.page import Page, button
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.qr import QrCode
from wizard.secret import MASK


class Done(Page):
    station = "Done"
    before = ""
    help_text = (
        "Your site runs. The **QR code** is its address for a phone's camera. A practice server can be reached from "
        "this computer alone.\n\n**journalctl** shows the log of a service, **systemctl** starts and stops it. "
        "**Secrets** are in files that only root can read; the wizard shows them here when you press Reveal."
    )

    def on_screen_resume(self) -> None:
        self.wizard.listener = self

    def body(self) -> ComposeResult:
        app = self.wizard
        assert app.journey is not None and app.forecast is not None
        self.sheet = sheet = sheets.sheet(app.journey, app.forecast.plan)
        with Horizontal(id="result"):
            with Vertical(id="facts"):
                if sheet.address:
                    yield Static("Your site answers at", classes="title")
                    yield Link(sheet.address, url=sheet.address, id="address")
                    yield Static("")
                if sheet.admin:
                    yield Static(f"Admin pages   {sheet.address}admin/\nUser          {sheet.admin}", markup=False)
                for number, name in enumerate(self._shown()):
                    with Horizontal(classes="secret"):
                        yield Static(_label(name), classes="secret-name", markup=False)
                        yield Static(MASK, id=f"secret-{number}", classes="secret-value", markup=False)
                        yield Button("Reveal", id=f"reveal-{number}", compact=True)
            if sheet.address:
                yield QrCode(sheet.address, id="qr")
        for heading, rows in sheet.rows.items():
            yield Static(heading, classes="title gap", markup=False)
            yield Static("\n".join(f"  {what:<26.26} {how}" for what, how in rows), markup=False)
        if app.verified:
            yield Static("What was verified", classes="title gap")
            yield Static(
                "\n".join(f"  ✓ {check}" + (f": {seen}" if seen else "") for check, seen in app.verified), markup=False
            )

    def _shown(self) -> list[str]:
        """Passwords that a person types; keys that only programs read stay in their files."""
        return [name for name in self.sheet.secrets if "password" in name and "database" not in name]

    def buttons(self) -> Iterator[Button]:
        yield button("Save as a file", "save", variant="primary")
        yield button("Checkpoints", "checkpoints")
        yield button("Quit", "quit")

    def on_mount(self) -> None:
        self.lead("[b $success]✓ Done.[/] Every step is made and checked. This page is worth keeping.")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "save":
                self.wizard.push_screen(SaveDialog("this page, without passwords", "my-server.md", self._save))
            case "checkpoints":
                self.wizard.forget("checkpoints")
                self.wizard.go("checkpoints")
            case "quit":
                self.wizard.action_leave()
            case str(name) if name.startswith("reveal-"):
                self._reveal(event.button, int(name.removeprefix("reveal-")))

    def _reveal(self, pressed: Button, number: int) -> None:
        shown = str(pressed.label) == "Reveal"
        secret = self.sheet.secrets[self._shown()[number]]
        self.query_one(f"#secret-{number}", Static).update(secret.reveal() if shown else MASK)
        pressed.label = "Hide" if shown else "Reveal"

    def _save(self, path: Path) -> None:
        from wizard.fronts.tui.remembered import write

        write(path, sheets.markdown(self.sheet, self.wizard.request.target, self.wizard.verified))


def _label(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ").capitalize()


def make() -> Done:
    return Done()
