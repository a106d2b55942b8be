"""What a check is: a read-only proof, from the server (a script) or from outside (Python, with its own connections).

Must not change anything on the server and must not know recipes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wizard.operations.quoting import sh
from wizard.text import coded
from wizard.transport.base import Login, Transport


@dataclass(frozen=True)
class Finding:
    """What a check found: `seen` is the evidence in a line (a status line, an error); no secret in it.

    wanted: what would have passed; set_in: the file (or the answer) that decides on it. "": as the check itself says.
    final: looking again will not find another thing, and may do harm (a login that was refused).
    """

    passed: bool
    seen: str = ""
    wanted: str = ""
    set_in: str = ""
    final: bool = False


@dataclass(frozen=True)
class Vantage:
    """Where a check looks from: the connection that the run uses, and the login to open new ones with.

    refused: users whom the server is known not to let in. A check adds to them, and does not knock there again: each refused
    login is counted by fail2ban and by sshd itself.
    """

    transport: Transport
    login: Login
    refused: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Check:
    """A named proof. Exactly one of: `script` (run by root on the server; exit 0 passes, its last line is what was seen)
    and `look` (run on this computer). wanted, set_in: see Finding; they are said when it fails."""

    name: str
    script: str = ""
    look: Callable[[Vantage], Finding] | None = None
    wanted: str = ""
    set_in: str = ""

    @property
    def id(self) -> str:
        """What the journal calls it: its name, the same in every language."""
        return coded(self.name)

    def __post_init__(self) -> None:
        if bool(self.script) == bool(self.look):
            raise TypeError(f"check {self.name!r}: give a script or a look")

    def completed(self, finding: Finding) -> Finding:
        """The finding, with what the check itself knows of what was wanted and where it is set."""
        return replace(finding, wanted=finding.wanted or self.wanted, set_in=finding.set_in or self.set_in)


def on_server(name: str, script: str, *, wanted: str = "", set_in: str = "") -> Check:
    """A script that root runs on the server: exit status 0 passes, and its last line is what was seen."""
    return Check(name, script=script, wanted=wanted, set_in=set_in)


def says(name: str, command: str, wanted: str, *, set_in: str = "") -> Check:
    """The command, run by root on the server, prints just this."""
    script = f'found=$({command})\necho "$found"\n[ "$found" = {sh(wanted)} ]'
    return on_server(name, script, wanted=wanted, set_in=set_in)


def from_outside(name: str, look: Callable[[Vantage], Finding], *, wanted: str = "", set_in: str = "") -> Check:
    """A look from this computer, with connections of its own."""
    return Check(name, look=look, wanted=wanted, set_in=set_in)
