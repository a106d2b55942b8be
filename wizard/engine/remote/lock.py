"""Who holds a server's lock: what is written there about us, and what is read there about others. Opens no connection."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import uuid

from wizard.errors import BusyError, HeldError, StoppedError


def ourselves() -> str:
    """This process, as the lock names it."""
    return f"who={getpass.getuser()}\nfrom={platform.node()}\npid={os.getpid()}\nmachine={_machine()}"


def held(text: str) -> StoppedError:
    """The error that says who has the lock; its details are the text itself. BusyError when it is a script of ours."""
    fields = _fields(text)
    if "who" not in fields:
        return BusyError(
            "cannot work on this server now: another script of wizard is still running on it",
            details=text,
            hint="wait a minute, then run the same command again",
        )
    who, since = _who(fields), fields.get("since", "")
    return HeldError(
        f"cannot work on this server now: {who} is setting it up" + (f", since {since}" if since else ""),
        details=text,
        hint="wait until they are done (--wait), watch them (--watch), or take over with --take-over (their run stops "
        "before its next change)",
        who=who,
        since=since,
    )


def taken(text: str) -> StoppedError:
    """The error for a run that no longer has the lock: who has taken it, and when."""
    fields = _fields(text)
    if "who" not in fields:
        return StoppedError(
            "cannot go on: this run had lost the server's lock, and another wizard has worked there since",
            hint="nothing is lost: run the same command again, and it goes on from where the server stands",
        )
    return StoppedError(
        f"cannot go on: {_who(fields)} took this server over" + (f" at {fields['since']}" if "since" in fields else ""),
        details=text,
        hint="what was done stands in the journal, and they go on from there; to go on here again use --wait or --take-over",
    )


def _who(fields: dict[str, str]) -> str:
    return f"{fields.get('who', 'somebody')} on {fields.get('from', 'another computer')}"


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
