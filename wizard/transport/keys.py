"""Which keys a login offers, in the order of ssh(1): so what works with `ssh HOST` works here. Opens no connection.

ssh(1) takes its IdentityFiles (ssh_config(5)) and the agent's keys: first certificates, then the agent's keys that an
IdentityFile names (it may be the public half alone), then the agent's other keys unless IdentitiesOnly, then files.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import copy
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import ConnectError
from wizard.secret import Secret
from wizard.text import text as in_words
from wizard.transport.base import Login
from wizard.transport.host_keys import fingerprint

if TYPE_CHECKING:
    from paramiko import PKey

DEFAULT_KEYS = ("id_rsa", "id_ecdsa", "id_ed25519")  # in ssh's order, without what needs a device
LARGEST = 64 * 1024  # bytes of a key file
_MAGIC = b"openssh-key-v1\0"
_AGENT_PATIENCE = 20.0  # seconds; some agents ask their person before they tell


@dataclass(frozen=True)
class Offer:
    """A key that is offered. blob: its public half, b"" where only the passphrase would tell. path: its file, if any."""

    name: str
    blob: bytes
    load: Callable[[], PKey | None]
    path: Path | None = None
    in_agent: bool = False


@dataclass(frozen=True)
class Offers:
    """All keys in their order, and what was passed over, with the reason."""

    keys: tuple[Offer, ...]
    notes: tuple[str, ...] = ()


def load_key(path: Path, passphrase: Secret | None) -> PKey | None:
    """The private key in the file, or None when it is locked and no passphrase is given. ConnectError if unusable."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko import PKey, SSHException
    from paramiko.pkey import UnknownKeyType

    try:
        status = path.stat()
        private = b"PRIVATE KEY-----" in _head(path)
    except OSError as e:
        raise ConnectError("transport.keys.unreadable", path=path, strerror=e.strerror) from e
    if not private:
        raise ConnectError(
            "transport.keys.not_private", path=path,
            hint=in_words("transport.keys.use_private", value=path.with_suffix(''))
            if path.suffix == ".pub" else "name another with --key FILE",
        )  # fmt: skip
    if status.st_uid == os.getuid() and status.st_mode & 0o077:
        raise ConnectError("transport.keys.readable_by_others", path=path)
    try:
        return _plain(PKey.from_path(path))
    except TypeError:
        pass  # that is how it says that the key is locked
    except (ValueError, SSHException, UnknownKeyType, UnsupportedAlgorithm) as e:
        raise ConnectError(
            "transport.keys.damaged",
            path=path,
            details=str(e),
        ) from e
    if not passphrase:
        return None
    try:
        return _plain(PKey.from_path(path, passphrase.reveal().encode()))  # type: ignore[arg-type]  # bytes are wanted
    except (ValueError, AssertionError, SSHException) as e:
        raise ConnectError("transport.keys.wrong_passphrase", path=path, wants="passphrase") from e


def _plain(key: PKey) -> PKey:
    """Without the certificate that may lie beside it, and that paramiko would offer in its place."""
    key.public_blob = None
    return key


def public_half(path: Path) -> bytes:
    """The public half that the file, or the one with `.pub` beside it, tells without a passphrase; b"" where none does."""
    for candidate in (path, Path(f"{path}.pub")):
        try:
            text = _head(candidate)
        except OSError:
            continue
        if blob := _of_private(text) or _of_public(text):
            return blob
    return b""


def offers(login: Login) -> Offers:
    """The keys to offer, in order. ConnectError when the one that was named cannot be used."""
    held, notes = agent_keys(login.agent), list[str]()
    if login.key:
        keys = [_named(login.key, login, held)]
    else:
        keys, notes = _all(login, held)
        notes += [] if held else _about_agent(login.agent)
    once: dict[bytes, Offer] = {}
    for number, key in enumerate(keys):
        once.setdefault(key.blob or str(number).encode(), key)
    ordered = sorted(once.values(), key=lambda key: not (login.proved and key.blob == login.proved))
    return Offers(tuple(ordered), tuple(notes))


