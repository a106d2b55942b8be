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
from wizard.text import from_output, text

CHOICES = {
    "quit": text("plain.done.finish"),
    "save": text("plain.done.save_page_file_without"),
    "checkpoints": text("plain.done.go_back_checkpoint"),
}


def told(at: Station) -> None:
    """To nobody in particular: lines, or JSON. No secret."""
    for step, kept in at.journey.connected.journal.left_out:
        check = from_output(kept)
        at.say(
            text("plain.done.left_out_choice_did", check=check, step=step), event="CheckLeftOut", step=step, check=check
        )
    for recipe, name, value in afterwards(at.journey):
        what = at.words.guides[recipe].afterwards.get(name, name.replace("_", " "))
        if not isinstance(value, Secret):
            at.say(
                f"{what}\n    {value}",
                event="Afterwards",
                recipe=recipe,
                name=name,
                value=value,
                words=what,
            )


LEFT_OUT = text("plain.done.these_checks_did_not")


def shown(at: Station) -> bool:
    """To a person, who may save it, or go back after all: then False."""
    summary = summaries.summary(at.journey, at.words, at.progress.verified)
    terminal = at.terminal
    forget_typed()
    if summary.left_out:
        terminal.heading(LEFT_OUT)
        for check in summary.left_out:
            terminal.text(f"! {check}")
    terminal.heading(text("plain.done.you_need_from_now"))
    if summary.address:
        terminal.text(text("plain.done.your_site_answers", address=summary.address))
        terminal.code(summary.address)
    for what, how in summary.lines:
        if how != summary.address:
            terminal.text(f"{what}\n    {how}")
    if summary.verified:
        terminal.heading(text("plain.done.verified"))
        for check, seen in summary.verified:
            terminal.text(f"- {check}" + (f": {seen}" if seen else ""))
    terminal.text("")
    for what, secret in summary.secrets:
        if prompts.yes(terminal, text("plain.done.show_now", what=what), default=False):
            click.echo(f"    {secret.reveal()}")
    while True:
        match terminal.choose(text("plain.done.all_now"), CHOICES, "quit"):
            case "save":
                failure.save(at, "my-server.md", lambda path: _page(summary, path))
            case "checkpoints":
                if going_back.choose_and_go(at):
                    return False
            case _:
                return True


def _page(summary: summaries.Summary, path: Path) -> str:
    return summaries.html(summary) if path.suffix == ".html" else summaries.markdown(summary)
