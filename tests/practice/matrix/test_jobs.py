"""apt, pip and migrate go on on the server when we are gone, and we take their output up where it was left off."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.matrix.chain import Chain, Client
from tests.practice.matrix.results import tried
from tests.practice.matrix.world import World
from wizard.practice.fleet import Fleet, PracticeServer

PATIENCE_S = 600


def until(found: Callable[[], Any], why: Callable[[], str]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, why()
        time.sleep(0.005)
    return value


@dataclass
class Job:
    """The long change of this key, as client and server see it."""

    chain: Chain
    client: Client
    key: str
    id: int = 0
    began: str = field(default="")

    def catch(self) -> None:
        """Waits until its first line is out, and holds it there."""
        self.id = until(self._started, self.client.words)["id"]
        until(lambda: len(self.written()) > 0, self.client.words)
        self.chain.world.freeze(self.unit)
        assert self.chain.world.processes(self.unit), "it was over too soon to be caught"
        self.began = self.identity()

    @property
    def unit(self) -> str:
        return f"wizard-do-{self.id:04d}.service"

    def identity(self) -> str:
        """Of its process: another one would have another."""
        names = "InvocationID,MainPID,ExecMainStartTimestampMonotonic"
        return self.chain.world.run("systemctl", "show", "-p", names, self.unit)

    def written(self) -> list[str]:
        """The complete lines in its file on the server."""
        file = self.chain.world.root / f"var/lib/wizard/changes/{self.id:04d}/out"
        return file.read_text(errors="replace").split("\n")[:-1] if file.exists() else []

    def shown(self) -> list[str]:
        """The lines that the present client has shown of it."""
        lines: list[str] = []
        inside = False
        for event in self.client.said():
            if event["event"] in ("ChangeStarted", "ChangeDone") and event.get("id") == self.id:
                inside = event["event"] == "ChangeStarted"
            elif event["event"] == "OutputLine" and inside:
                lines.append(event["text"])
        return lines

    def said(self, *names: str) -> dict[str, Any] | None:
        return next((e for e in self.client.said() if e["event"] in names), None)

    def done(self) -> bool:
        assert self.client.process.is_alive() or self.client.end() == 0, self.client.words()
        return any(e["event"] == "ChangeDone" and e["id"] == self.id for e in self.client.said())

    def _started(self) -> dict[str, Any] | None:
        assert self.client.process.is_alive(), self.client.words()
        started = (e for e in self.client.said() if e["event"] == "ChangeStarted")
        return next((e for e in started if e["key"].startswith(self.key)), None)


def killed(job: Job, *options: str) -> None:
    """The client dies; another one, elsewhere, shows it all."""
    job.client.kill()
    job.client = job.chain.start(*options, anew=True, stops=False)
    until(lambda: job.said("Recovering"), job.client.words)
    until(lambda: len(job.shown()) > 0, job.client.words)


def cut(job: Job, *options: str) -> None:
    """The line breaks until the client has noticed; the same client goes on showing where it had stopped."""
    until(lambda: job.shown() == job.written(), job.client.words)
    job.chain.world.link("down")
    until(lambda: job.said("ConnectionBroken"), job.client.words)
    job.chain.world.link("up")
    until(lambda: job.said("Reconnected"), job.client.words)


def cut_for_a_minute(job: Job, *options: str) -> None:
    """Longer than TCP likes, and shorter than our patience; the job goes on meanwhile."""
    job.chain.world.thaw(job.unit)
    job.chain.world.link("down")
    time.sleep(60)
    job.chain.world.link("up")


def prove(chain: Chain, fault: Callable[..., None], keys: tuple[str, ...], *options: str) -> None:
    client = chain.start(*options, anew=True, stops=False)
    for key in keys:
        with tried(f"{key.partition(':')[0]} running on the server: {fault.__name__.replace('_', ' ')}"):
            job = Job(chain, client, key)
            job.catch()
            fault(job, *options)
            if fault is not cut_for_a_minute:
                assert job.identity() == job.began
            chain.world.thaw(job.unit)
            until(job.done, job.client.words)
            assert job.shown() == job.written()
            runs = chain.world.run("journalctl", "-q", "--no-pager", "-o", "cat", "-u", job.unit)
            assert runs.count("Started ") == 1, runs
            client = job.client
    assert client.end(PATIENCE_S) == 0, client.words()


@pytest.fixture
def chain(fleet: Fleet, pristine: PracticeServer, tmp_path: Path) -> Iterator[Chain]:
    with contextlib.closing(Chain(World(fleet, pristine), tmp_path, silence=12)) as chain:
        yield chain


@pytest.mark.parametrize("fault", [killed, cut], ids=["killed", "cut"])
def test_apt_goes_on_without_us_and_is_taken_up(chain: Chain, fault: Callable[..., None]) -> None:
    prove(chain, fault, ("upgrade:packages",), "--only", "system_update")


@pytest.mark.matrix
@pytest.mark.parametrize("fault", [killed, cut], ids=["killed", "cut"])
def test_apt_pip_and_migrate_go_on_without_us_and_are_taken_up(chain: Chain, fault: Callable[..., None]) -> None:
    prove(chain, fault, ("packages:postgresql", "virtualenv:", "migrations:"), "--until", "django")


@pytest.mark.matrix
def test_apt_goes_on_while_the_line_is_cut_for_a_minute(
    fleet: Fleet, new_server: ServerFactory, tmp_path: Path
) -> None:
    prove(
        Chain(World(fleet, new_server()), tmp_path), cut_for_a_minute, ("upgrade:packages",), "--only", "system_update"
    )
