"""Who holds a server's lock: what is written there about us, and what is read there about others. Opens no connection."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import uuid

from wizard.errors import BusyError, StoppedError


def ourselves() -> str:
    """This process, as the lock names it."""
    return f"who={getpass.getuser()}\nfrom={platform.node()}\npid={os.getpid()}\nmachine={_machine()}"


def held(text: str) -> StoppedError:
    """The error that says who has the lock; its details are the text itself. BusyError when it is a script of ours."""
    fields = _fields(text)
    who = f"{fields.get('who', 'somebody')} on {fields.get('from', 'another computer')}"
    return (StoppedError if "who" in fields else BusyError)(
        f"cannot work on this server now: {who} is setting it up" if "who" in fields
        else "cannot work on this server now: another script of wizard is still running on it",
        details=text,
        hint="wait until they are done, or take over with --take-over (their run stops before its next change)",
    )  # fmt: skip


def died_here(text: str) -> bool:
    """Whether the holder was a process of this computer that is no more: a server takes minutes to notice a cut line."""
    fields = _fields(text)
    if fields.get("machine") != _machine() or not fields.get("pid", "").isdigit():
        return False
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
