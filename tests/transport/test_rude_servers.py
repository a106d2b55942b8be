"""Servers that misbehave: SshTransport must end, in time and with an error that says what happened."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from wizard.errors import ConnectError, ConnectionLost, HostKeyError, WizardError
from wizard.transport.base import Login
from wizard.transport.exchange import Exchange
from wizard.transport.ssh import SshTransport

Behave = Callable[[paramiko.Channel, bytes], None]


class RudeServer(paramiko.ServerInterface):
    """Lets everybody in with a password, and does with a command what `behave` says. It never starts a shell."""

    def __init__(self, behave: Behave) -> None:
        self.behave = behave
        self.key = paramiko.ECDSAKey.generate()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.transports: list[paramiko.Transport] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                transport = paramiko.Transport(peer)
                transport.add_server_key(self.key)
                self.transports.append(transport)
                transport.start_server(event=threading.Event(), server=self)

    def close(self) -> None:
        self.listener.close()
        for transport in self.transports:
            transport.close()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.common.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self.behave_and_let_go, args=(channel, command), daemon=True).start()
        return True

    def behave_and_let_go(self, channel: paramiko.Channel, command: bytes) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            time.sleep(0.05)  # the client learns first that its command was accepted
            self.behave(channel, command)


def mark_of(command: bytes) -> bytes:
    return command.split(b"echo ")[1].split()[0] + b"\n"


Connect = Callable[[Behave], SshTransport]


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    from wizard.secret import Secret

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    opened: list[SshTransport | RudeServer] = []

    def connected(behave: Behave) -> SshTransport:
        server = RudeServer(behave)
        login = Login("127.0.0.1", port=server.port, password=Secret("x"))
        transport = SshTransport(login, known_hosts=tmp_path / f"known{server.port}", ask_host_key=lambda key: True)
        opened.extend([transport, server])
        transport.connect()
        return transport

    yield connected
    for end in opened:
        end.close()


def test_a_script_without_an_exit_status_is_a_lost_connection(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command) + b"output\n")
        channel.close()

    ssh = connect(behave)
    with pytest.raises(ConnectionLost, match="without an exit status"):
        ssh.run("true")
    assert ssh.alive()


def test_an_end_of_output_without_a_status_or_a_close_is_a_lost_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.transport.exchange.STATUS_PATIENCE", 0.3)
    done = threading.Event()

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command))
        channel.shutdown_write()
        done.wait(30)

    with pytest.raises(ConnectionLost, match="without an exit status"):
        connect(behave).run("true")
    done.set()


def test_output_without_end_is_cut_off(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.exchange.OUT_LIMIT", 2**20)

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command))
        while True:
            channel.sendall(b"no newline at all " * 1000)

    with pytest.raises(WizardError, match="more than 1 MiB"):
        connect(behave).run("true")


def test_a_server_that_runs_something_else_is_told(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(b'Please login as the user "debian" rather than the user "root".\n')
        channel.send_exit_status(142)
        channel.close()

    with pytest.raises(ConnectError, match="its shell does not") as e:
        connect(behave).run("true")
    assert 'the user "debian"' in e.value.details and "142" in e.value.details


def test_rubbish_instead_of_output_is_decoded_and_harmless(connect: Connect) -> None:
    rubbish = bytes(range(256)) * 1000

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(rubbish + mark_of(command) + rubbish)
        channel.sendall_stderr(rubbish + mark_of(command) + rubbish)
        channel.send_exit_status(0)
        channel.close()

    lines: list[str] = []
    result = connect(behave).run("true", on_line=lines.append)
    assert result.out == rubbish.decode("utf-8", "replace")
    assert "\n".join(lines) == result.out
    assert result.err == rubbish.decode("utf-8", "replace")


def test_a_server_that_refuses_to_run_anything_is_an_error(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RudeServer, "check_channel_exec_request", lambda *_: False)
    with pytest.raises(ConnectError, match="refuses to run commands"):
        connect(lambda channel, command: None).run("true")


def test_a_server_that_refuses_a_session_is_an_error(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
    monkeypatch.setattr(RudeServer, "check_channel_request", lambda *_: refusal)
    with pytest.raises(ConnectError, match="refuses to run commands"):
        connect(lambda channel, command: None).run("true")


def test_a_connection_that_breaks_in_the_middle_is_a_lost_connection(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command) + b"half a li")
        channel.get_transport().close()

    ssh = connect(behave)
    with pytest.raises(ConnectionLost):
        ssh.run("true", label="a step")
    assert not ssh.alive()
    with pytest.raises(ConnectionLost, match="no connection"):
        ssh.run("true")


def test_a_write_that_fails_before_the_end_is_read_is_a_lost_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that reads looks for its end every tenth of a second; a write fails at once."""

    def broken(out: bytes) -> None:
        raise EOFError

    def send(self: Exchange, data: bytes) -> None:
        monkeypatch.setattr(self._channel.get_transport().packetizer, "write_all", broken)
        sent(self, data)

    sent = Exchange.send
    monkeypatch.setattr(Exchange, "send", send)
    ssh = connect(lambda channel, command: channel.sendall(mark_of(command)))
    with pytest.raises(ConnectionLost, match="broke during a step"):
        ssh.run("true", label="a step")
    assert not ssh.alive()


