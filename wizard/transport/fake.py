"""A server for tests of what is above the transport: it answers what it was told, and raises on anything else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from wizard.errors import ConnectionLost
from wizard.transport.base import Login, OnLine, Result

Reply = Result | str | BaseException


@dataclass(frozen=True)
class Ran:
    """One script that came."""

    label: str
    script: str
    root: bool


@dataclass
class FakeTransport:
    """See wizard.transport.base.Transport. `tell` it the answers first; then look at `ran`, `files` and `tunnels`.

    A reply is a Result, the stdout of a script that ends with 0, or an exception to raise.
    """

    login: Login = field(default_factory=lambda: Login("fake.example"))
    ran: list[Ran] = field(default_factory=list)
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    tunnels: dict[int, int] = field(default_factory=dict)
    connected: bool = True
    _told: dict[str, list[Reply]] = field(default_factory=dict)

    def tell(self, what: str, *replies: Reply) -> FakeTransport:
        """For a script with the label `what`, or else one that contains it. The last reply is given again and again."""
        self._told[what] = list(replies)
        return self

    def connect(self) -> None:
        self.connected = True

    def run(
        self, script: str, *, label: str = "", root: bool = True, on_line: OnLine | None = None, silence: float = 60
    ) -> Result:
        self._check()
        self.ran.append(Ran(label, script, root))
        reply = self._reply(script, label)
        if isinstance(reply, BaseException):
            raise reply
        result = Result(0, reply) if isinstance(reply, str) else reply
        if on_line:
            for line in result.out.removesuffix("\n").split("\n") if result.out else []:
                on_line(line)
        return result

    def put(self, source: BinaryIO, path: str, *, mode: int = 0o600) -> None:
        self._check()
        self.files[path] = (source.read(), mode)

    @contextlib.contextmanager
    def tunnel(self, port: int, host: str = "127.0.0.1") -> Iterator[int]:
        self._check()
        if port not in self.tunnels:
            raise AssertionError(f"the fake server was not told of a tunnel to port {port}")
        yield self.tunnels[port]

    def another(self, login: Login | None = None) -> FakeTransport:
        """A not yet connected one that shares all that it was told and what ran."""
        return FakeTransport(login or self.login, self.ran, self.files, self.tunnels, False, self._told)

    def learn_host_keys(self, lines: Sequence[str]) -> None:
        """It has none."""

    def alive(self) -> bool:
        return self.connected

    def close(self) -> None:
        self.connected = False

    def _check(self) -> None:
        if not self.connected:
            raise ConnectionLost("transport.fake.not_connected")

    def _reply(self, script: str, label: str) -> Reply:
        what = label if label in self._told else next((what for what in self._told if what in script), None)
        if what is None:
            raise AssertionError(f"the fake server was not told how to answer {label!r}:\n{script}")
        replies = self._told[what]
        return replies.pop(0) if len(replies) > 1 else replies[0]
