"""What every operation is: a wanted state of one thing, and how it is observed, diffed and applied.

An operation is plain frozen data plus shell text. It must not know the journal, the network or the person: it
returns scripts (POSIX shell, run by root) and parses what they print. Undo is derived: it is `apply` with the two
states swapped, so `apply` must be idempotent and must reach `after` from `before`, from `after` itself and from
anything that an interruption can leave between them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import pkgutil
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

KINDS: dict[str, type[Operation]] = {}
"""Every kind of operation by its name in the journal: undo looks here and needs no recipe."""


DROPPED = {"remembered"}
"""Fields that earlier versions wrote and that mean nothing any more."""


def not_journalled(**options: Any) -> Any:
    """A dataclass field that stays out of the journal: contents (they are blobs) and secrets."""
    return field(metadata={"journal": False}, **options)


@dataclass(frozen=True)
class State:
    """What an observation found. Fields are JSON values or tuples of them; no secret, no file content."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """ValueError for data of something else: its defaults would say "there was nothing"."""
        known = _known_fields(cls, data)
        if data and not known:
            raise ValueError(f"no {cls.__name__}")
        return cls(**known)


class KindTaken(TypeError):
    """A class of operations has the kind of another one, whose changes it would undo in its own way.

    kind: that kind; name: the class; other: the class that has it, with its module.
    """

    def __init__(self, cls: type[Operation], other: type[Operation]) -> None:
        self.kind, self.name, self.other = cls.kind, cls.__name__, f"{other.__module__}.{other.__name__}"
        super().__init__(
            f"the class {self.name} has the kind {self.kind!r}, which belongs to {self.other}: give it a kind of its own"
        )


@dataclass(frozen=True)
class Blob:
    """Content that `apply` needs on the server, named by its hash. A secret blob is removed when the change is done."""

    content: bytes = field(repr=False)
    secret: bool = False

    @property
    def name(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Foreign:
    """A thing that is there already and that an operation would make its own: nobody takes it over unasked.

    name: what --adopt takes; what: what is there; does: what taking it over would do, or why that cannot be; adoptable:
    whether it can be taken over at all; keys: the operations in the journal that make it ours (empty: the one that found it);
    instead: the answers that lead round it.
    """

    name: str
    what: str
    does: str
    adoptable: bool = True
    keys: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True)
class Operation:
    """A wanted state of one thing on the server. Subclasses are registered by `kind`, each by one of its own: KindTaken.

    Scripts may use: the shell functions of engine/remote/prelude.sh; `$change`, a root-only folder that belongs to this
    change and is there again when it is undone; `$blobs`, the folder of blobs. Text of `apply` must hold no secret: secrets
    travel as blobs.
    """

    kind: ClassVar[str] = ""
    state: ClassVar[type[State]] = State
    long: ClassVar[bool] = False  # runs as a transient unit on the server, which outlives the connection
    irreversible: ClassVar[bool] = False  # a point of no return: no undo is possible, and the plan says so
    reboots: ClassVar[bool] = False  # the connection is meant to break
    atomic: ClassVar[bool] = (
        False  # it is in one of the two states also when interrupted; anything else is somebody's work
    )

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if hidden := {"key", "kind", "identity"} & set(cls.__annotations__) - {"kind"}:
            raise TypeError(f"{cls.__name__}: a field named {', '.join(hidden)} would hide the property of that name")
        if cls.kind:
            _register(cls)

    @property
    def identity(self) -> str:
        """Names the thing, unique within its kind: a path, a package set's name, a role."""
        raise TypeError(f"{type(self).__name__} has no identity")

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.identity}"

    def observe(self) -> str:
        """A read-only script that prints what it finds, quickly, also where what it looks for isn't installed yet."""
        raise TypeError(f"{type(self).__name__} cannot be observed")

    def parse(self, text: str) -> State:
        """What `observe` printed, as a State."""
        raise TypeError(f"{type(self).__name__} cannot parse")

    def wanted(self, found: Any) -> State:
        """The state wanted, given the one found; equal to `found` where nothing is to be done."""
        raise TypeError(f"{type(self).__name__} wants nothing")

    def apply(self, before: Any, after: Any) -> str:
        """A script, under `set -e`, that makes `after` of `before`; for doing and for undoing alike."""
        raise TypeError(f"{type(self).__name__} cannot be applied")

    def verify(self, after: Any) -> str:
        """A script, under `set -e`, that fails unless the thing itself is as `after` says: exit 0 of a tool is not success."""
        return ":"

    def blobs(self, found: Any) -> tuple[Blob, ...]:
        """The contents that `apply` towards `wanted(found)` reads from `$blobs`."""
        return ()

    @property
    def shipped(self) -> tuple[Blob, ...]:
        """Contents that `apply` reads from `$blobs` and that come with the wizard itself, so that recovery has them too."""
        return ()

    def foreign(self, found: Any) -> Iterable[Foreign]:
        """What this operation would take over, were the thing found not our own. The journal decides whether it is."""
        return ()

    def by_hand(self, found: Any) -> bool:
        """Whether a state that the journal does not know is somebody's doing, and no failure that came by itself."""
        return True

    def satisfied(self, found: Any) -> bool:
        return bool(self.wanted(found) == found)

    def to_json(self) -> dict[str, Any]:
        data = {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("journal", True)}
        return {"kind": self.kind, **data}


