"""The summary of a server that was set up: what its recipes tell, what was verified, how to go on. Knows no widget."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wizard.app.afterwards import afterwards
from wizard.app.journey import Journey
from wizard.fronts.words import Words
from wizard.secret import Secret
from wizard.text import from_output, text

ADDRESS = re.compile(r"https?://[^\s/]+/?")


@dataclass(frozen=True)
class Summary:
    """lines: (what it is, the command, path or address); secrets: (what it is, the secret); address: the site's, or ""."""

    target: str
    address: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[tuple[str, Secret]] = field(default_factory=list)
    verified: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # checks that did not pass, and were left out by choice


def summary(journey: Journey, words: Words, verified: list[tuple[str, str]]) -> Summary:
    """verified: the checks that passed, with what was seen."""
    lines: list[tuple[str, str]] = []
    secrets: list[tuple[str, Secret]] = []
    for recipe, name, value in afterwards(journey):
        what = words.guides[recipe].afterwards.get(name, name.replace("_", " "))
        if isinstance(value, Secret):
            secrets.append((what, value))
        else:
            lines.append((what, value))
    address = next((value for _, value in lines if ADDRESS.fullmatch(value)), "")
    lines.append(
        (
            text("fronts.summary.how_far_changed_hand"),
            text("fronts.summary.wizard_status", target=journey.request.target),
        )
    )
    left_out = journey.session.journal.left_out if journey.session is not None else []
    names = [f"{from_output(check)} ({words.heading(step)})" for step, check in left_out]
    return Summary(journey.request.target, address, lines, secrets, verified, names)


def markdown(summary: Summary) -> str:
    """The summary to keep. Secrets are not in it: a line says where they lie on the server."""
    lines = [f"# {summary.target}", ""]
    if summary.left_out:
        lines += [text("fronts.summary.these_checks_did_not"), ""]
        lines += [*(f"- {check}" for check in summary.left_out), ""]
    for what, how in summary.lines:
        lines += [f"- {what}", f"  `{how}`" if not ADDRESS.fullmatch(how) else f"  <{how}>"]
    if summary.verified:
        lines += ["", "## " + text("fronts.summary.verified"), ""]
        lines += [f"- {check}" + (f": {seen}" if seen else "") for check, seen in summary.verified]
    return "\n".join(lines) + "\n"


def html(summary: Summary) -> str:
    """The same as a page that stands by itself."""
    from html import escape

    from markdown_it import MarkdownIt

    style = "body{font:16px/1.5 sans-serif;max-width:45em;margin:2em auto;padding:0 1em}code{background:#eee;padding:0 .2em}"
    head = f'<!doctype html><meta charset="utf-8"><title>{escape(summary.target)}</title><style>{style}</style>'
    return f"{head}\n{MarkdownIt('commonmark', {'html': False}).render(markdown(summary))}"
