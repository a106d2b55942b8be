"""The engine's connection over SSH, with paramiko. Must not know what a script means, nor ask a person anything itself.

Facts about paramiko and sshd that this module, exchange.py and host_keys.py answer to are in their comments.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from wizard.errors import ConnectError, ConnectionLost, WizardError
from wizard.text import text
from wizard.transport.authentication import Authentication
from wizard.transport.base import AskHostKey, Login, OnLine, Result
from wizard.transport.exchange import Exchange, Watchdog
from wizard.transport.frame import Frame, script_frame, store_frame, wrapped
from wizard.transport.host_keys import HostKeys, in_order
from wizard.transport.keys import Offer
from wizard.transport.tunnel import tunnel

if TYPE_CHECKING:
    import paramiko

CONNECT_TIMEOUT = 10.0  # seconds, each
GREETING_TIMEOUT = 5.0
HANDSHAKE_TIMEOUT = 15.0
GOES_DOWN = 0.5  # seconds; paramiko tells the channels of a connection that is gone before it says so of the connection
KEEPALIVE = 15
PUT_SILENCE = 60.0
BLOCK = 2**18


class SshTransport:
    """One connection to one server; see wizard.transport.base.Transport.

    known_hosts: where host keys are looked up and a new one is added. On first contact the key must have the
    `expected_fingerprint` (SHA256:…), or `ask_host_key` must say yes; without either it is refused.
    """

    def __init__(
        self,
        login: Login,
        *,
        known_hosts: Path,
        ask_host_key: AskHostKey | None,
        expected_fingerprint: str | None = None,
    ) -> None:
        self.login = login
        self._host_keys = HostKeys(known_hosts, ask_host_key, expected_fingerprint)
        self._transport: paramiko.Transport | None = None
        self._jump: SshTransport | None = None
        self.key: Offer | None = None  # that got in

    def connect(self) -> None:
        """Opens and authenticates. ConnectError says what stands in the way; HostKeyError when it is the host key."""
        import paramiko

        # Without a handler of its own, paramiko's log of errors would end up on the screen.
        logging.getLogger("paramiko").addHandler(logging.NullHandler())
        self.close()
        transport = None
        try:
            sock = self._through_jump() if self.login.jump else self._tcp()
            transport = paramiko.Transport(sock)
            self._handshake(transport)
            self._host_keys.check(self.login, transport.get_remote_server_key())
            attempt = Authentication(transport, self.login)
            attempt.run()
        except BaseException:
            if transport:
                transport.close()
            self.close()
            raise
        self.key = attempt.used
        transport.set_keepalive(KEEPALIVE)
        self._transport = transport

    def run(
        self, script: str, *, label: str = "", root: bool = True, on_line: OnLine | None = None, silence: float = 60
    ) -> Result:
        """See Transport.run. WizardError when the script writes more than exchange.OUT_LIMIT to stdout."""
        frame = script_frame(self.login, root=root)
        with self._exchange(frame, label or text("transport.ssh.script"), silence, on_line) as exchange:
            exchange.send(wrapped(script))
            return exchange.finish()

    def put(self, source: BinaryIO, path: str, *, mode: int = 0o600) -> None:
        """See Transport.put. WizardError when the server can't store it; then nothing is left there."""
        if "\n" in path or not path.startswith("/"):
            raise WizardError("transport.ssh.path_not_absolute", path=repr(path))
        frame = store_frame(self.login, mode)
        with self._exchange(frame, f"sending {path}", PUT_SILENCE, None) as exchange:
            exchange.send(f"{path}\n".encode())
            while block := source.read(BLOCK):
                exchange.send(block)
            exchange.send(frame.mark)
            result = exchange.finish()
        if result.status:
            raise WizardError("transport.ssh.unwritable", path=path, host=self.login.host, details=result.err.strip())

    def tunnel(self, port: int, host: str = "127.0.0.1") -> AbstractContextManager[int]:
        """See Transport.tunnel. A connection that the server cannot make is closed at once."""
        return tunnel(self._connected(), host, port)

    def another(self, login: Login | None = None) -> SshTransport:
        """See Transport.another."""
        keys = self._host_keys
        login = login or self.login
        proved = self.key.blob if self.key else self.login.proved
        return SshTransport(
            replace(login, proved=login.proved or proved), known_hosts=keys.path, ask_host_key=keys.ask,
            expected_fingerprint=keys.expected,
        )  # fmt: skip

    def learn_host_keys(self, lines: Sequence[str]) -> None:
        """See Transport.learn_host_keys."""
        self._host_keys.learn(self.login, lines)

    def alive(self) -> bool:
        return self._transport is not None and self._transport.is_active()

    def close(self) -> None:
        if self._transport:
            self._transport.close()
        if self._jump:
            self._jump.close()
        self._transport = self._jump = None

    def _connected(self) -> paramiko.Transport:
        if self._transport and self._transport.is_active():
            return self._transport
        raise ConnectionLost("transport.ssh.not_connected", login=self.login)

    @contextlib.contextmanager
    def _exchange(self, frame: Frame, what: str, silence: float, on_line: OnLine | None) -> Iterator[Exchange]:
        """A begun exchange on a channel of its own; every way in which the connection can break is ConnectionLost."""
        from paramiko import SSHException

        transport = self._connected()
        with Watchdog(silence, transport.close) as watchdog:
            try:
                with self._begun(transport, frame.command) as channel:
                    exchange = Exchange(channel, frame, self.login, watchdog, on_line)
                    exchange.begin()
                    yield exchange
            except (SSHException, EOFError, OSError, ConnectionLost) as e:
                if watchdog.bitten:
                    raise self._lost(
                        text("transport.ssh.silent", login=self.login, silence=f"{silence:g}", what=what), ""
                    ) from e
                if isinstance(e, (ConnectionLost, OSError)):
                    transport.join(GOES_DOWN)
                    # what on_line or a source raises is not ours
                    if isinstance(e, ConnectionLost) or transport.is_active():
                        raise
                transport.close()  # a write may fail well before the thread that reads notices
                words = str(e) or type(e).__name__
                raise self._lost(text("transport.ssh.broke", login=self.login, what=what), words) from e

    def _begun(self, transport: paramiko.Transport, command: str) -> paramiko.Channel:
        from paramiko import ChannelException, SSHException

        channel = None
        try:
            channel = transport.open_session(timeout=HANDSHAKE_TIMEOUT)
            channel.exec_command(command)
        except SSHException as e:
            if not isinstance(e, ChannelException) and not (channel and channel.closed and transport.is_active()):
                raise
            raise ConnectError(
                "transport.ssh.refuses_commands",
                host=self.login.host,
                user=self.login.user,
                details=str(e),
            ) from e
        return channel

    def _lost(self, what: str, details: str) -> ConnectionLost:
        return ConnectionLost(
            "transport.ssh.lost",
            what=what,
            details=details,
        )

    def _tcp(self) -> socket.socket:
        host, port = self.login.host, self.login.port
        try:
            sock = socket.create_connection((host, port), CONNECT_TIMEOUT)
        except OSError as e:
            raise _unreachable(host, port, e) from e
        except UnicodeError as e:
            raise ConnectError("transport.ssh.not_a_host", host=repr(host)) from e
        _refuse_to_be_shut_out(sock, text("transport.ssh.port", host=host, port=port))
        # Nagle's algorithm makes each small command wait for an acknowledgement: 13 times slower.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _through_jump(self) -> paramiko.Channel:
        from paramiko import SSHException

        assert self.login.jump
        self._jump = SshTransport(self.login.jump, known_hosts=self._host_keys.path, ask_host_key=self._host_keys.ask)
        self._jump.connect()
        try:
            return self._jump._connected().open_channel(
                "direct-tcpip", (self.login.host, self.login.port), ("127.0.0.1", 0), timeout=HANDSHAKE_TIMEOUT
            )
        except (SSHException, EOFError, OSError) as e:
            raise ConnectError(
                "transport.ssh.from_jump",
                host=self.login.host,
                port=self.login.port,
                jump=self.login.jump,
                details=str(e),
            ) from e

    def _handshake(self, transport: paramiko.Transport) -> None:
        from paramiko import SSHException
        from paramiko.ssh_exception import IncompatiblePeer

        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = HANDSHAKE_TIMEOUT
        transport.channel_timeout = HANDSHAKE_TIMEOUT  # an hour by default
        options = transport.get_security_options()
        options.key_types = in_order(options.key_types, self._host_keys.known(self.login))
        where = text("transport.ssh.port", host=self.login.host, port=self.login.port)
        try:
            transport.start_client(timeout=HANDSHAKE_TIMEOUT)
            transport.get_remote_server_key()  # start_client only stops waiting after its timeout
        except IncompatiblePeer as e:
            raise ConnectError("transport.ssh.no_encryption", where=where, details=str(e)) from e
        except (SSHException, EOFError, OSError) as e:
            raise ConnectError(
                "transport.ssh.no_ssh",
                where=where,
                details=str(e) or type(e).__name__,
            ) from e


