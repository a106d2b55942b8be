"""What small commands and whole runs cost over SSH: ratios and counts within one run, no absolute times."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from wizard import events
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.catalog import from_folder
from wizard.engine.plan import make_plan
from wizard.engine.remote.prelude import prelude
from wizard.engine.remote.session import Session
from wizard.engine.runner import Runner
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport

pytestmark = pytest.mark.practice

RECIPES = Path(__file__).parent.parent / "practice" / "recipes"
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


class Counted:
    """A transport whose scripts are kept."""

    def __init__(self, transport: SshTransport) -> None:
        self._transport = transport
        self.scripts: list[str] = []

    def run(self, script: str, **options: Any) -> Any:
        self.scripts.append(script)
        return self._transport.run(script, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def demo_run(server: PracticeServer) -> tuple[list[str], events.RunFinished]:
    """The scripts that a run of the demonstration recipe sends, and how it ended."""
    login = Login(server.host, server.user, server.port, key=server.key)
    counted = Counted(SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None))
    seen: list[events.Event] = []
    (recipe,) = from_folder(RECIPES)
    session = Session(counted, seen.append)
    session.open(acquire=True)
    try:
        answers = complete(Given({"demo": {}}), [recipe], server=session.server, secrets=session.secrets)
        Runner(make_plan([recipe], answers, session), session, seen.append, lambda _: "stop").run()
    finally:
        session.close()
    (finished,) = (e for e in seen if isinstance(e, events.RunFinished))
    return counted.scripts, finished


def test_shell_functions_travel_once_in_a_run_also_where_there_are_jobs(server: PracticeServer) -> None:
    for run in ("first", "second"):
        scripts, finished = demo_run(server)
        sent, all_along = sum(map(len, scripts)), sum(map(len, scripts)) + (len(scripts) - 1) * len(prelude())
        print(f"\n{run} run: {len(scripts)} scripts, {sent} characters; with the functions in each {all_along}")
        assert sum("holder_alive() {" in script for script in scripts) == 1
        assert sent < all_along / 2
    assert finished.outcome == "nothing-to-do" and finished.round_trips <= 4
