"""Practice servers for tests: uniquely named, taken down at the end, also on Ctrl-C; a killed run's are swept by the next."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.practice.doors import logged_in
from wizard.errors import WizardError
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.transport.base import Result

HERE = Path(__file__).parent
NAME = re.compile(r"test([0-9]+)-[0-9]+")
NUMBERS = itertools.count(1)


class ServerFactory(Protocol):
    def __call__(
        self,
        *,
        release: str = "bookworm",
        login: str = "root",
        memory: str | None = None,
        disk: str | None = None,
    ) -> PracticeServer: ...


class OnServer(Protocol):
    def __call__(self, server: PracticeServer, script: str, *, root: bool = True) -> Result: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.practice)


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """The fleet that `practice:NAME` means. Others have servers in it: take down only what you put up."""
    fleet = Fleet()
    for server in fleet.list():
        match = NAME.fullmatch(server.name)
        if match and not Path("/proc", match[1]).exists():
            with contextlib.suppress(WizardError):  # another run sweeps it at this moment
                fleet.down(server.name)
    return fleet


@contextlib.contextmanager
def _factory(fleet: Fleet) -> Iterator[ServerFactory]:
    names: list[str] = []

    def make(
        *, release: str = "bookworm", login: str = "root", memory: str | None = None, disk: str | None = None
    ) -> PracticeServer:
        names.append(f"test{os.getpid()}-{next(NUMBERS)}")
        return fleet.up(names[-1], release=release, login=login, memory=memory, disk=disk)

    try:
        yield make
    finally:
        for name in names:
            with contextlib.suppress(WizardError):  # the test may have taken it down itself
                fleet.down(name)


@pytest.fixture(scope="session")
def server_factory(fleet: Fleet) -> Iterator[ServerFactory]:
    """Boots a server (2 s) for the caller, until the end of the session."""
    with _factory(fleet) as make:
        yield make


@pytest.fixture
def new_server(fleet: Fleet) -> Iterator[ServerFactory]:
    """Boots a server (2 s) for one test."""
    with _factory(fleet) as make:
        yield make


@pytest.fixture(scope="session")
def one_server(server_factory: ServerFactory) -> PracticeServer:
    """A server with root's login that the whole session shares, in whatever state the last test left it."""
    return server_factory()


@pytest.fixture
def pristine(fleet: Fleet, one_server: PracticeServer) -> PracticeServer:
    """The shared server, as fresh as on its first boot (1.5 s)."""
    return fleet.reset(one_server.name)


@pytest.fixture(scope="session")
def on_server() -> OnServer:
    """Runs a script on a server over a new connection."""

    def run(server: PracticeServer, script: str, *, root: bool = True) -> Result:
        with logged_in(server) as transport:
            return transport.run(script, root=root, silence=300)

    return run