def test_a_server_that_takes_nothing_in_is_a_lost_connection(connect: Connect) -> None:
    """The write blocks inside paramiko, where only the watchdog reaches it."""
    frozen = threading.Event()

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        frozen.wait(60)  # reads nothing, so the window closes

    with pytest.raises(ConnectionLost, match="silent"):
        connect(behave).run("#" * 30_000_000, silence=1)
    frozen.set()


def test_an_interrupt_passes_through_and_leaves_a_usable_connection(connect: Connect) -> None:
    begun = threading.Event()

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command))
        if not begun.is_set():
            begun.set()
            while not channel.closed:
                time.sleep(0.01)
            return
        channel.send_exit_status(0)
        channel.close()

    def interrupt() -> None:
        begun.wait(30)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    ssh = connect(behave)
    gc.disable()  # an interrupt that comes while Python calls back from a collection is lost
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ssh.run("sleep")
    finally:
        gc.enable()
    assert ssh.run("true").status == 0


def test_what_on_line_raises_comes_through_as_it_is(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command) + b"line\n")
        channel.send_exit_status(0)
        channel.close()

    def full(line: str) -> None:
        raise BrokenPipeError("the terminal is gone")

    with pytest.raises(BrokenPipeError, match="terminal"):
        connect(behave).run("true", on_line=full)


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(range(256)) * 100, b"SSH-2.0-x\r\n"]
)
def test_what_is_no_ssh_server_is_told(greeting: bytes, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                peer.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        login = Login("127.0.0.1", port=listener.getsockname()[1])
        with pytest.raises(ConnectError, match="cannot speak SSH"):
            SshTransport(login, known_hosts=tmp_path / "k", ask_host_key=None).connect()


def test_a_port_that_stays_silent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.ssh.HANDSHAKE_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        login = Login("127.0.0.1", port=listener.getsockname()[1])
        with pytest.raises(ConnectError, match="cannot speak SSH"):
            SshTransport(login, known_hosts=tmp_path / "k", ask_host_key=None).connect()


def test_fifty_megabytes_of_stderr_are_read_and_only_their_end_is_kept(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall_stderr(mark_of(command))
        for _ in range(50):
            channel.sendall_stderr(b"e" * 2**20)
        channel.sendall_stderr(b"the end\n")
        channel.sendall(mark_of(command) + b"fine\n")
        channel.send_exit_status(0)
        channel.close()

    ssh = connect(behave)
    tracemalloc.start()
    result = ssh.run("true")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.out == "fine\n" and result.err.endswith("the end\n")
    assert len(result.err) <= 256 * 2**10 and peak < 32 * 2**20


def test_lines_without_end_are_passed_on_in_pieces_with_bounded_memory(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.transport.exchange.OUT_LIMIT", 8 * 2**20)

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command))
        while True:
            channel.sendall(b"x" * 2**16)

    lines: list[int] = []
    with pytest.raises(WizardError, match="more than 8 MiB"):
        connect(behave).run("true", on_line=lambda line: lines.append(len(line)))
    assert lines and max(lines) <= 2**20


def test_output_in_single_bytes_is_whole_in_the_end(connect: Connect) -> None:
    text = "é☃ line\nnext\n".encode()

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        for byte in mark_of(command) + text:
            channel.sendall(bytes([byte]))
        for byte in mark_of(command) + text:
            channel.sendall_stderr(bytes([byte]))
        channel.send_exit_status(3)
        channel.close()

    lines: list[str] = []
    result = connect(behave).run("true", on_line=lines.append)
    assert (result.status, result.out, result.err) == (3, text.decode(), text.decode())
    assert lines == ["é☃ line", "next"]


def test_a_status_before_the_output_is_still_the_scripts_status(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.send_exit_status(7)
        time.sleep(0.2)
        channel.sendall(mark_of(command) + b"late\n")
        channel.close()

    result = connect(behave).run("true")
    assert (result.status, result.out) == (7, "late\n")


def test_a_trickle_that_never_begins_the_script_comes_to_an_end(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        with contextlib.suppress(OSError):
            while True:
                channel.sendall(b"noise that is no mark\n" * 1000)

    start = time.monotonic()
    with pytest.raises(WizardError):
        connect(behave).run("true", silence=5)
    assert time.monotonic() - start < 60


def test_errors_without_end_are_cut_off(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.exchange.ERR_LIMIT", 8 * 2**20)

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(mark_of(command))
        channel.sendall_stderr(mark_of(command))
        while True:
            channel.sendall_stderr(b"no end " * 2**12)

    ssh = connect(behave)
    with pytest.raises(WizardError, match="more than 8 MiB"):
        ssh.run("true")
    assert ssh.alive()


def test_a_slow_trickle_of_noise_is_no_sign_of_life(connect: Connect) -> None:
    over = threading.Event()

    def behave(channel: paramiko.Channel, command: bytes) -> None:
        while not over.wait(0.2):
            channel.sendall(b"still here\n")
            channel.sendall_stderr(b"still here\n")

    with pytest.raises(ConnectionLost, match="silent"):
        connect(behave).run("true", silence=2)
    over.set()


def test_a_banner_without_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.ssh.HANDSHAKE_TIMEOUT", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def greet() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                while not ended.is_set():
                    peer.sendall(b"Welcome to this server!\r\n" * 10)
                    time.sleep(0.01)

        threading.Thread(target=greet, daemon=True).start()
        login = Login("127.0.0.1", port=listener.getsockname()[1])
        start = time.monotonic()
        with pytest.raises(ConnectError, match="cannot speak SSH"):
            SshTransport(login, known_hosts=tmp_path / "k", ask_host_key=None).connect()
        assert time.monotonic() - start < 30
        ended.set()


def test_a_changed_host_key_is_refused_before_anything_is_said(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = connect(lambda channel, command: None)
    server = next(iter(tmp_path.glob("known*")))
    other = paramiko.ECDSAKey.generate()
    name = server.read_text().split()[0]
    server.write_text(f"{name} {other.get_name()} {other.get_base64()}\n")
    with pytest.raises(HostKeyError, match="has changed") as caught:
        ssh.another().connect()
    assert "ssh-keygen -R" in caught.value.hint


def test_what_a_server_says_when_it_refuses_holds_nothing_for_the_terminal(connect: Connect) -> None:
    def behave(channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(b"\x1b]0;owned\x07\x1b[2Jgo away\n")
        channel.sendall_stderr(b"\x1b[31mred\x9b31m\n")
        channel.send_exit_status(1)
        channel.close()

    with pytest.raises(ConnectError) as caught:
        connect(behave).run("true")
    assert "go away" in caught.value.details and "red" in caught.value.details
    assert not {"\x1b", "\x07", "\x9b"} & set(caught.value.details)


def test_a_login_that_is_never_answered_is_told(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr("wizard.transport.ssh.HANDSHAKE_TIMEOUT", 1)
    monkeypatch.setattr(RudeServer, "check_auth_password", lambda *_: over.wait(30) and paramiko.common.AUTH_FAILED)
    start = time.monotonic()
    with pytest.raises(ConnectError):
        connect(lambda channel, command: None)
    assert time.monotonic() - start < 20
    over.set()
