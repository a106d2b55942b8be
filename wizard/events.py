"""What the engine says while it works: frozen data, no sentences. Fronts put it into words.

Must not import any other part of the program but those that put codes into words and make texts harmless.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from wizard.printable import all_printable
from wizard.text import Text


@dataclass(frozen=True)
class Event:
    """Something that happened. `to_json` gives its name as `event`, its fields, and the codes of those that are words.

    Texts in it come from servers and are shown: none has a sign that a terminal would act on.
    """

    def __post_init__(self) -> None:
        for name, value in list(vars(self).items()):
            object.__setattr__(self, name, all_printable(value))

    def to_json(self) -> dict[str, Any]:
        codes = {name: value.code for name, value in vars(self).items() if isinstance(value, Text) and value.code}
        return {"event": type(self).__name__, **asdict(self), **({"codes": codes} if codes else {})}


@dataclass(frozen=True)
class Connected(Event):
    """Logged in; `server` is a line on what it is."""

    login: str
    server: str


@dataclass(frozen=True)
class Working(Event):
    """Something begins that may take longer than a second and says nothing by itself.

    doing: connecting (to about), project (about is looked at), comparing (the plan), changed (by hand), starting (the lock).
    """

    doing: str
    about: str = ""


@dataclass(frozen=True)
class ConnectionBroken(Event):
    """The connection is gone; what runs on the server goes on, and we try to come back. expected: a reboot.

    reverts_in: seconds until the server takes a guarded change back by itself; 0 where none is pending.
    """

    expected: bool = False
    reverts_in: int = 0


@dataclass(frozen=True)
class Reconnected(Event):
    login: str
    after_s: float


@dataclass(frozen=True)
class ProjectFinding(Event):
    """Something that the look at the project found, and that does not stop it. code, fields: see wizard.project.found."""

    code: str
    fields: tuple[str, ...]
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class RunStarted(Event):
    """steps: the ids of all steps; changes: how many the plan forecasts; checkpoints: ids of the steps already complete."""

    target: str
    steps: tuple[str, ...]
    changes: int
    checkpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recovering(Event):
    """An earlier run stopped in the middle of this change; it is brought to its end first."""

    step: str
    key: str
    undo: bool = False


@dataclass(frozen=True)
class Repaired(Event):
    """What an interruption (a power cut) had left broken, and was mended. Each item: a word for what was done, and to what.

    unpacked, configured, reinstalled: packages; begun-anew: packages taken away and installed again; rewritten: files that
    were empty; cluster: PostgreSQL's, made again, and where the old one is kept.
    """

    step: str
    key: str
    items: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StepStarted(Event):
    step: str
    index: int
    total: int
    changes: int


@dataclass(frozen=True)
class ChangeStarted(Event):
    step: str
    id: int
    kind: str
    key: str
    commands: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputLine(Event):
    text: str


@dataclass(frozen=True)
class ChangeDone(Event):
    step: str
    id: int
    key: str
    seconds: float


@dataclass(frozen=True)
class DriftFound(Event):
    """Somebody changed this by hand. choice: keep or restore."""

    step: str
    key: str
    choice: str


@dataclass(frozen=True)
class FailsafeArmed(Event):
    """The server takes the guarded changes back in this many seconds unless a new connection gets in."""

    step: str
    seconds: int


@dataclass(frozen=True)
class LoginProved(Event):
    step: str
    login: str


@dataclass(frozen=True)
class TakenBack(Event):
    """The guarded changes of a step were taken back. works: whether a NEW login by the old way gets in."""

    step: str
    login: str
    works: bool


@dataclass(frozen=True)
class CheckPassed(Event):
    step: str
    check: str
    seen: str


@dataclass(frozen=True)
class CheckFailed(Event):
    """seen: what the check found; wanted: what would have passed; set_in: the file or answer that decides on it, or ""."""

    step: str
    check: str
    seen: str
    wanted: str = ""
    set_in: str = ""


@dataclass(frozen=True)
class CheckLeftOut(Event):
    """A check that did not pass, and that somebody chose to go on without."""

    step: str
    check: str
    seen: str


@dataclass(frozen=True)
class CheckpointReached(Event):
    step: str


@dataclass(frozen=True)
class StepSkipped(Event):
    """reason: already-so (complete, nothing to do) or chosen (the person left it out)."""

    step: str
    reason: str


@dataclass(frozen=True)
class StepFailed(Event):
    step: str
    reason: str
    details: str = ""


@dataclass(frozen=True)
class UndoStarted(Event):
    step: str
    id: int
    kind: str
    key: str
    commands: str


@dataclass(frozen=True)
class Undone(Event):
    step: str
    id: int
    key: str
    kept: bool = False  # left as it is: a point of no return, or somebody's own change that was chosen to stay


@dataclass(frozen=True)
class DataSaved(Event):
    """Data that going back took away is kept on the server in `path`; the script `restore` there puts it back."""

    path: str
    restore: str


@dataclass(frozen=True)
class RunFinished(Event):
    """outcome: done, nothing-to-do, rolled-back."""

    outcome: str
    changes: int
    seconds: float
    round_trips: int


@dataclass(frozen=True)
class ServerHeld(Event):
    """Another wizard has the lock: we wait until they are done. who: a person and a computer; watched: what they do is shown."""

    who: str
    since: str
    watched: bool


@dataclass(frozen=True)
class TakeoverFound(Event):
    """Something is there that is not ours: `name` as --adopt takes it, what it is, and what taking it over would do.

    adoptable: whether it can be taken over at all; agreed: the person let us.
    """

    name: str
    what: str
    does: str
    adoptable: bool
    agreed: bool


@dataclass(frozen=True)
class ServerWarning(Event):
    """A fact of the server that may be in the way: release, noexec, home; disk, memory, clock, distribution on going on."""

    fact: str
    value: str


@dataclass(frozen=True)
class JournalDamaged(Event):
    """torn: lines cut short by a power cut, which lose nothing; lost: changes whose record is gone, so nobody can undo them;

    damaged: lines that are not as they were written, or are missing.
    """

    torn: int
    lost: tuple[int, ...]
    damaged: int = 0


@dataclass(frozen=True)
class ServerReplaced(Event):
    """The journal is not the one that this computer knows. how: gone (wiped), other (set up anew elsewhere), older (a snapshot)."""

    how: str
