"""Progress as plain lines: no cursor movement, the same for a terminal, a pipe and a screen reader."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import TextIO

from wizard import events
from wizard.fronts.words import Words

LAST = 15  # lines of a program's output that are shown when its step fails


class Progress:
    """Writes a line for what happens. Programs' own output is shown only when `verbose`, or when their step failed."""

    def __init__(
        self, words: Words, mask: Callable[[str], str], *, verbose: bool = False, out: TextIO | None = None
    ) -> None:
        self.words = words
        self.mask = mask
        self.verbose = verbose
        self.out = out or sys.stderr
        self._tail: deque[str] = deque(maxlen=LAST)

    def emit(self, event: events.Event) -> None:
        if isinstance(event, events.ChangeStarted | events.UndoStarted):
            self._tail.clear()
        if isinstance(event, events.OutputLine):
            self._tail.append(event.text)
            if not self.verbose:
                return
        line = self.words.event(event)
        if line is None or isinstance(event, events.CheckpointReached):
            return
        indent = "" if isinstance(event, _TOP) else "      "
        print(self.mask(indent + line), file=self.out, flush=True)
        if self.verbose and isinstance(event, events.ChangeStarted | events.UndoStarted):
            for command in event.commands.splitlines():
                print(self.mask(f"        $ {command}"), file=self.out, flush=True)
        if isinstance(event, events.StepFailed) and not self.verbose:
            for text in self._tail:
                print(self.mask(f"        {text}"), file=self.out, flush=True)


_TOP = (
    events.Connected, events.ConnectionBroken, events.Reconnected, events.ServerReplaced, events.Recovering,
    events.RunStarted, events.RunFinished, events.StepStarted,
)  # fmt: skip
