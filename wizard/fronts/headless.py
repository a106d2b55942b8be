"""The front for programs: events as JSON lines on stdout. It asks nothing; what is undecided stops the run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from wizard import events
from wizard.errors import WizardError
from wizard.fronts.causes import likely
from wizard.fronts.words import Words, as_json, explain


class Headless:
    """Writes each event as one JSON object a line; `mask` takes secrets out of what programs printed."""

    def __init__(self, words: Words, mask: Callable[[str], str], out: TextIO | None = None) -> None:
        self.words = words
        self.mask = mask
        self.out = out or sys.stdout

    def emit(self, event: events.Event) -> None:
        data = as_json(self.words, event)
        if isinstance(event, events.StepFailed):
            data["cause"] = _cause(event.reason, event.details)
        self.write(data)

    def ended(self, error: WizardError) -> None:
        """The command came to a bad end: as the words on stderr say it, for programs."""
        problems = [one.to_json() for one in getattr(error, "problems", ())]
        self.write({
            "event": "Error", "code": error.code, "message": error.message, "details": error.details, "hint": error.hint,
            "problems": problems,
            "exit_status": error.exit_status, "cause": _cause(error.message, error.details), "words": explain(error),
        })  # fmt: skip

    def say(self, line: str, data: dict[str, Any]) -> None:
        """The data; the line is for a person."""
        self.write(data)

    def write(self, data: dict[str, Any]) -> None:
        self.out.write(json.dumps(self._masked(data), ensure_ascii=False, default=str) + "\n")
        self.out.flush()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While a question is asked: here none is."""
        yield

    def close(self) -> None:
        """Nothing is held."""

    def _masked(self, value: Any) -> Any:
        """Each text masked by itself: JSON's escapes would hide a secret from the search."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {k: self._masked(v) for k, v in value.items()}
        return [self._masked(v) for v in value] if isinstance(value, list | tuple) else value


def _cause(reason: str, output: str) -> dict[str, str] | None:
    """The likely cause; None where none is known."""
    cause = likely(reason, output)
    if not cause.known:
        return None
    return {"code": cause.code, "what": cause.what, "advice": cause.advice, "look": cause.look}
