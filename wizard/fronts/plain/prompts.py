"""Questions on a plain terminal: one line each, Enter takes the default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from wizard.answers import Ask, Given
from wizard.fronts.words import Words
from wizard.recipe import Answers, Question
from wizard.secret import Secret
from wizard.transport.base import HostKey


def choose(question: str, options: Sequence[str]) -> str:
    """One of the options; the last, safest one by Enter."""
    chosen: str = click.prompt(question, type=click.Choice(list(options)), default=options[-1], err=True)
    return chosen


def host_key(key: HostKey) -> bool:
    """First contact: shows the fingerprint and how to compare it."""
    click.echo(
        f"First contact with {key.host}. Its {key.type} key has the fingerprint\n\n    {key.fingerprint}\n\n"
        "Compare it with the one your provider shows (or run `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` "
        "in the provider's console).",
        err=True,
    )
    return click.confirm("Is it the same?", default=False, err=True)


def asker(words: Words, given: Given) -> Ask:
    """Asks each question that the answers file leaves open."""

    def ask(question: Question[Any], answers: Answers, default: Any) -> Any:
        click.echo("\n" + words.question(question.recipe, question.name), err=True)
        while True:
            value = _one(question, default)
            reason = question.refusal(value)
            if reason is None:
                given.set(question.recipe, question.name, value)
                return value
            click.echo(f"  {question.name}: {reason}", err=True)

    return ask


def _one(question: Question[Any], default: Any) -> Any:
    name = f"  {question.recipe}.{question.name}"
    if question.type is Secret:
        text = click.prompt(
            name, default="" if question.optional else None, hide_input=True, show_default=False, err=True
        )
        return Secret(text)
    if question.type is bool:
        return click.confirm(name, default=bool(default), err=True)
    if question.type is int:
        return click.prompt(name, default=default, type=int, err=True)
    if question.type is tuple:
        text = click.prompt(name, default=" ".join(default or ()), err=True)
        return tuple(text.split())
    return click.prompt(name, default=default if default is not None else None, err=True)
