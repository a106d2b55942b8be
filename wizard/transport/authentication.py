"""How a login proves who it is: which keys are offered, then the password. Must not know of hosts or scripts.

Debian 13's sshd punishes wrong keys with silence, so a key that was named is the only one offered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import ConnectError, LoginRefused
from wizard.secret import Secret
from wizard.transport.base import Login

if TYPE_CHECKING:
    from paramiko import PKey, Transport

DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
OFFERS = 4  # sshd's MaxAuthTries is 6, and the password should still have its turn


def load_key(path: Path, passphrase: Secret | None) -> PKey | None:
    """The private key in the file, or None when it is locked and no passphrase is given. ConnectError if unusable."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko import PKey, SSHException
    from paramiko.pkey import UnknownKeyType

    try:
        status = path.stat()
        private = b"PRIVATE KEY-----" in path.read_bytes()
    except OSError as e:
        raise ConnectError(f"cannot read the key {path}: {e.strerror}", hint="name another with --key FILE") from e
    if not private:
        raise ConnectError(
            f"cannot use {path} as a key: there is no private key in it",
            hint=f"use {path.with_suffix('')}" if path.suffix == ".pub" else "name another with --key FILE",
        )
    if status.st_uid == os.getuid() and status.st_mode & 0o077:
        raise ConnectError(f"cannot use the key {path}: others on this computer can read it", hint=f"chmod 600 {path}")
    try:
        return PKey.from_path(path)
    except TypeError:
        pass  # that is how it says that the key is locked
    except (ValueError, SSHException, UnknownKeyType, UnsupportedAlgorithm) as e:
        raise ConnectError(
            f"cannot use the key {path}: it is damaged or of a kind that is not supported",
            details=str(e),
            hint=f"if `ssh-add {path}` takes it, it can be used through the agent",
        ) from e
    if not passphrase:
        return None
    try:
        return PKey.from_path(path, passphrase.reveal().encode())  # type: ignore[arg-type]  # cryptography wants bytes
    except (ValueError, AssertionError, SSHException) as e:
        raise ConnectError(f"cannot use the key {path}: the passphrase is not the right one") from e


def _agent_keys() -> list[PKey]:
    from paramiko import Agent, SSHException

    try:
        return list(Agent().get_keys())
    except (SSHException, OSError):
        return []


def _in_agent(path: Path) -> PKey | None:
    """A locked key that the agent holds unlocked, known by the public half that lies beside it."""
    from paramiko.pkey import PublicBlob

    try:
        blob = PublicBlob.from_file(f"{path}.pub").key_blob
    except (OSError, ValueError):
        return None
    return next((key for key in _agent_keys() if key.asbytes() == blob), None)


def keys(login: Login) -> Iterator[PKey]:
    """The keys to offer, in order: exactly the named one, or else what the agent and ~/.ssh have."""
    if login.key:
        key = load_key(login.key, login.passphrase) or _in_agent(login.key)
        if not key:
            raise ConnectError(
                f"cannot use the key {login.key}: it is locked with a passphrase",
                hint=f"unlock it for this session with: ssh-add {login.key}",
            )
        yield key
        return
    seen = set()
    for key in _agent_keys():
        seen.add(key.asbytes())
        yield key
    for path in (Path.home() / ".ssh" / name for name in DEFAULT_KEYS):
        try:
            found = load_key(path, login.passphrase)
        except ConnectError:
            continue  # nobody named it
        if found and found.asbytes() not in seen:
            yield found


class Authentication:
    """One attempt to log in. `methods` collects what the server said it takes."""

    def __init__(self, transport: Transport, login: Login) -> None:
        self._transport, self._login = transport, login
        self.methods: list[str] = []
        self.offered = 0
        self._answered = False
        self._unanswered = ""  # the first prompt that a password is no answer to

    def run(self) -> None:
        """ConnectError when no means was enough."""
        from paramiko import SSHException

        try:
            if self._with_keys() or self._with_password():
                return
            if not self.methods and self._enough(self._transport.auth_none):  # mostly to learn what the server takes
                return
        except (SSHException, EOFError, OSError) as e:
            raise self._refused("closed the connection after") from e
        raise self._refused("refused")

    def _enough(self, attempt: Callable[..., object], *arguments: object) -> bool:
        """Whether that attempt lets us in. Anything but a plain refusal is raised."""
        from paramiko import AuthenticationException, BadAuthenticationType

        try:
            attempt(self._login.user, *arguments)  # it may be right and still not enough: not our last word
        except BadAuthenticationType as e:
            self.methods = e.allowed_types
        except AuthenticationException:
            if not self._transport.is_active():
                raise
        return self._transport.is_authenticated()

    def _with_keys(self) -> bool:
        for key in keys(self._login):
            if self.offered == OFFERS:
                break
            self.offered += 1
            if self._enough(self._transport.auth_publickey, key):
                return True
            if self.methods and "publickey" not in self.methods:
                break
        return False

    def _with_password(self) -> bool:
        password = self._login.password
        if not password:
            return False
        if self._enough(self._transport.auth_password, password.reveal(), None, False):  # paramiko's fallback is ours
            return True
        interactive = "keyboard-interactive" in self.methods
        return interactive and self._enough(self._transport.auth_interactive, self._answers)

    def _answers(self, title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """The password to the first hidden prompt. A second one (a new password, a code) is not ours to answer."""
        answers = []
        for prompt, shown in prompts:
            if shown or self._unanswered or self._answered:
                self._unanswered = self._unanswered or prompt.strip()
                answers.append("")
            else:
                self._answered = True
                answers.append(self._login.password.reveal() if self._login.password else "")
        return answers

    def _refused(self, did: str) -> ConnectError:
        login = self._login
        if self._unanswered:
            return LoginRefused(
                f"cannot log in as {login.user} on {login.host}: the server asks for more than a password",
                details=f"it asks: {self._unanswered}",
                hint=f"log in once with `ssh {login.user}@{login.host}`; if it wants a new password, set one; "
                "if it wants a code, use a key",
            )
        tried = [f"{self.offered} key{'s' * (self.offered != 1)}"]
        if login.password:
            tried.append("the password")
        takes = f"\nthe server takes: {', '.join(self.methods)}" if self.methods else ""
        return LoginRefused(
            f"cannot log in as {login.user} on {login.host}: the server {did} {' and '.join(tried)}",
            details=f"{str(login.key) if login.key else 'no key was named'}{takes}",
            hint=self._way_out(),
        )

    def _way_out(self) -> str:
        login = self._login
        if "password" in self.methods and not login.password:
            return (
                f"give the password of {login.user}, or put your key there with: ssh-copy-id {login.user}@{login.host}"
            )
        if not login.key:
            return "name your key with --key FILE"
        return f"is it the right user, and is the public key in ~{login.user}/.ssh/authorized_keys on the server?"
