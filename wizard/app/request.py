"""What a command was asked to do: where, how to get in, which recipes, which answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wizard.answers.given import Given
from wizard.secret import Secret

PRACTICE = "practice:"


@dataclass
class Request:
    """What was asked for on the command line (or in the screens): where, how to get in, which recipes, which answers."""

    target: str = ""
    key: Path | None = None
    host_key: str | None = None
    password: Secret | None = None
    passphrase: Secret | None = None
    sudo_password: Secret | None = None
    recipes: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    until: str | None = None
    answers: Path | None = None
    take_over: bool = False
    when_held: str = "stop"  # where another wizard is at work there: stop, wait until they are done, or watch them
    given: Given | None = None  # answers that need no file
    adopt: tuple[str, ...] = ()  # what is there already and may be taken over, by the names that takeover gives it