def _refuse_to_be_shut_out(sock: socket.socket, where: str) -> None:
    """sshd says a word before it hangs up on somebody whom it punishes (PerSourcePenalties) or has no room for."""
    sock.settimeout(GREETING_TIMEOUT)
    try:
        said = sock.recv(256, socket.MSG_PEEK)  # paramiko gets it, too
    except OSError:
        return  # nothing was said: the handshake finds out why
    finally:
        sock.settimeout(None)
    words = said.decode("ascii", "replace").strip()
    if words.startswith("Not allowed at this time"):
        sock.close()
        raise ConnectError(
            "transport.ssh.shut_out",
            where=where,
            details=text("transport.ssh.says", words=words),
        )
    if words.startswith("Exceeded MaxStartups"):
        sock.close()
        raise ConnectError(
            "transport.ssh.too_many",
            where=where,
            details=text("transport.ssh.says", words=words),
        )


def _unreachable(host: str, port: int, e: OSError) -> ConnectError:
    where = text("transport.ssh.port", host=host, port=port)
    if isinstance(e, socket.gaierror):
        return ConnectError(
            "transport.ssh.no_address",
            host=host,
            details=str(e.strerror),
        )
    if isinstance(e, ConnectionRefusedError):
        return ConnectError(
            "transport.ssh.connection_refused",
            where=where,
        )
    if isinstance(e, TimeoutError):
        return ConnectError(
            "transport.ssh.no_answer",
            where=where,
        )
    if e.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return ConnectError("transport.ssh.no_route", where=where)
    return ConnectError("transport.ssh.unreachable", where=where, details=str(e))
