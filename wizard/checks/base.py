"""What a check is: a read-only proof, from the server (a script) or from outside (Python, with its own connections).

Must not change anything on the server and must not know recipes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wizard.transport.base import Login, Transport


@dataclass(frozen=True)
class Finding:
    """What a check found: `seen` is the evidence in a line (a status line, an error); no secret in it."""

    passed: bool
    seen: str = ""


@dataclass(frozen=True)
class Vantage:
    """Where a check looks from: the connection that the run uses, and the login to open new ones with."""

    transport: Transport
    login: Login


@dataclass(frozen=True)
class Check:
    """A named proof. Exactly one of: `script` (run by root on the server; exit 0 passes, its last line is what was seen)
    and `look` (run on this computer)."""

    name: str
    script: str = ""
    look: Callable[[Vantage], Finding] | None = None

    def __post_init__(self) -> None:
        if bool(self.script) == bool(self.look):
            raise TypeError(f"check {self.name!r}: give a script or a look")


def on_server(name: str, script: str) -> Check:
    return Check(name, script=script)


def from_outside(name: str, look: Callable[[Vantage], Finding]) -> Check:
    return Check(name, look=look)
