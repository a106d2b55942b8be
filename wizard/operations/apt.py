"""Debian packages: installed, and upgraded. The shell that writes down and takes away what they leave is in residue.sh.

Recommended packages are left out: a server gets what a recipe names, and the plan names all of it. Must not know
what a package is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from wizard.operations.base import Blob, Operation, State
from wizard.operations.quoting import sh


@cache
def residue() -> Blob:
    """The words `remember`, `put_back` and their like, as shell. They go up as a blob: a plan stays readable."""
    return Blob(Path(__file__).with_name("residue.sh").read_bytes())


@dataclass(frozen=True)
class PackagesState(State):
    """Which of the packages in question are installed and configured ("ii")."""

    installed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages(Operation):
    """These packages, with what they depend on. Undo purges exactly what apt added and puts right what scripts left."""

    kind: ClassVar[str] = "packages"
    state = PackagesState
    long: ClassVar[bool] = True
    names: tuple[str, ...]

    @property
    def identity(self) -> str:
        return " ".join(self.names)

    def observe(self) -> str:
        names = " ".join(sh(name) for name in self.names)
        return f"dpkg-query -W -f='${{Package}} ${{db:Status-Status}}\\n' -- {names} 2>/dev/null || true"

    def parse(self, text: str) -> PackagesState:
        found = {line.partition(" ")[0] for line in text.splitlines() if line.endswith(" installed")}
        return PackagesState(tuple(name for name in self.names if name in found))

    def wanted(self, found: PackagesState) -> PackagesState:
        return PackagesState(self.names)

    def blobs(self, found: PackagesState) -> tuple[Blob, ...]:
        return (residue(),)

    def apply(self, before: PackagesState, after: PackagesState) -> str:
        if after.installed != self.names:
            return 'if [ -e "$change/residue.sh" ]; then . "$change/residue.sh"; put_back; fi'
        missing = " ".join(sh(name) for name in self.names if name not in before.installed)
        return f"""\
residue={residue().name}
. "$blobs/$residue"  # what the words below mean
room 300
mend_packages
remember before
apt_lists
room_for {missing}
apt_get install --no-install-recommends -- {missing}
remember after"""

    def verify(self, after: PackagesState) -> str:
        lines = []
        for name in self.names:
            test = "=" if name in after.installed else "!="
            query = f"dpkg-query -W -f='${{db:Status-Status}}' -- {sh(name)} 2>/dev/null || true"
            lines.append(f'[ "$({query})" {test} installed ]')
        if after.installed == self.names:
            lines.append('. "$change/residue.sh" && whole')
        return "\n".join(lines)


def packages(*names: str) -> Packages:
    """These Debian packages, whatever their order; without the packages that they recommend."""
    return Packages(tuple(sorted(set(names))))
