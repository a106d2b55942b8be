"""A reboot as an operation: the connection breaks, the engine comes back, looks again and goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Operation, State
from wizard.operations.quoting import sh


@dataclass(frozen=True)
class RebootState(State):
    """Whether the server still has to be restarted."""

    needed: bool = False


@dataclass(frozen=True)
class Reboot(Operation):
    """Restarts the server once if `needed` (a test in POSIX shell) succeeds. There is nothing to undo about it.

    The boot id that was there when the restart was ordered is kept, so that a client that died meanwhile knows
    whether it has happened.
    """

    kind: ClassVar[str] = "reboot"
    state = RebootState
    reboots: ClassVar[bool] = True
    name: str
    needed: str

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        mark = f"$W/reboot-{sh(self.name)}"
        return (
            f'if [ -e {mark} ] && [ "$(cat {mark})" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then echo no\n'
            f"elif ( {self.needed}\n ) >/dev/null 2>&1; then echo yes; else echo no; fi"
        )

    def parse(self, text: str) -> RebootState:
        return RebootState(text.strip() == "yes")

    def wanted(self, found: RebootState) -> RebootState:
        return RebootState(False)

    def apply(self, before: RebootState, after: RebootState) -> str:
        if after.needed:  # undo: the restart has been; forget it, so that a later set-up restarts again
            return f"rm -f $W/reboot-{sh(self.name)}"
        return (
            f"cat /proc/sys/kernel/random/boot_id >$W/reboot-{sh(self.name)}; sync $W\n"
            "systemctl reboot\n"
            "sleep 300 # the connection ends here; the wizard waits and comes back"
        )


def reboot(name: str, *, needed: str) -> Reboot:
    """The server restarts once, where the script `needed` succeeds; `name` tells this restart from others."""
    return Reboot(name, needed)
