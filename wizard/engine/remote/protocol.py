"""What a script of the engine says back: records, an exit status, and what each kind of script means by them.

A record is a name and some bytes; the shell's side is `emit` in prelude.sh. Everything here is plain data that is made out
of a Reply by `Reply.read`, which turns whatever is wrong with it into an error in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, Self, TypeVar

from wizard.engine.journal import Journal, parse
from wizard.engine.remote.decode import decoding, unzipped
from wizard.engine.remote.resources import Shortage
from wizard.errors import UsageError, WizardError
from wizard.operations.base import Operation, State
from wizard.secret import Secret
from wizard.text import from_output, text


class Status(IntEnum):
    """Exit statuses of our own. prelude.py gives them to the shell by these names."""

    NOT_ON_DISK = 74  # what was changed could not be written to the disk (EX_IOERR in sysexits(3))
    CANNOT_WRITE = 90  # nothing can be written below /var/lib/wizard
    JOB_VANISHED = 98  # a job ended and left no exit status
    NOBODY_LISTENS = 99  # this script's connection is gone, or another script goes on with its work


# records about the prelude: whether the server has it for the next script
KEPT, MISSING = "kept", "no-prelude"
# records about the lock: another has it, another has taken it over, this run has it
HELD, TAKEN, HOLDING = "held", "taken", "holding"


@dataclass
class Reply:
    """What a script said: its records by name, its exit status, the end of its stderr. server: as an error names it."""

    records: dict[str, bytes] = field(default_factory=dict)
    status: int = 0
    err: str = ""
    server: str = ""

    def text(self, name: str) -> str:
        """A record that must be there. LookupError where it is not."""
        return self.records[name].decode(errors="replace")

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a record that need not be there; those that name a code in words."""
        return tuple(from_output(self.records.get(name, b"").decode(errors="replace")).splitlines())

    def read(self, kind: type[T]) -> T:
        """All of it as this kind of reply. WizardError where it is no such thing."""
        with decoding(self.server or text("engine.protocol.server")):
            return kind.of(self)

    @property
    def shortage(self) -> Shortage | None:
        """What the server has run out of. WizardError where it says it in no such words."""
        with decoding(self.server or text("engine.protocol.server")):
            return Shortage.of(self.text("shortage")) if "shortage" in self.records else None

    def why(self, status: int, advice: str) -> tuple[str, str]:
        """Why it failed, and what to do: what the server has run out of; else this status, and this advice."""
        short = self.shortage
        return (short.reason, short.advice) if short else (text("engine.protocol.status", status=status), advice)


class Kind(Protocol):
    """What `Reply.read` makes."""

    @classmethod
    def of(cls, reply: Reply) -> Self:
        """ValueError, LookupError or TypeError where the reply is no such thing."""


T = TypeVar("T", bound=Kind)


@dataclass(frozen=True)
class Opened:
    """What a session begins with. facts: lines of NAME=VALUE (facts.py), None where the server said none."""

    facts: str | None
    journal: Journal
    kept_answers: str
    secrets: dict[str, Secret]

    @classmethod
    def of(cls, reply: Reply) -> Self:
        return cls(
            facts=reply.text("facts") if "facts" in reply.records else None,
            journal=parse(unzipped(reply.records.get("journal", b""))),
            kept_answers=reply.records.get("answers", b"").decode(errors="replace"),
            secrets={
                name.removeprefix("secret."): Secret(value.decode())
                for name, value in reply.records.items()
                if name.startswith("secret.")
            },
        )


@dataclass(frozen=True)
class Made:
    """How a change went. status: of the change itself. noted: whether the journal has how it ended.

    observed: what the operation's observation printed right after it. repaired: what recovery had to mend, as words.
    """

    status: int
    noted: bool
    observed: bytes
    output: tuple[str, ...]
    troubles: tuple[str, ...]  # facts that may be why it failed
    repaired: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, reply: Reply) -> Self:
        noted = "status" in reply.records
        status = int(reply.text("status")) if noted else reply.status or 1
        return cls(
            status=status,
            noted=noted,
            observed=reply.records["observed"] if status == 0 else b"",
            output=reply.lines("out"),
            troubles=reply.lines("troubles"),
            repaired=tuple(tuple(line.split()) for line in reply.lines("repaired")),
        )


@dataclass(frozen=True)
class Failsafe:
    """What has become of guarded changes. armed: they wait for their proof. taken_back: the server has undone them by itself."""

    armed: bool
    taken_back: bool

    @classmethod
    def of(cls, reply: Reply) -> Self:
        return cls("armed" in reply.records, "reverted" in reply.records)


@dataclass(frozen=True)
class Room:
    """Whether a blob is there already, and what is left for it on its disk."""

    there: bool
    disk: Shortage

    @classmethod
    def of(cls, reply: Reply) -> Self:
        if reply.shortage is None:
            raise ValueError("it does not say what is left on its disk")
        return cls("there" in reply.records, reply.shortage)


@dataclass(frozen=True)
class Watched:
    """Another wizard's work, looked at from outside. size: of the journal in bytes; more: what was asked for of it."""

    held: bool
    size: int
    more: bytes

    @classmethod
    def of(cls, reply: Reply) -> Self:
        return cls(
            "holder" in reply.records, int(reply.records.get("size", b"").strip() or 0), reply.records.get("more", b"")
        )


@dataclass(frozen=True)
class Running:
    """Whether the server is on its way down (`systemctl is-system-running`)."""

    stopping: bool

    @classmethod
    def of(cls, reply: Reply) -> Self:
        return cls(b"stopping" in reply.records.get("state", b"stopping"))


def observed(operations: Iterable[Operation], reply: Reply) -> list[State]:
    """The states of these, which a script of `observation.observe_script` looked at."""
    states = []
    for i, operation in enumerate(operations):
        try:
            states.append(operation.parse(reply.text(f"state.{i}")))
        except (LookupError, ValueError, TypeError, AttributeError, UsageError) as error:
            raise WizardError(
                "engine.protocol.no_state",
                key=operation.key,
                details=f"{reply.records.get(f'state.{i}', b'')!r}\n{reply.err}\n{error!r}",
            ) from error
    return states
