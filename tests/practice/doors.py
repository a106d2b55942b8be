"""Ways into a practice server: a transport, a connection, a session that holds the lock. Must not know what is done there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from wizard.engine.remote.session import Session
from wizard.events import Event
from wizard.practice.fleet import PracticeServer
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport


def transport_to(server: PracticeServer, user: str = "") -> SshTransport:
    """Not connected yet; as the user that the server was made with, or as another with the same key."""
    login = Login(
        server.host,
        user or server.user,
        server.port,
        key=server.key,
        sudo_password=None if user else server.sudo_password,
    )
    return SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None)


@contextlib.contextmanager
def logged_in(server: PracticeServer, user: str = "") -> Iterator[SshTransport]:
    with contextlib.closing(transport_to(server, user)) as transport:
        transport.connect()
        yield transport


@contextlib.contextmanager
def session_on(
    server: PracticeServer, emit: Callable[[Event], None] = lambda _: None, user: str = "", **options: bool
) -> Iterator[Session]:
    """Holds the server's lock."""
    session = Session(transport_to(server, user), emit)
    session.open(acquire=True, **options)
    try:
        yield session
    finally:
        session.close()
