"""The end of a set-up: what one needs from now on, and a page to keep. A password is shown only to somebody who asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.fronts import sheet as sheets
from wizard.fronts.plain import failure, going_back, prompts
from wizard.fronts.plain.terminal import forget_typed
from wizard.secret import Secret

if TYPE_CHECKING:
    from wizard.fronts.plain.commands import Station

CHOICES = {
    "quit": "finish",
    "save": "save this page as a file, without passwords (a name that ends with .html makes it a web page)",
    "checkpoints": "go back to a checkpoint",
}


def told(at: Station) -> None:
    """To nobody in particular: lines, or JSON. No secret."""
    assert at.journey.session is not None
    for step, check in at.journey.session.journal.left_out:
        at.say(f"! left out by choice, did not pass: {check} ({step})", event="CheckLeftOut", step=step, check=check)
    for recipe, name, value in at.journey.afterwards():
        what = at.words.guides[recipe].afterwards.get(name, name.replace("_", " "))
        if not isinstance(value, Secret):
            at.say(f"{what}\n    {value}", event="Afterwards", recipe=recipe, name=name, value=value, words=what)


LEFT_OUT = "These checks did not pass, and were left out by choice"


def shown(at: Station) -> bool:
    """To a person, who may save it, or go back after all: then False."""
    sheet = sheets.sheet(at.journey, at.words, at.progress.verified)
    terminal = at.terminal
    forget_typed()
    if sheet.left_out:
        terminal.heading(LEFT_OUT)
        for check in sheet.left_out:
            terminal.text(f"! {check}")
    terminal.heading("What you need from now on")
    if sheet.address:
        terminal.text(f"Your site answers at\n    {sheet.address}\n")
        terminal.code(sheet.address)
    for what, how in sheet.lines:
        if how != sheet.address:
            terminal.text(f"{what}\n    {how}")
    if sheet.verified:
        terminal.heading("What was verified")
        for check, seen in sheet.verified:
            terminal.text(f"- {check}" + (f": {seen}" if seen else ""))
    terminal.text("")
    for what, secret in sheet.secrets:
        if prompts.yes(terminal, f"{what} Show it now?", default=False):
            click.echo(f"    {secret.reveal()}")
    while True:
        match terminal.choose("That is all. What now?", CHOICES, "quit"):
            case "save":
                failure.save(at, "my-server.md", lambda path: _page(sheet, path))
            case "checkpoints":
                if going_back.choose_and_go(at):
                    return False
            case _:
                return True


def _page(sheet: sheets.Sheet, path: Path) -> str:
    return sheets.html(sheet) if path.suffix == ".html" else sheets.markdown(sheet)
