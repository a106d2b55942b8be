"""What an SSH server says to a login, on the wire: which methods it offers, and whether it lets us in.

`sshd -T` tells what its files say; only a server's own answer proves what it does. Runs nothing on the server.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.errors import ConnectError
from wizard.transport.authentication import Authentication
from wizard.transport.base import Login, Transport
from wizard.transport.ssh import HANDSHAKE_TIMEOUT, SshTransport

if TYPE_CHECKING:
    import paramiko


@dataclass(frozen=True)
class Reply:
    """methods: what the server takes from this user (`publickey`, `password`, …); let_in: whether the login worked."""

    methods: tuple[str, ...]
    let_in: bool = False


def offered(transport: Transport, user: str) -> Reply:
    """Asks which methods the server takes, by a `none` request (RFC 4252, 5.2): no key and no password is tried.

    ConnectError when there is no answer.
    """
    from paramiko import BadAuthenticationType, SSHException

    with _unauthenticated(transport.another(transport.login.as_user(user))) as connection:
        try:
            connection.auth_none(user)
        except BadAuthenticationType as e:
            return Reply(tuple(e.allowed_types))
        except (SSHException, EOFError, OSError) as e:
            raise ConnectError(
                "transport.probe.unknown",
                host=transport.login.host,
                user=user,
                details=str(e) or type(e).__name__,
            ) from e
        return Reply(("none",), let_in=True)


def knock(transport: Transport, login: Login) -> Reply:
    """Really tries to log in, with the one key that got in before (or the first): one failed attempt when it is refused."""
    with _unauthenticated(transport.another(login)) as connection:
        attempt = Authentication(connection, transport.another(login).login, most=1)
        try:
            attempt.run()
        except ConnectError:
            if attempt.methods:  # it has answered, and the answer was no
                return Reply(tuple(attempt.methods))
            raise
        return Reply(tuple(attempt.methods), let_in=True)


@contextlib.contextmanager
def _unauthenticated(transport: Transport) -> Iterator[paramiko.Transport]:
    """A connection on which the server has shown its host key, and nobody has logged in."""
    import paramiko

    assert isinstance(transport, SshTransport)
    with contextlib.closing(transport):
        connection = paramiko.Transport(transport._through_jump() if transport.login.jump else transport._tcp())
        with contextlib.closing(connection):
            transport._handshake(connection)
            transport._host_keys.check(transport.login, connection.get_remote_server_key())
            connection.auth_timeout = HANDSHAKE_TIMEOUT
            yield connection
