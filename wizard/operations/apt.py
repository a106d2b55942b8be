"""Debian packages: installed, and upgraded. The shell that writes down and takes away what they leave is in residue.sh, the
one that mends what a power cut left in mending.sh, and the one that keeps new services from running too early in holding.sh.

Recommended packages are left out: a server gets what a recipe names, and the plan names all of it. Must not know
what a package is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from wizard.limits import APT_SPARE_MB
from wizard.operations.base import Blob, Operation, State
from wizard.operations.quoting import sh

SHELL = ("residue.sh", "holding.sh", "mending.sh")
WAITING = "apt-get -s upgrade --with-new-pkgs | grep -q '^Inst '"


@cache
def residue() -> Blob:
    """The words `remember`, `put_back` and their like, as shell. They go up as a blob: a plan stays readable."""
    return Blob(
        f"spare_mb={APT_SPARE_MB}\n".encode()
        + b"".join((Path(__file__).parent / "shell" / name).read_bytes() for name in SHELL)
    )


@dataclass(frozen=True)
class PackagesState(State):
    """Which of the packages in question are installed and configured ("ii")."""

    installed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages(Operation):
    """These packages, with what they depend on. Undo purges exactly what apt added and puts right what scripts left.

    Their services neither run nor start at boot until a `service` operation says so, but for those of `start`.
    """

    kind: ClassVar[str] = "packages"
    state = PackagesState
    long: ClassVar[bool] = True
    names: tuple[str, ...]
    start: tuple[str, ...] = ()

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

    @property
    def shipped(self) -> tuple[Blob, ...]:
        return (residue(),)

    def apply(self, before: PackagesState, after: PackagesState) -> str:
        if after.installed != self.names:
            return 'if [ -e "$change/residue.sh" ]; then . "$change/residue.sh"; put_back; fi'
        missing = " ".join(sh(name) for name in self.names if name not in before.installed)
        return f"""\
residue={residue().name}
. "$blobs/$residue"  # what the words below mean
room {APT_SPARE_MB}
sshd_would_start
start_over_if_hurt
remember before
apt_lists
room_for {missing}
hold_back {sh(" ".join(self.start))} {missing}
held apt_get install --no-install-recommends -- {missing}
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


@dataclass(frozen=True)
class UpgradeState(State):
    """Whether there is something to upgrade. Not what: that changes from day to day, and is no drift."""

    waiting: bool = True


@dataclass(frozen=True)
class Upgrade(Operation):
    """Every package at its newest version. A point of no return: Debian's archive keeps no older versions."""

    kind: ClassVar[str] = "upgrade"
    state = UpgradeState
    long: ClassVar[bool] = True
    irreversible: ClassVar[bool] = True

    @property
    def identity(self) -> str:
        return "packages"

    def observe(self) -> str:
        # apt needs a second to say what it would do, so it is only asked when the lists are newer than our upgrade
        lists = "find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -cnewer $W/upgraded -print -quit"
        return f'if [ -e $W/upgraded ] && {{ [ -z "$({lists})" ] || ! {WAITING}; }}; then echo current; fi'

    def parse(self, text: str) -> UpgradeState:
        return UpgradeState(text.strip() != "current")

    def wanted(self, found: UpgradeState) -> UpgradeState:
        return UpgradeState(False)

    @property
    def shipped(self) -> tuple[Blob, ...]:
        return (residue(),)

    def apply(self, before: UpgradeState, after: UpgradeState) -> str:
        if after.waiting:
            return "false  # an upgrade cannot be undone"
        return f"""\
. "$blobs/{residue().name}"  # what the words below mean
room {APT_SPARE_MB}
sshd_would_start
mend_upgrade
remember_etc
apt_lists now
room $(({APT_SPARE_MB} + $(would upgrade --with-new-pkgs | mb_of download)))
apt_get upgrade --with-new-pkgs
touch $W/upgraded"""

    def verify(self, after: UpgradeState) -> str:
        return f'[ -z "$(dpkg --audit)" ]\n! {WAITING}'


def upgrade() -> Upgrade:
    """Reads the package lists and upgrades what is installed, with the dependencies that are new; removes nothing."""
    return Upgrade()


def packages(*names: str, start: Iterable[str] = ()) -> Packages:
    """These Debian packages, whatever their order; without the packages that they recommend.

    Debian starts a service as soon as its package is installed, with settings that nobody has looked at: a welcome page in
    public, a jail that shuts out whoever mistyped a password. So the new services of these packages wait, switched off, until
    a `service(...)` after their settings starts them. start: those of the names whose services may run at once.
    """
    return Packages(tuple(sorted(set(names))), tuple(sorted(set(start))))
