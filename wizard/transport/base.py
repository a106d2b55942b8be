"""What the engine asks of a connection, and the plain data that crosses it.

Must not know what a script means: recipes, journal and operations are above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from wizard.secret import Secret

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """Where, as whom and by what means. `key` is a private key file; without one, the agent and ~/.ssh are tried.

    `password` logs in where no key does; `sudo_password` is needed where sudo asks. `jump` is the login of a
    ProxyJump host, itself a Login. `known_as` is the name to look up host keys by (ssh_config's HostKeyAlias).

    Without a `key`: `identities` are the IdentityFiles of ssh_config (empty: ssh's own), `certificates` its
    CertificateFiles, `identities_only` leaves out what the agent has besides; `agent` is its socket (None: $SSH_AUTH_SOCK,
    "": none). `proved` is the public half of a key that got in before: it goes first.
    """

    host: str
    user: str = "root"
    port: int = 22
    key: Path | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    sudo_password: Secret | None = None
    jump: Login | None = None
    known_as: str | None = None
    identities: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()
    identities_only: bool = False
    agent: str | None = None
    proved: bytes | None = field(default=None, compare=False, repr=False)

    def as_user(self, user: str, *, key: Path | None = None, sudo_password: Secret | None = None) -> Login:
        """The same server by another door: no password is carried over."""
        return replace(
            self,
            user=user,
            key=key or self.key,
            password=None,
            sudo_password=sudo_password,
        )

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" + (f":{self.port}" if self.port != 22 else "")


@dataclass(frozen=True)
class Result:
    """How a script ended: its exit status, all of stdout, the last 256 KiB of stderr."""

    status: int
    out: str
    err: str = ""


@dataclass(frozen=True)
class HostKey:
    """A server's public key as it was offered. `fingerprint` is `SHA256:…` as ssh-keygen -l prints it."""

    host: str
    port: int
    type: str
    fingerprint: str
    other_fingerprints: tuple[str, ...] = field(default=())  # what known_hosts has for this host, if anything


class AskHostKey(Protocol):
    """Called on first contact; True stores the key in the known_hosts file."""

    def __call__(self, key: HostKey, /) -> bool: ...


class Transport(Protocol):
    """One authenticated connection to one server. Synchronous; used by one thread at a time."""

    login: Login

    def connect(self) -> None:
        """Opens the connection. ConnectError when it can't be reached or refuses the login; HostKeyError."""

    def run(
        self,
        script: str,
        *,
        label: str = "",
        root: bool = True,
        on_line: OnLine | None = None,
        silence: float = 60,
    ) -> Result:
        """Runs one POSIX shell script and waits for its end. The script travels over stdin, never in argv.

        root: as root, through sudo where the login isn't root. on_line gets each line of stdout, without its
        newline, as it comes. silence: seconds without any output after which the server counts as frozen.
        Raises ConnectionLost when the connection breaks or stays silent; a non-zero status is no error here.
        """

    def put(self, source: BinaryIO, path: str, *, mode: int = 0o600) -> None:
        """Streams bytes into a new root-owned file (its directory exists): temporary name, fsync, rename."""

    def tunnel(self, port: int, host: str = "127.0.0.1") -> AbstractContextManager[int]:
        """A local port on 127.0.0.1 that leads to host:port as the server sees it, while the context lasts."""

    def another(self, login: Login | None = None) -> Transport:
        """A new, not yet connected transport to the same server, with the same host key rules."""

    def learn_host_keys(self, lines: Sequence[str]) -> None:
        """Remembers the server's other host keys (lines of its *.pub files), as ssh's UpdateHostKeys does.

        Only over a connection that proved itself by a key known already; a kind of key that is known is never replaced.
        """

    def alive(self) -> bool:
        """Whether the connection stands, as far as this side knows."""

    def close(self) -> None:
        """Closes; closing twice is fine."""
