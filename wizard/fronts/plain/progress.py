"""Progress as lines, the same for a terminal, a pipe and a screen reader; and, on a terminal with a cursor, a bar below them."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from wizard import events
from wizard.errors import WizardError
from wizard.fronts.causes import likely
from wizard.fronts.plain.numbered import folded
from wizard.fronts.plain.terminal import forget_typed
from wizard.fronts.words import Words, describe
from wizard.text import text as in_words

if TYPE_CHECKING:
    from rich.progress import TaskID

LAST = 15  # lines of a program's output that are shown when its step fails
PATIENCE_S = 20.0  # between two lines that say that it is still working

_TOP = (
    events.Working, events.Connected, events.ConnectionBroken, events.Reconnected, events.ServerReplaced, events.Recovering,
    events.Repaired, events.RunStarted, events.RunFinished, events.StepStarted,
)  # fmt: skip
_BEGIN = events.ChangeStarted | events.UndoStarted
_END = events.ChangeDone | events.Undone


class Progress:
    """Writes a line for what happens. Programs' own output is shown only when `verbose`, or when their step failed."""

    def __init__(
        self, words: Words, mask: Callable[[str], str], *, verbose: bool = False, out: TextIO | None = None
    ) -> None:
        self.words = words
        self.mask = mask
        self.verbose = verbose
        self.out = out or sys.stderr
        self.tail: deque[str] = deque(maxlen=LAST)
        self.says_causes = False  # nobody is asked what to do next, which would say them
        self.verified: list[tuple[str, str]] = []  # the checks that passed, with what was seen
        self._connected: events.Event | None = None

    def emit(self, event: events.Event) -> None:
        if isinstance(event, events.Connected):
            if event == self._connected:  # the lock is taken by opening the session once more
                return
            self._connected = event
        if isinstance(event, events.CheckPassed):
            self.verified.append((event.check, event.seen))
        if isinstance(event, _BEGIN):
            self.tail.clear()
        if isinstance(event, events.OutputLine):
            self.tail.append(event.text)
            if not self.verbose:
                return
        line = self.words.event(event)
        if line is None or isinstance(event, events.CheckpointReached):
            return
        self.write(("" if isinstance(event, _TOP) else "      ") + line, event)
        if self.verbose and isinstance(event, _BEGIN):
            for command in event.commands.splitlines():
                self.write(f"        $ {command}", event)
        if isinstance(event, events.StepFailed) and not self.verbose:
            details = event.details.splitlines()[-LAST:]
            for text in [*(line for line in details if line not in self.tail), *self.tail]:
                self.write(f"        {text}", event)
        if isinstance(event, events.StepFailed) and self.says_causes:
            for text in likely(event.reason, event.details or "\n".join(self.tail)).lines():
                self.write(f"      {text}", event)

    def write(self, line: str, event: events.Event) -> None:
        print(self.mask(line), file=self.out, flush=True)

    def say(self, line: str, data: dict[str, Any]) -> None:
        """On stdout; the data is for programs."""
        print(self.mask(line), flush=True)

    def ended(self, error: WizardError) -> None:
        """The command line says the error, at the very end."""

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """While a question is asked."""
        yield

    def rest(self) -> None:
        """A run has ended badly: nothing moves until the next one starts."""

    def close(self) -> None:
        """Nothing is written afterwards."""


class Spoken(Progress):
    """Lines, and now and then one that says that a long change is still at work: nothing that moves."""

    def __init__(
        self, words: Words, mask: Callable[[str], str], *, verbose: bool = False, out: TextIO | None = None,
        patience: float = PATIENCE_S,
    ) -> None:  # fmt: skip
        super().__init__(words, mask, verbose=verbose, out=out)
        self.patience = patience
        self._now: tuple[str, float] | None = None  # what is being done, and since when
        self._closed = threading.Event()
        threading.Thread(target=self._beat, name="beat", daemon=True).start()

    def emit(self, event: events.Event) -> None:
        if isinstance(event, _BEGIN):
            undo = isinstance(event, events.UndoStarted)
            self._now = (describe(event.kind, event.key, undo=undo), time.monotonic())
        elif isinstance(event, _END | events.StepFailed):
            self._now = None
        super().emit(event)

    def write(self, line: str, event: events.Event) -> None:
        for part in _hanging(self.mask(line), event):  # masked first: a secret that is folded is found no more
            super().write(part, event)

    def _beat(self) -> None:
        while not self._closed.wait(self.patience):
            if (now := self._now) is not None and (for_s := time.monotonic() - now[1]) >= self.patience:
                line = in_words("plain.progress.still_working_seconds_so", now=now[0], for_s=f"{for_s:.0f}")
                print("\n".join(_hanging(self.mask(line))), file=self.out, flush=True)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        now, self._now = self._now, None
        forget_typed()
        yield
        self._now = now

    def rest(self) -> None:
        self._now = None

    def close(self) -> None:
        self._closed.set()


class Live(Progress):
    """Lines, and below them a bar with what is going on and for how long."""

    def __init__(self, words: Words, mask: Callable[[str], str], *, verbose: bool = False) -> None:
        super().__init__(words, mask, verbose=verbose)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        self.console = Console(stderr=True, highlight=False)
        what = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))
        self.bar = Bar(
            SpinnerColumn(), what, BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self.console, transient=True, expand=True,
        )  # fmt: skip
        self._task: TaskID | None = None

    def emit(self, event: events.Event) -> None:
        if isinstance(event, events.RunStarted) and event.changes:
            self.close()
            self._task = self.bar.add_task("", total=event.changes)
            self.bar.start()
        super().emit(event)
        if self._task is None:
            return
        if isinstance(event, _BEGIN):
            undo = isinstance(event, events.UndoStarted)
            self.bar.update(self._task, description=describe(event.kind, event.key, undo=undo))
        elif isinstance(event, _END):
            self.bar.advance(self._task)
        elif isinstance(event, events.OutputLine) and event.text.strip():
            self.bar.update(self._task, description=self.mask(event.text.strip()))
        elif isinstance(event, events.RunFinished):
            self.close()

    def write(self, line: str, event: events.Event) -> None:
        from rich.text import Text

        for part in _hanging(self.mask(line), event):
            self.console.print(Text(part, _style(event)), soft_wrap=True)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        forget_typed()
        if self._task is None:
            yield
            return
        self.bar.stop()
        yield
        self.bar.start()

    def rest(self) -> None:
        self.close()

    def close(self) -> None:
        self.bar.stop()
        if self._task is not None:
            self.bar.remove_task(self._task)
        self._task = None


def _hanging(line: str, event: events.Event | None = None) -> list[str]:
    """The line folded at its words, below its own indent; what a program prints is left alone, and so are commands."""
    if isinstance(event, events.OutputLine) or line.lstrip().startswith("$ "):
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return [
        indent + part for part in folded(line.strip(), shutil.get_terminal_size().columns - len(indent)).splitlines()
    ]


def _style(event: events.Event) -> str:
    match event:
        case events.StepStarted() | events.RunFinished():
            return "bold"
        case events.CheckPassed() | events.LoginProved():
            return "green"
        case events.CheckFailed() | events.StepFailed() | events.TakenBack(works=False):
            return "red"
        case (
            events.DriftFound()
            | events.FailsafeArmed()
            | events.ConnectionBroken()
            | events.TakenBack()
            | events.ServerReplaced()
            | events.ServerWarning()
            | events.JournalDamaged()
        ):
            return "yellow"
        case events.OutputLine():
            return "dim"
    return ""
