"""The line for ssh(1) by which a person logs in from now on: tried as it is shown, where this computer has an ssh.

Must not know how a set-up is made, nor any front.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import WizardError
from wizard.recipe import LoginAs
from wizard.text import text
from wizard.transport.base import Login, Transport
from wizard.transport.keys import Offer, offers

PATIENCE = 20.0  # seconds for a login
# Nothing may be asked, no host key taken unseen, and no connection of the person's own be used or left behind.
_QUIET = (
    "BatchMode=yes", "ConnectTimeout=10", "ConnectionAttempts=1", "StrictHostKeyChecking=yes", "UpdateHostKeys=no",
    "ControlMaster=no", "ControlPath=none", "ControlPersist=no", "RemoteCommand=none", "RequestTTY=no",
    "PermitLocalCommand=no", "ClearAllForwardings=yes", "ForwardAgent=no",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """How one account is reached. host: as the person calls it; port: where the target named one; login: what `ssh` would
    make of that; used: the key that got in; known_hosts: a file of ours that ssh would not look into, or None."""

    user: str
    host: str
    port: int | None
    login: Login
    used: Offer | None = None
    known_hosts: Path | None = None


def options(login: Login, key: Path | None, known_hosts: Path | None) -> list[str]:
    """The words for ssh(1) between its name and the destination that say all that this login knows."""
    words = ["-p", str(login.port)] if login.port != 22 else []
    words += ["-o", f"UserKnownHostsFile={known_hosts}"] if known_hosts else []
    words += ["-o", f"HostKeyAlias={login.known_as}"] if login.known_as else []
    words += ["-i", str(key), "-o", "IdentitiesOnly=yes"] if key else []
    return words + (["-J", ",".join(_hops(login.jump))] if login.jump else [])


def shown(told: LoginAs, target: str, transport: Transport | None, known_hosts: Path | None) -> str:
    """The line for a user of a TARGET that was set up over this transport. known_hosts: the file of a practice server."""
    from wizard.transport.ssh import SshTransport
    from wizard.transport.target import as_written, parse_target

    if not isinstance(transport, SshTransport):
        return f"ssh {told.user}@{transport.login.host if transport else 'SERVER'}"
    if known_hosts is not None:
        login = transport.login
        way = Way(told.user, login.host, None, login.as_user(told.user), transport.key, known_hosts)
        return line(way, told.keys)
    host, port = as_written(target)
    place = f"[{host}]" if ":" in host else host
    login = parse_target(f"{told.user}@{place}" + (f":{port}" if port else ""), by_ssh=True)
    return line(Way(told.user, host, port, login, transport.key), told.keys)


def line(way: Way, authorized: Iterable[str]) -> str:
    """The shortest line that works, else the exact one. authorized: the public keys (lines) that may log in as this user.

    Each is tried once at most, and the short one only where ssh would offer a right key first: a server counts wrong ones.
    """
    wanted = {blob for blob in map(_blob, authorized) if blob}
    keys = _offered(way.login)
    right = next((key for key in [way.used, *keys] if key and (key.blob in wanted or not wanted)), way.used)
    short = ["ssh", *(["-p", str(way.port)] if way.port else []), f"{way.user}@{way.host}"]
    first = next(iter(keys), None)
    goes_first = bool(first and right and first.blob == right.blob)
    if way.known_hosts is None and goes_first and works(short):
        return shlex.join(short)
    if right is None or right.path is None:
        return shlex.join(short) + f"  # {text('app.login_line.not_tried')}"
    exact = ["ssh", "-i", str(right.path), "-o", "IdentitiesOnly=yes"]
    exact += ["-o", f"UserKnownHostsFile={way.known_hosts}"] if way.known_hosts else []
    exact += short[1:]
    return shlex.join(exact) + ("" if works(exact) else f"  # {text('app.login_line.not_tried')}")


def works(argv: list[str]) -> bool:
    """Whether this line logs in, without asking anything. False where there is no ssh."""
    program = shutil.which(argv[0])
    if program is None:
        return False
    quiet = [word for option in _QUIET for word in ("-o", option)]
    try:
        done = subprocess.run(
            [program, *quiet, *argv[1:], "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _offered(login: Login) -> Collection[Offer]:
    try:
        return offers(login).keys
    except WizardError:
        return ()


def _blob(text: str) -> bytes:
    """The key in a line of authorized_keys, whose options may come first (sshd(8))."""
    words = text.split()
    for kind, data in itertools.pairwise(words):
        if kind.startswith(("ssh-", "ecdsa-", "sk-")):
            try:
                return base64.b64decode(data, validate=True)
            except binascii.Error:
                continue
    return b""


def _hops(login: Login) -> list[str]:
    before = _hops(login.jump) if login.jump else []
    host = f"[{login.host}]" if ":" in login.host else login.host
    return [*before, f"{login.user}@{host}:{login.port}"]
