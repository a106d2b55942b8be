"""Whether a server is the one we know: reads known_hosts files, judges the offered key, remembers a new one.

paramiko's HostKeys raises on marker lines and drops what it cannot parse when it saves, so the file is read here,
and only ever appended to. Must not know how a connection is made.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import private
from wizard.errors import HostKeyError, UsageError
from wizard.own_files import lenient
from wizard.text import text as words
from wizard.transport.base import AskHostKey, HostKey, Login
from wizard.transport.patterns import matches

if TYPE_CHECKING:
    from paramiko import PKey


@dataclass(frozen=True)
class KnownKey:
    """One key line of a known_hosts file."""

    line: int
    marker: str  # "", "@revoked" or "@cert-authority"
    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.blob)


def fingerprint(blob: bytes) -> str:
    """`SHA256:…` as ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def checked_fingerprint(text: str) -> str:
    """The fingerprint as this module compares it; UsageError when it is none."""
    digest = text.strip().removeprefix("SHA256:").rstrip("=")
    try:
        size = len(base64.b64decode(digest + "=", validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != hashlib.sha256().digest_size:
        raise UsageError(
            "transport.host_keys.no_fingerprint",
            text=repr(text),
        )
    return "SHA256:" + digest


def known_name(login: Login) -> str:
    """The name under which ssh keeps the host's keys: an alias as it is, else `host` or `[host]:port`."""
    if login.known_as:
        return login.known_as
    return login.host if login.port == 22 else f"[{login.host}]:{login.port}"


def known_keys(path: Path, name: str) -> list[KnownKey]:
    """The keys that the file holds for that name. Lines that ssh would skip are skipped; no file is an empty file."""
    try:
        text = lenient(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as e:
        raise HostKeyError("transport.host_keys.unreadable", path=path, strerror=e.strerror) from e
    return list(_matching(text, name.lower()))


def _matching(text: str, name: str) -> Iterator[KnownKey]:
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) < 3 or fields[0].startswith("#") or not _names(fields[0], name):
            continue
        try:
            yield KnownKey(number, marker, fields[1], base64.b64decode(fields[2], validate=True))
        except binascii.Error:
            continue


def _names(patterns: str, name: str) -> bool:
    """sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: a hashed name, or patterns where one with `!` vetoes."""
    if patterns.startswith("|1|"):
        salt, _, digest = patterns.removeprefix("|1|").partition("|")
        try:
            mac = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
            return hmac.compare_digest(mac, base64.b64decode(digest))
        except binascii.Error:
            return False
    return matches(name, patterns.split(","))


def in_order(preferred: Iterable[str], known: Iterable[KnownKey]) -> list[str]:
    """The key types to ask for, known ones first: a server shows only the first type that both sides have."""
    types = {key.type for key in known if not key.marker}
    if "ssh-rsa" in types:
        types |= {"rsa-sha2-512", "rsa-sha2-256"}
    return sorted(preferred, key=lambda name: name not in types)


class HostKeys:
    """The rules for one known_hosts file."""

    def __init__(self, path: Path, ask: AskHostKey | None, expected: str | None) -> None:
        self.path = path
        self.ask = ask
        self.expected = checked_fingerprint(expected) if expected else None

    def known(self, login: Login) -> list[KnownKey]:
        return known_keys(self.path, known_name(login))

    def check(self, login: Login, key: PKey) -> None:
        """Returns when the key is known or accepted (and then stored); HostKeyError otherwise."""
        blob, kind = key.asbytes(), key.get_name()
        lines = self.known(login)
        if any(k.marker == "@revoked" and k.blob == blob for k in lines):
            raise HostKeyError(
                "transport.host_keys.revoked",
                host=login.host,
                path=self.path,
            )
        plain = [k for k in lines if not k.marker]
        if any(k.blob == blob for k in plain):
            return
        if changed := [k for k in plain if k.type == kind]:
            raise self._changed(login, changed[0], fingerprint(blob))
        offered = HostKey(
            login.host, login.port, kind, fingerprint(blob), tuple(f"{k.type} {k.fingerprint}" for k in plain)
        )
        self._accept(login, offered)
        self._remember(login, kind, blob)

    def learn(self, login: Login, lines: Iterable[str]) -> None:
        """Stores keys of kinds that are not known yet, told by a server that has shown a known one."""
        known = self.known(login)
        told = {}
        for kind, data in (line.split()[:2] for line in lines if len(line.split()) >= 2):
            with contextlib.suppress(binascii.Error):
                told[kind] = base64.b64decode(data, validate=True)
        if not {k.blob for k in known if not k.marker} & set(told.values()):
            return  # trusted through a certificate; or the files are another sshd's
        for kind in told.keys() - {k.type for k in known}:
            with contextlib.suppress(HostKeyError):  # a convenience: nothing fails without it
                self._remember(login, kind, told[kind])

    def _accept(self, login: Login, offered: HostKey) -> None:
        if self.expected:
            if offered.fingerprint == self.expected:
                return
            raise HostKeyError(
                "transport.host_keys.unexpected",
                host=login.host,
                type=offered.type,
                details=f"expected {self.expected}\noffered  {offered.fingerprint} ({offered.type})",
            )
        if self.ask is None:
            raise HostKeyError(
                "transport.host_keys.unknown",
                host=login.host,
                fingerprint=offered.fingerprint,
                details=words("transport.host_keys.offered", fingerprint=offered.fingerprint, type=offered.type),
            )
        if not self.ask(offered):
            raise HostKeyError(
                "transport.host_keys.not_accepted",
                host=login.host,
            )

    def _changed(self, login: Login, known: KnownKey, offered: str) -> HostKeyError:
        name = known_name(login)
        return HostKeyError(
            "transport.host_keys.other",
            host=login.host,
            name=name,
            path=self.path,
            details=words(
                "transport.host_keys.changed",
                known=known.fingerprint,
                type=known.type,
                path=self.path,
                line=known.line,
                offered=offered,
            ),
        )

    def _remember(self, login: Login, kind: str, blob: bytes) -> None:
        line = f"{known_name(login)} {kind} {base64.b64encode(blob).decode()}\n".encode()
        try:
            private.folder(self.path.parent)
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
                if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
                    line = b"\n" + line
                file.write(line)
        except OSError as e:
            raise HostKeyError("transport.host_keys.unwritable", path=self.path, strerror=e.strerror) from e
