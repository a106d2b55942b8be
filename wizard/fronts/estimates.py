"""How long changes take, roughly: facts about kinds of operations, for the screens alone."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.operations.base import Change
from wizard.text import text

# seconds, as measured on practice servers with two processors
SECONDS = {
    "packages": 15, "upgrade": 60, "reboot": 25, "git_release": 8, "uploaded_release": 2, "virtualenv": 30, "migrations": 6,
    "static_files": 4,
    "superuser": 3, "long_command": 10, "point_of_no_return": 30, "firewall": 3, "service": 2,
}  # fmt: skip
OTHERWISE = 0.5


def seconds(changes: Iterable[Change]) -> float:
    return sum(SECONDS.get(c.operation.kind, OTHERWISE) for c in changes)


def duration(amount: float) -> str:
    """Seconds in words, rounded up to what one can promise."""
    if amount < 60:
        return text("fronts.estimates.less_than_minute")
    minutes = round(amount / 60)
    return (
        text("fronts.estimates.about_minute")
        if minutes == 1
        else text("fronts.estimates.about_minutes", minutes=minutes)
    )


class Estimate:
    """How far a run is, by the time that its changes take."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.whole_s = self.left_s = 1 + seconds(changes)

    def spend(self, key: str) -> None:
        """The change of this key (kind:name) is made."""
        self.left_s = max(1.0, self.left_s - SECONDS.get(key.partition(":")[0], OTHERWISE))

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return 1 - self.left_s / self.whole_s
