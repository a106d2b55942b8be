"""A local port on 127.0.0.1 that leads through an SSH connection. Must not know what talks over it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko import Channel, Transport

BLOCK = 2**16
OPEN_TIMEOUT = 15.0


@contextlib.contextmanager
def tunnel(transport: Transport, host: str, port: int) -> Iterator[int]:
    """Yields the local port; at the end of the context the port and all connections over it are closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listening = _Tunnel(transport, listener, (host, port))
        threading.Thread(target=listening.accept, name="wizard-tunnel", daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listening.close()


class _Tunnel:
    def __init__(self, transport: Transport, listener: socket.socket, far: tuple[str, int]) -> None:
        self._transport, self._listener, self._far = transport, listener, far
        self._lock = threading.Lock()
        self._open: set[Channel | socket.socket] = set()
        self._over = False

    def accept(self) -> None:
        while True:
            try:
                near, origin = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near, origin), name="wizard-tunnel", daemon=True).start()

    def close(self) -> None:
        with self._lock:
            self._over = True
            still_open = list(self._open)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # close() alone would leave accept() waiting
        for end in still_open:
            _shut(end)

    def _join(self, near: socket.socket, origin: tuple[str, int]) -> None:
        """One connection, until both directions are at their end. A refusal at the far end closes the near one."""
        from paramiko import SSHException

        with near:
            try:
                far = self._transport.open_channel("direct-tcpip", self._far, origin, timeout=OPEN_TIMEOUT)
            except (SSHException, EOFError, OSError):
                return
            with self._lock:
                if self._over:
                    far.close()
                    return
                self._open |= {near, far}
            back = threading.Thread(target=_copy, args=(far, near), name="wizard-tunnel", daemon=True)
            back.start()
            _copy(near, far)
            back.join()
            far.close()
            with self._lock:
                self._open -= {near, far}


def _copy(source: Channel | socket.socket, target: Channel | socket.socket) -> None:
    """Copies to the end of the source, which is passed on as such: the other direction may go on."""
    try:
        while data := source.recv(BLOCK):
            target.sendall(data)
    except (EOFError, OSError):
        _shut(source)
    with contextlib.suppress(EOFError, OSError):
        target.shutdown(socket.SHUT_WR)


def _shut(end: Channel | socket.socket) -> None:
    with contextlib.suppress(EOFError, OSError):
        end.shutdown(socket.SHUT_RDWR)
