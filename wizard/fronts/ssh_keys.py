"""The private SSH keys that lie on this computer, and what stands in the way of using one. Opens no connection."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path

LARGEST = 64 * 1024  # bytes; a private key is far smaller
MAGIC = b"openssh-key-v1\0"


@dataclass(frozen=True)
class KeyFile:
    """A private key. open_to_others: its mode lets others on this computer read it; locked: it needs a passphrase."""

    path: Path
    open_to_others: bool
    locked: bool

    @property
    def mode(self) -> str:
        return f"{self.path.stat().st_mode & 0o777:04o}"


def found(folder: Path | None = None) -> list[KeyFile]:
    """The private keys in ~/.ssh, by name."""
    folder = folder or Path.home() / ".ssh"
    try:
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix != ".pub")
    except OSError:
        return []
    return [key for path in files if (key := look(path)) is not None]


def look(path: Path) -> KeyFile | None:
    """What is known of this file; None where it is no private key or cannot be read."""
    try:
        status = path.stat()
        if status.st_size > LARGEST:
            return None
        text = path.read_bytes()
    except OSError:
        return None
    if b"PRIVATE KEY-----" not in text:
        return None
    return KeyFile(path, status.st_uid == os.getuid() and bool(status.st_mode & 0o077), _locked(text))


def make_private(path: Path) -> None:
    """Only its owner can read it from now on, and nobody can write to it by mistake (chmod 0400)."""
    path.chmod(0o400)


def _locked(text: bytes) -> bool:
    if b"ENCRYPTED" in text:
        return True
    if b"BEGIN OPENSSH" not in text:
        return False
    body = b"".join(line for line in text.splitlines() if line and b"-----" not in line)
    try:
        blob = base64.b64decode(body)
    except binascii.Error:
        return False
    start = len(MAGIC) + 4  # the length of the cipher's name stands before it (PROTOCOL.key of OpenSSH)
    return blob.startswith(MAGIC) and blob[start : start + 4] != b"none"
