"""What every part of the plain front shares: a journey, the front that tells about it, and the terminal that asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from wizard import events
from wizard.app.journey import Journey
from wizard.errors import WizardError
from wizard.fronts.options import Options
from wizard.fronts.plain.progress import Progress
from wizard.fronts.plain.terminal import Terminal
from wizard.fronts.policy import Policy
from wizard.fronts.words import Words


class Front(Protocol):
    """What tells about a journey: `Progress` in lines, `Headless` in JSON."""

    def emit(self, event: events.Event) -> None: ...

    def say(self, line: str, data: dict[str, Any]) -> None:
        """A line for a person, or the same as data for a program."""

    def ended(self, error: WizardError) -> None:
        """The command came to a bad end."""

    def paused(self) -> AbstractContextManager[None]:
        """While a question is asked nothing else is written."""

    def close(self) -> None: ...


@dataclass
class Station:
    journey: Journey
    options: Options
    words: Words
    front: Front
    policy: Policy
    terminal: Terminal

    @property
    def progress(self) -> Progress:
        """The front, where there is a person to ask."""
        assert isinstance(self.front, Progress)
        return self.front

    def emit(self, event: events.Event) -> None:
        self.front.emit(event)

    def say(self, line: str, **data: Any) -> None:
        """One line for a person on stdout, or the data as JSON."""
        self.front.say(line, data)
