"""The end of a set-up: what one needs from now on, and a page to keep. A password is shown only to somebody who asks for it."""

from __future__ import annotations

from pathlib import Path

import click

from wizard.app.afterwards import afterwards
from wizard.fronts import summary as summaries
from wizard.fronts.plain import failure, going_back, prompts
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminal import forget_typed
from wizard.secret import Secret

CHOICES = {
    "quit": "finish",
    "save": "save this page as a file, without passwords (a name that ends with .html makes it a web page)",
    "checkpoints": "go back to a checkpoint",
}


def told(at: Station) -> None:
    """To nobody in particular: lines, or JSON. No secret."""
    for step, check in at.journey.connected.journal.left_out:
        at.say(f"! left out by choice, did not pass: {check} ({step})", event="CheckLeftOut", step=step, check=check)
    for recipe, name, value in afterwards(at.journey):
        what = at.words.guides[recipe].afterwards.get(name, name.replace("_", " "))
        if not isinstance(value, Secret):
            at.say(f"{what}\n    {value}", event="Afterwards", recipe=recipe, name=name, value=value, words=what)


LEFT_OUT = "These checks did not pass, and were left out by choice"


def shown(at: Station) -> bool:
    """To a person, who may save it, or go back after all: then False."""
    summary = summaries.summary(at.journey, at.words, at.progress.verified)
    terminal = at.terminal
    forget_typed()
    if summary.left_out:
        terminal.heading(LEFT_OUT)
        for check in summary.left_out:
            terminal.text(f"! {check}")
    terminal.heading("What you need from now on")
    if summary.address:
        terminal.text(f"Your site answers at\n    {summary.address}\n")
        terminal.code(summary.address)
    for what, how in summary.lines:
        if how != summary.address:
            terminal.text(f"{what}\n    {how}")
    if summary.verified:
        terminal.heading("What was verified")
        for check, seen in summary.verified:
            terminal.text(f"- {check}" + (f": {seen}" if seen else ""))
    terminal.text("")
    for what, secret in summary.secrets:
        if prompts.yes(terminal, f"{what} Show it now?", default=False):
            click.echo(f"    {secret.reveal()}")
    while True:
        match terminal.choose("That is all. What now?", CHOICES, "quit"):
            case "save":
                failure.save(at, "my-server.md", lambda path: _page(summary, path))
            case "checkpoints":
                if going_back.choose_and_go(at):
                    return False
            case _:
                return True


def _page(summary: summaries.Summary, path: Path) -> str:
    return summaries.html(summary) if path.suffix == ".html" else summaries.markdown(summary)
