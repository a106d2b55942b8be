"""What small commands cost over SSH: a ratio within one run, no absolute times."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator

import paramiko
import pytest

from wizard.practice.fleet import Fleet, PracticeServer
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport

pytestmark = pytest.mark.practice

COMMANDS = 50
ROUNDS = 3


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    fleet = Fleet()
    name = f"tr-rt-{os.getpid()}"
    try:
        yield fleet.up(name)
    finally:
        fleet.down(name)


def bare(server: PracticeServer) -> Iterator[Callable[[], None]]:
    """paramiko as it comes: its own socket options, a channel and a command."""
    transport = paramiko.Transport(socket.create_connection((server.host, server.port)))
    transport.connect(username=server.user, pkey=paramiko.PKey.from_path(server.key))

    def command() -> None:
        with transport.open_session() as channel:
            channel.exec_command("true")
            assert channel.recv(1) == b"" and channel.recv_exit_status() == 0

    yield command
    transport.close()


def ours(server: PracticeServer) -> Iterator[Callable[[], None]]:
    login = Login(server.host, server.user, server.port, key=server.key)
    transport = SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None)
    transport.connect()

    def command() -> None:
        assert transport.run("true").status == 0

    yield command
    transport.close()


def seconds(command: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(COMMANDS):
        command()
    return time.perf_counter() - start


def test_fifty_small_commands_cost_no_more_than_with_bare_paramiko(server: PracticeServer) -> None:
    sides = [ours(server), bare(server)]
    commands = [next(side) for side in sides]
    times = [[seconds(command) for command in commands] for _ in range(ROUNDS)]  # in turn, so that load hits both
    mine, theirs = (min(side) for side in zip(*times, strict=True))
    for side in sides:
        next(side, None)
    print(f"\n{COMMANDS} commands: ours {mine:.2f} s, bare paramiko {theirs:.2f} s, ratio {mine / theirs:.2f}")
    assert mine <= 1.2 * theirs