@dataclass(frozen=True)
class Change:
    """The difference between the state found and the state wanted; the unit that is done and undone."""

    operation: Operation
    before: State
    after: State

    def script(self) -> str:
        return self.operation.apply(self.before, self.after)


def diff(operation: Operation, found: State) -> Change | None:
    """The change that is needed, or None: already so."""
    after = operation.wanted(found)
    return None if after == found else Change(operation, found, after)


def operation_from_json(data: Mapping[str, Any]) -> Operation:
    """An operation as the journal keeps it: able to observe, parse and apply journalled states. KeyError if its kind is unknown."""
    if data["kind"] not in KINDS:
        _load_all_kinds()
    cls = KINDS[data["kind"]]
    known = _known_fields(cls, data)
    for f in fields(cls):
        if not f.metadata.get("journal", True) and f.default is dataclasses.MISSING:
            raise TypeError(f"{cls.__name__}.{f.name} is not journalled and has no default")
    return cls(**known)


def _register(cls: type[Operation]) -> None:
    """Takes a kind into the register. KindTaken where another class has it; one that is loaded anew replaces itself."""
    if not cls.__module__.startswith("wizard.operations."):
        _load_all_kinds()  # a recipe's own kind must not be that of a module which is imported later
    other = KINDS.get(cls.kind)
    if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise KindTaken(cls, other)
    KINDS[cls.kind] = cls


def _load_all_kinds() -> None:
    """Imports every module beside this one: an undo meets kinds that no recipe has brought in."""
    import wizard.operations as here

    for module in pkgutil.iter_modules(here.__path__):
        importlib.import_module(f"{here.__name__}.{module.name}")


def _known_fields(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON back to field values: lists become tuples where the field is a tuple. TypeError for an unknown key: a newer version

    may mean another thing by what is left without it.
    """
    hints = typing.get_type_hints(cls)
    if unknown := data.keys() - {f.name for f in fields(cls)} - {"kind"} - DROPPED:
        raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
    known = {}
    for f in fields(cls):
        if f.name in data:
            value = data[f.name]
            if typing.get_origin(hints[f.name]) is tuple and isinstance(value, list):
                value = tuple(tuple(v) if isinstance(v, list) else v for v in value)
            known[f.name] = value
    return known


def canonical(state: State) -> str:
    """One text per state, for comparing what was journalled with what is found."""
    return json.dumps(state.to_json(), sort_keys=True)
