"""A change that no other operation knows: a command with its own test and its own undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Operation, State


@dataclass(frozen=True)
class CommandState(State):
    """Whether the command's effect is there, as its test says."""

    done: bool = False


@dataclass(frozen=True)
class Command(Operation):
    """Runs `run` unless `test` succeeds; `undo` takes it back. All three are POSIX shell and are journalled: no secrets."""

    kind: ClassVar[str] = "command"
    state = CommandState
    name: str
    run: str
    test: str
    undo: str | None = None

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        return f"if ( {self.test}\n ) >/dev/null 2>&1; then echo yes; else echo no; fi"

    def parse(self, text: str) -> CommandState:
        return CommandState(text.strip() == "yes")

    def wanted(self, found: CommandState) -> CommandState:
        return CommandState(True)

    def apply(self, before: CommandState, after: CommandState) -> str:
        return self.run if after.done else (self.undo or "false")

    def verify(self, after: CommandState) -> str:
        return f"( {self.test}\n )" if after.done else f"! ( {self.test}\n )"


@dataclass(frozen=True)
class LongCommand(Command):
    """A command that takes long: it outlives the connection."""

    kind: ClassVar[str] = "long_command"
    long: ClassVar[bool] = True


@dataclass(frozen=True)
class PointOfNoReturn(Command):
    """A long command that cannot be undone; the plan says so and the person confirms it."""

    kind: ClassVar[str] = "point_of_no_return"
    long: ClassVar[bool] = True
    irreversible: ClassVar[bool] = True


def command(
    name: str, run: str, *, test: str, undo: str | None = None, irreversible: bool = False, long: bool = False
) -> Command:
    """A named command. TypeError without exactly one of `undo` and `irreversible`: every change says how it goes back."""
    if (undo is None) == (not irreversible):
        raise TypeError(f"command {name!r}: give undo=… or irreversible=True")
    if irreversible:
        return PointOfNoReturn(name, run, test)
    return (LongCommand if long else Command)(name, run, test, undo)
