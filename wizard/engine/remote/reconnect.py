"""Coming back to a server after a lost connection: which ways in are tried, in what order, and how often. Sends no script."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wizard.errors import BusyError, ConnectError, ConnectionLost, LoginRefused
from wizard.transport.base import Login, Transport

REFUSALS = 4  # logins refused in one attempt to come back; Debian's fail2ban bans at five within ten minutes
SHUT_S = 15  # least seconds before a shut door is tried again


@dataclass(frozen=True)
class Guard:
    """A step's changes that are not proved, and when the server takes them back (seconds of time.monotonic)."""

    step: str
    until: float

    @property
    def seconds(self) -> int:
        return max(1, round(self.until - time.monotonic()))


@dataclass
class WaysIn:
    """How this run may get into the server again. logins: newest first; refused: users whom it has not let in, in this run."""

    logins: list[Login]
    refused: set[str] = field(default_factory=set)
    guard: Guard | None = None

    def add(self, login: Login) -> None:
        if login not in self.logins:
            self.logins.insert(0, login)

    @property
    def reverts_in(self) -> int:
        """Seconds until the server takes a guarded change back that is not proved; 0 where there is none."""
        return self.guard.seconds if self.guard is not None else 0


class Reconnection:
    """One attempt to come back. `resume` goes on over a connection that got in; what it raises decides what is tried next."""

    def __init__(self, ways: WaysIn, broken: Transport, resume: Callable[[Transport], None]) -> None:
        self._ways = ways
        self._broken = broken
        self._resume = resume
        self._refusals = 0
        self._last: ConnectError = ConnectError("engine.reconnect.unreachable")

    def run(self, patience: float, first: Login | None = None) -> Login:
        """The way that got in. first: to be tried before those that are known. ConnectionLost after `patience` seconds."""
        start, pause = time.monotonic(), 1.0
        logins = list(self._ways.logins)
        if first is not None and first not in logins:
            logins.insert(0, first)
        while time.monotonic() - start < patience and self._refusals < REFUSALS:
            login = self._round(logins)
            if login is not None:
                if self._ways.guard is None:  # else what is shut now may be open again in a minute
                    self._ways.logins[:] = [way for way in self._ways.logins if way in logins]
                return login
            time.sleep(pause)
            pause = min(pause * 1.5, 10)
        raise self._lost()

    def _round(self, logins: list[Login]) -> Login | None:
        """Tries each once; those that are shut leave the list, but for the last."""
        for login in list(logins):
            try:
                fresh = self._broken.another(login)
                fresh.connect()
                self._resume(fresh)
                self._ways.refused.discard(login.user)
                return login
            except LoginRefused as error:
                self._shut(login, error, logins)
            except BusyError:
                return None  # a script of ours is still running there
            except ConnectError as error:
                self._last = error
                return None  # the server is not there: another user would not be let in either
        return None

    def _shut(self, login: Login, error: LoginRefused, logins: list[Login]) -> None:
        """A door that is shut: knocking again and again would look like an attack (fail2ban counts)."""
        self._last = error
        self._refusals += 1
        self._ways.refused.add(login.user)
        if len(logins) > 1:
            logins.remove(login)
        else:  # the last one: once the server has taken back what shut it, it opens
            time.sleep(max(self._ways.reverts_in + 5, SHUT_S))

    def _lost(self) -> ConnectionLost:
        guard = self._ways.guard
        code = "engine.reconnect.lost" if guard is None else "engine.reconnect.lost_guarded"
        return ConnectionLost(
            code, details=self._last.details, login=self._broken.login, reason=self._last.message,
            step="" if guard is None else guard.step,
        )  # fmt: skip
