"""What the plain front needs of a terminal: to show a few kinds of text, and to ask three kinds of question.

Two things can do it: `Numbered` (lines only) and `Menus` (questionary and rich). Neither knows what it asks about.
"""

from __future__ import annotations

import contextlib
import sys
import termios
from collections.abc import Callable, Mapping
from typing import Protocol

BACK = "<"
Validate = Callable[[str], str | None]
"""Takes an answer; the reason when it cannot be taken."""


class Back(Exception):
    """The person typed `<`."""


class Terminal(Protocol):
    def heading(self, text: str) -> None: ...

    def text(self, text: str) -> None: ...

    def guide(self, markdown: str) -> None:
        """A guide's text."""

    def commands(self, script: str) -> None:
        """Shell text, each line marked as a command."""

    def difference(self, text: str) -> None:
        """Lines that begin with + and -; coloured where there is colour."""

    def code(self, address: str) -> None:
        """An address for a phone's camera, where one can see it."""

    def ask(self, name: str, default: str, validate: Validate) -> None:
        """A line of text, until `validate` takes it; Enter gives the default. Back on `<`."""

    def ask_hidden(self, name: str, validate: Validate) -> None:
        """As `ask`, with nothing shown of what is typed."""

    def choose(self, question: str, choices: Mapping[str, str], default: str, *, back: bool = False) -> str:
        """One of the choices (value: what it says); Enter takes the default. back: `<` raises Back."""


def forget_typed() -> None:
    """Keys that were pressed while a run was at work answer no question that came later."""
    with contextlib.suppress(termios.error, OSError, ValueError):  # where it is no terminal
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
