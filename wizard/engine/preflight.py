"""Whether a server can be set up at all, found out before anything on it is touched. Pure: facts in, obstacles out.

Must not know recipes, nor how the facts were come by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wizard import events
from wizard.engine.journal import Journal
from wizard.errors import StoppedError
from wizard.limits import DISK_NEEDED_MB, MEMORY_NEEDED_MB
from wizard.server import Server

RELEASES = {"12", "13"}
CLOCK_S = 24 * 3600


@dataclass(frozen=True)
class Obstacle:
    """One fact that stands in the way. fact: its name for fronts; what, why, advice: for the error that it may become.

    grave: nothing can be written there; else a set-up that has been begun may go on, with a warning.
    """

    fact: str
    value: str
    what: str
    why: str
    advice: str
    grave: bool = False


def check(server: Server, journal: Journal, emit: Callable[[events.Event], None]) -> None:
    """Emits a warning for what may go wrong. StoppedError for what would, while nothing has been touched yet."""
    begun = bool(journal.entries)
    found = list(obstacles(server))
    refused = [o for o in found if o.grave or not begun]
    if refused:
        several = len(refused) > 1
        raise StoppedError(
            f"cannot set up this server: {refused[0].what}" + (f", and {len(refused) - 1} more" if several else ""),
            details="\n".join(f"{o.what}: {o.why}" if several else o.why for o in refused),
            hint=f"{'; '.join(o.advice for o in refused)}. Nothing on the server was touched",
        )
    for obstacle in found:
        emit(events.ServerWarning(obstacle.fact, obstacle.value))
    for fact, value in doubts(server):
        emit(events.ServerWarning(fact, value))


def obstacles(server: Server) -> Iterator[Obstacle]:
    """What a set-up would fail of."""
    if server.distribution != "debian" or (server.version.isdecimal() and int(server.version) < 12):
        yield Obstacle(
            "distribution", server.pretty_name, f"it runs {server.pretty_name}",
            "the recipes are made for Debian 12 and 13", "have it reinstalled with Debian 12 or 13",
        )  # fmt: skip
    if not server.systemd:
        yield Obstacle(
            "systemd", "", "systemd does not run there", "every service of a site is one of systemd's",
            "take a server (not a container without an init system) with Debian 12 or 13", grave=True,
        )  # fmt: skip
    if server.read_only:
        yield Obstacle(
            "read_only", server.read_only, f"{server.read_only} cannot be written to", "nothing could be installed",
            "look why with `dmesg` (a broken disk is mounted read-only) and `mount -o remount,rw /`", grave=True,
        )  # fmt: skip
    if server.disk_free_mb < DISK_NEEDED_MB:
        yield Obstacle(
            "disk", str(server.disk_free_mb), f"it has {server.disk_free_mb} MB of free disk, and {DISK_NEEDED_MB} are needed",
            "packages that were only half unpacked are worse than none", "make room there (`df -h`, `apt-get clean`)",
        )  # fmt: skip
    if server.memory_mb < MEMORY_NEEDED_MB and not server.swap_mb:
        yield Obstacle(
            "memory", str(server.memory_mb), f"it has {server.memory_mb} MB of memory and no swap, and 512 are needed",
            "the kernel would stop apt in the middle", "take a larger server, or add swap",
        )  # fmt: skip
    if abs(server.clock_off_s) > CLOCK_S:
        days = str(abs(server.clock_off_s) // (24 * 3600))
        which = "ahead of" if server.clock_off_s > 0 else "behind"
        yield Obstacle(
            "clock", days, f"its clock is {days} days {which} the one of this computer",
            "certificates and apt's lists would seem to be out of date", "set it there: `timedatectl set-ntp true`",
        )  # fmt: skip


def doubts(server: Server) -> Iterator[tuple[str, str]]:
    """What may be in the way of something later: fact and value."""
    older = server.version.isdecimal() and int(server.version) < 12  # which is an obstacle
    if server.distribution == "debian" and server.version not in RELEASES and not older:
        yield "release", server.pretty_name
    if server.noexec:
        yield "noexec", server.noexec
    if not server.home_writable:
        yield "home", server.login_user
