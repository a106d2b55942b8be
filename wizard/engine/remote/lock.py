"""Who holds a server's lock: what is written there about us, and what is read there about others. Opens no connection."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import uuid

from wizard.errors import BusyError, HeldError, StoppedError
from wizard.text import text as words


def ourselves() -> str:
    """This process, as the lock names it."""
    return f"who={getpass.getuser()}\nfrom={platform.node()}\npid={os.getpid()}\nmachine={_machine()}"


def held(text: str) -> StoppedError:
    """The error that says who has the lock; its details are the text itself. BusyError when it is a script of ours."""
    fields = _fields(text)
    if "who" not in fields:
        return BusyError(
            "engine.lock.busy",
            details=text,
        )
    who, since = _who(fields), fields.get("since", "")
    return HeldError("engine.lock.held_since" if since else "engine.lock.held", details=text, who=who, since=since)


def taken(text: str) -> StoppedError:
    """The error for a run that no longer has the lock: who has taken it, and when."""
    fields = _fields(text)
    if "who" not in fields:
        return StoppedError(
            "engine.lock.lost",
        )
    code = "engine.lock.taken_since" if "since" in fields else "engine.lock.taken"
    return StoppedError(code, details=text, who=_who(fields), since=fields.get("since", ""))


def _who(fields: dict[str, str]) -> str:
    who = fields.get("who") or words("engine.lock.somebody")
    return words(
        "engine.lock.who_and_where", who=who, place=fields.get("from") or words("engine.lock.another_computer")
    )


# the runs of this process that have not ended: each may hold a server's lock
at_work: set[str] = set()


def died_here(text: str) -> bool:
    """Whether the holder was a run of this computer that is no more: a server takes minutes to notice a cut line.

    The run may have been one of this very process, which could not give the lock back when its line was cut.
    """
    fields = _fields(text)
    if fields.get("machine") != _machine() or not fields.get("pid", "").isdigit():
        return False
    if int(fields["pid"]) == os.getpid():
        return fields.get("run") not in at_work
    try:
        os.kill(int(fields["pid"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # another user's
    return False


def _fields(text: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in text.splitlines())


def _machine() -> str:
    """The same for every process of this computer, and for no other: names of computers are not unique in a workshop."""
    return hashlib.sha256(f"{uuid.getnode()} {platform.node()}".encode()).hexdigest()[:12]