def agent_keys(where: str | None) -> list[PKey]:
    """The keys of the agent at this socket (None: $SSH_AUTH_SOCK; "": no agent); none where nobody answers there."""
    from paramiko import SSHException
    from paramiko.agent import AgentSSH

    path = os.environ.get("SSH_AUTH_SOCK", "") if where is None else where
    if not path:
        return []
    agent = AgentSSH()
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_AGENT_PATIENCE)
        connection.connect(path)
        agent._connect(connection)  # type: ignore[attr-defined]  # the public Agent knows $SSH_AUTH_SOCK alone
        return list(agent.get_keys())
    except (SSHException, OSError, ValueError, struct.error):
        return []


def _about_agent(where: str | None) -> list[str]:
    """Why the agent had no key, where it had none."""
    if where == "":
        return [in_words("transport.keys.agent_left_out")]
    path = where or os.environ.get("SSH_AUTH_SOCK", "")
    if not path:
        return [in_words("transport.keys.no_agent")]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        probe.connect(path)
        return [in_words("transport.keys.agent_empty")]
    return [in_words("transport.keys.agent_silent", path=path)]


def _named(path: Path, login: Login, held: list[PKey]) -> Offer:
    """Exactly that key: of the agent, where it holds what the file names."""
    blob = public_half(path)
    in_agent = next((key for key in held if blob and key.asbytes() == blob), None)
    if in_agent is not None and not _opens(path):
        return _with_certificate(Offer(str(path), blob, lambda: in_agent, path, in_agent=True), path)
    key = load_key(path, login.passphrase)
    if key is None:
        raise ConnectError(
            "transport.keys.locked",
            path=path,
            wants="passphrase",
        )
    return _with_certificate(Offer(str(path), key.asbytes(), lambda: key, path), path)


def _opens(path: Path) -> bool:
    try:
        return load_key(path, None) is not None
    except ConnectError as e:
        if e.code == "transport.keys.readable_by_others":
            raise
        return False


def _all(login: Login, held: list[PKey]) -> tuple[list[Offer], list[str]]:
    files = login.identities or tuple(Path.home() / ".ssh" / name for name in DEFAULT_KEYS)
    notes: list[str] = []
    blobs = {path: public_half(path) for path in files}
    of_agent: list[Offer] = []
    others: list[Offer] = []
    for key in held:
        blob = key.asbytes()
        path = next((path for path in files if blobs[path] and _same(blobs[path], blob)), None)
        name = str(path or in_words("transport.keys.of_agent", key=_comment(key), blob=fingerprint(blob)))
        held_key = Offer(name, blob, partial(_itself, key), path, in_agent=True)
        (of_agent if path else others).append(held_key)
    in_agent = {offer.path for offer in of_agent}
    from_files = [offer for path in files if path not in in_agent and (offer := _of_file(path, login, notes))]
    if login.identities_only:
        notes += [in_words("transport.keys.identities_only", others=len(others))] if others else []
        others = []
    keys = [*of_agent, *others, *from_files]
    return [*_certified(login.certificates, keys), *_beside(keys)], notes


def _itself(key: PKey) -> PKey:
    return key


def _of_file(path: Path, login: Login, notes: list[str]) -> Offer | None:
    """What the file offers without the agent; the reason goes to the notes where it is none."""
    if not path.exists() or path == Path(os.devnull):  # which stands for `IdentityFile none`
        if path in login.identities and not path.name.startswith("id_") and path != Path(os.devnull):
            notes.append(in_words("transport.keys.not_there", path=path))
        return None
    try:
        private = b"PRIVATE KEY-----" in _head(path)
        key = load_key(path, None) if private else None
    except (ConnectError, OSError) as e:
        notes.append(in_words("transport.keys.unusable", path=path, reason=getattr(e, "message", e)))
        return None
    if not private:
        notes.append(in_words("transport.keys.public_half", path=path))
        return None
    if key is None and not login.passphrase:
        notes.append(in_words("transport.keys.locked_note", path=path))
        return None
    return Offer(str(path), public_half(path), lambda: key or load_key(path, login.passphrase), path)


