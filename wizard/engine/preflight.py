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
from wizard.text import text

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
            "engine.preflight.refused_several" if several else "engine.preflight.refused",
            details="\n".join(f"{o.what}: {o.why}" if several else o.why for o in refused),
            what=refused[0].what, n=len(refused) - 1, advice="; ".join(o.advice for o in refused),
        )  # fmt: skip
    for obstacle in found:
        emit(events.ServerWarning(obstacle.fact, obstacle.value))
    for fact, value in doubts(server):
        emit(events.ServerWarning(fact, value))


def obstacles(server: Server) -> Iterator[Obstacle]:
    """What a set-up would fail of."""
    if server.distribution != "debian" or (server.version.isdecimal() and int(server.version) < 12):
        yield _obstacle("distribution", server.pretty_name)
    if not server.systemd:
        yield _obstacle("systemd", "", grave=True)
    if server.read_only:
        yield _obstacle("read_only", server.read_only, grave=True)
    if server.disk_free_mb < DISK_NEEDED_MB:
        yield _obstacle("disk", str(server.disk_free_mb), needed=DISK_NEEDED_MB)
    if server.memory_mb < MEMORY_NEEDED_MB and not server.swap_mb:
        yield _obstacle("memory", str(server.memory_mb))
    if abs(server.clock_off_s) > CLOCK_S:
        days = str(abs(server.clock_off_s) // (24 * 3600))
        yield _obstacle("clock", days, code="clock_ahead" if server.clock_off_s > 0 else "clock_behind")


def _obstacle(fact: str, value: str, *, code: str = "", grave: bool = False, **fields: object) -> Obstacle:
    what, why, advice = (
        text(f"engine.obstacle.{code or fact}.{part}", value=value, **fields) for part in ("what", "why", "advice")
    )
    return Obstacle(fact, value, what, why, advice, grave)


def doubts(server: Server) -> Iterator[tuple[str, str]]:
    """What may be in the way of something later: fact and value."""
    older = server.version.isdecimal() and int(server.version) < 12  # which is an obstacle
    if server.distribution == "debian" and server.version not in RELEASES and not older:
        yield "release", server.pretty_name
    if server.noexec:
        yield "noexec", server.noexec
    if not server.home_writable:
        yield "home", server.login_user