# Certificates (ssh-keygen(1), CERTIFICATES): a public half that an authority has signed, used with the key's own signature


def _certified(files: Iterable[Path], keys: list[Offer]) -> Iterator[Offer]:
    for file in files:
        found = next((offer for key in keys if (offer := _certificate(file, key))), None)
        if found:
            yield found


def _beside(keys: list[Offer]) -> Iterator[Offer]:
    """Each key, after its certificate where one lies beside its file."""
    for key in keys:
        if key.path and (offer := _certificate(_certificate_of(key.path), key)):
            yield offer
        yield key


def _with_certificate(key: Offer, path: Path) -> Offer:
    return _certificate(_certificate_of(path), key) or key


def _certificate_of(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix('.pub')}-cert.pub")


def _certificate(file: Path, key: Offer) -> Offer | None:
    try:
        certificate = _of_public(_head(file))
    except OSError:
        return None
    if not certificate or not key.blob or not _same(certificate, key.blob):
        return None

    def load() -> PKey | None:
        from paramiko import AgentKey

        loaded = key.load()
        if loaded is None:
            return None
        # copy.copy() cannot take a key of an agent
        again = AgentKey(loaded.agent, loaded.blob) if isinstance(loaded, AgentKey) else copy.copy(loaded)
        again.load_certificate(str(file))
        return again

    return Offer(
        in_words("transport.keys.with_certificate", file=file, name=key.name), certificate, load, key.path, key.in_agent
    )


def _same(one: bytes, other: bytes) -> bool:
    """Whether these are the same key, where one may be a certificate of it: then its numbers stand in it."""
    if one == other:
        return True
    longer, shorter = sorted((one, other), key=len, reverse=True)
    kind = _string(shorter, 0)
    return b"-cert-" in _string(longer, 0) and bool(kind) and shorter[len(kind) + 4 :] in longer


# Files ------------------------------------------------------------------------------------------------------------


def _head(path: Path) -> bytes:
    if not path.is_file() and path.exists():  # a pipe would never end
        raise IsADirectoryError(21, in_words("transport.keys.no_file"), str(path))
    with path.open("rb") as file:
        return file.read(LARGEST)


def _of_public(text: bytes) -> bytes:
    """The first line of an authorized_keys kind (sshd(8))."""
    for line in text.removeprefix(b"\xef\xbb\xbf").splitlines():
        words = line.split()
        if len(words) >= 2 and not words[0].startswith(b"#"):
            try:
                blob = base64.b64decode(words[1], validate=True)
            except binascii.Error:
                return b""
            return blob if _string(blob, 0) == words[0] else b""
    return b""


def _of_private(text: bytes) -> bytes:
    """OpenSSH's own form has the public half in clear (PROTOCOL.key of OpenSSH)."""
    if b"BEGIN OPENSSH PRIVATE KEY" not in text:
        return b""
    body = b"".join(line for line in text.splitlines() if line and b"-----" not in line)
    try:
        data = base64.b64decode(body)
    except binascii.Error:
        return b""
    if not data.startswith(_MAGIC):
        return b""
    place = len(_MAGIC)
    for _ in range(3):  # cipher, key derivation, its options
        place += 4 + len(_string(data, place))
    return _string(data, place + 4)  # after the number of keys


def _string(data: bytes, place: int) -> bytes:
    """RFC 4251, 5: four bytes of length, and the bytes; b"" where the data is cut off."""
    if len(data) < place + 4:
        return b""
    (length,) = struct.unpack_from(">I", data, place)
    return data[place + 4 : place + 4 + length] if len(data) >= place + 4 + length else b""


def _comment(key: PKey) -> str:
    comment = str(getattr(key, "comment", "") or "")
    return comment or key.get_name()
