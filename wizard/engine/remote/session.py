"""A session with one server: every script of the engine goes through `Session.send`, and nothing else does.

It joins what the modules beside it do: sending, opening, coming back, observing. It must not know recipes, plans or the person.
"""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from wizard import events
from wizard.engine import journal as journal_
from wizard.engine.records import VERSION
from wizard.engine.remote import lock
from wizard.engine.remote.blobs import put_blobs
from wizard.engine.remote.decode import decoding
from wizard.engine.remote.facts import OPEN, server_from
from wizard.engine.remote.keepalive import kept_alive
from wizard.engine.remote.observation import observe_script
from wizard.engine.remote.protocol import HOLDING, Opened, Reply, Status, observed
from wizard.engine.remote.reconnect import Guard, Reconnection, WaysIn
from wizard.engine.remote.sender import OnOutput, Sender
from wizard.errors import ConnectionLost, StoppedError, WizardError
from wizard.operations.base import Blob, Operation, State
from wizard.operations.quoting import heredoc, sh
from wizard.printable import printable
from wizard.secret import Secret
from wizard.server import Server
from wizard.text import text as words
from wizard.transport.base import Login, Transport

Emit = Callable[[events.Event], None]
T = TypeVar("T")
PATIENCE = 40.0  # seconds between two signs of life while a person thinks; the lock expires after 120


class Session:
    """One run's hold on a server. Open it first; `acquire=True` takes the lock, which writing needs."""

    def __init__(self, transport: Transport, emit: Emit, *, run: str | None = None) -> None:
        self.emit = emit
        self.run = run or uuid.uuid4().hex[:12]
        self.server = Server()
        self.journal = journal_.Journal()
        self.secrets: dict[str, Secret] = {}
        self.kept_answers = ""  # as the server has them
        self.transport_was_back = False  # whether the last reconnect worked
        self.ways = WaysIn([transport.login])
        self._sender = Sender(transport, self.run)

    @property
    def transport(self) -> Transport:
        """The connection of now."""
        return self._sender.transport

    @transport.setter
    def transport(self, transport: Transport) -> None:
        self._sender.transport = transport

    @property
    def round_trips(self) -> int:
        return self._sender.round_trips

    @property
    def ways_in(self) -> list[Login]:
        """Newest first: how we may get back in."""
        return self.ways.logins

    @property
    def refused(self) -> set[str]:
        """Users that this server has not let in, in this run."""
        return self.ways.refused

    # -- sending --------------------------------------------------------------------------------------------------

    def send(self, label: str, script: str, *, on_output: OnOutput | None = None, silence: float = 120) -> Reply:
        """Runs the prelude and this script as root. Lines that are no records go to on_output."""
        return self._sender.send(label, script, on_output=on_output, silence=silence)

    def write(self, label: str, script: str, **options: Any) -> Reply:
        """As `send`, for a script that changes something: only while this run has the lock."""
        reply = self.send(label, f"hold {self.run}\n{script}", **options)
        if HOLDING not in reply.records or reply.status == Status.CANNOT_WRITE:
            raise _cannot_write(reply)
        return reply

    def journal_line(self, event: str, **fields: Any) -> str:
        """The shell text that appends this record to the journal."""
        return f"journal {sh(json.dumps({'event': event, 'run': self.run, **fields}, separators=(',', ':')))}"

    def put_blobs(self, blobs: Iterable[Blob]) -> str:
        """See blobs.put_blobs."""
        return put_blobs(blobs, self.write, self._put)

    def _put(self, content: io.BytesIO, path: str) -> None:
        self._sender.round_trips += 1
        self.transport.put(content, path)

    def observe(self, operations: Iterable[Operation], *, label: str = "observe") -> list[State]:
        """The states of these things now, in one round trip."""
        operations = list(operations)
        if not operations:
            return []
        return observed(operations, self.send(label, observe_script(operations), silence=300))

    # -- opening and closing --------------------------------------------------------------------------------------

    def open(self, *, acquire: bool, take_over: bool = False) -> None:
        """Logs in if need be, reads facts, journal and generated secrets; takes the lock where asked to."""
        if not self.transport.alive():
            self.transport.connect()
        try:
            reply = self.send("open", (self._acquire(take_over) if acquire else "") + OPEN)
        except StoppedError as error:
            if not lock.died_here(error.details):
                raise
            self.open(acquire=True, take_over=True)
            return
        if reply.status == Status.CANNOT_WRITE:
            raise _cannot_write(reply)
        if acquire:
            lock.at_work.add(self.run)
        self._take_in(reply)
        if acquire:
            # or a change of sshd that leaves it without the one key that is known here would look like another server
            self.transport.learn_host_keys(self.server.host_keys)
        self.emit(events.Connected(str(self.transport.login), self.server.pretty_name))

    def _acquire(self, take_over: bool) -> str:
        """The shell text that takes the lock and begins the journal, or this run in it. A newer version's is left as it is."""
        login = self.transport.login
        run = self.journal_line("run", login=login.user, target=str(login), generation="@GENERATION@")
        run = run.replace('"@GENERATION@"', "'$(generation " + self.run + ")'")
        return "\n".join([
            f"acquire {self.run} {'yes' if take_over else 'no'} {heredoc(lock.ourselves())}",
            "[ -s $W/journal ] || " + self.journal_line("journal", version=VERSION, journal=uuid.uuid4().hex),
            "format=$(journal_format)",
            # from here on an earlier version, which would lose what it does not know, refuses it
            f"[ $format -ge {VERSION} ] || " + self.journal_line("journal", version=VERSION),
            f"[ $format -gt {VERSION} ] || {run}\n",
        ])  # fmt: skip

    def _take_in(self, reply: Reply) -> None:
        opened = reply.read(Opened)
        if opened.facts is None:
            raise WizardError(
                "engine.session.not_linux",
                login=self.transport.login,
                details=reply.err,
            )
        with decoding(self.transport.login):
            self.server = server_from(printable(opened.facts), self.transport.login)
        self.journal, self.kept_answers, self.secrets = opened.journal, opened.kept_answers, opened.secrets

    def close(self) -> None:
        """Gives the lock back, where the connection still stands, and hangs up. Nothing of a look is left there."""
        try:
            if self.transport.alive():
                self.send("release", f"release {self.run}\nforget_prelude {self.run}")
        except WizardError:
            pass  # the lock expires by itself
        finally:
            lock.at_work.discard(self.run)
            self.transport.close()

    def held(self, every: float = PATIENCE) -> AbstractContextManager[None]:
        """While a person thinks: the lock stays ours by a sign of life now and then."""
        return kept_alive(lambda: self.write("waiting", "", silence=20), every)

    def keep_answers(self, text: str) -> None:
        """Leaves them on the server for whoever goes on there."""
        self.write("answers", f"write_whole $W/answers.json {heredoc(text)}\n[ $? = 0 ] || cannot_write")
        self.kept_answers = text

    # -- coming back ----------------------------------------------------------------------------------------------

    def guarded(self, step: str, seconds: float) -> None:
        """The server takes the changes of this step back after so many seconds, unless they are proved."""
        self.ways.guard = Guard(step, time.monotonic() + seconds)

    def unguarded(self) -> None:
        """They are proved, or were taken back."""
        self.ways.guard = None

    def use(self, transport: Transport) -> None:
        """Goes on over another connection to the same server."""
        old, self.transport = self.transport, transport
        self.ways.add(transport.login)
        old.close()

    def reconnect(self, *, patience: float = 300, expected: bool = False, first: Login | None = None) -> None:
        """After a lost connection: tries the known ways in until one works, then takes the lock again.

        first: a way in to be tried before them. Where a guarded change has shut them, the server opens them again by itself:
        that is waited for, and said. StoppedError where the server was wiped or put back meanwhile: what was planned would
        not fit any more.
        """
        self.emit(events.ConnectionBroken(expected, self.ways.reverts_in))
        self.transport_was_back = False
        self.transport.close()
        start, known = time.monotonic(), self.journal
        login = Reconnection(self.ways, self.transport, lambda fresh: self._resume(fresh, known)).run(patience, first)
        self.transport_was_back = True
        self.emit(events.Reconnected(str(login), time.monotonic() - start))

    def _resume(self, fresh: Transport, known: journal_.Journal) -> None:
        self.transport = fresh
        self.open(acquire=True)
        if known.id and (self.journal.id != known.id or self.journal.size < known.size):
            raise StoppedError(
                "engine.session.other_server",
            )
        if self.run in known.runs and {*self.journal.runs[len(known.runs) :]} != {self.run}:
            raise lock.taken("")  # what was planned, and the numbers of its changes, may be theirs by now

    def patiently(self, ask: Callable[[], T]) -> T:
        """Read-only work, or work that may be repeated: once more after a lost connection."""
        try:
            return ask()
        except ConnectionLost:
            self.reconnect()
            return ask()


def _cannot_write(reply: Reply) -> WizardError:
    look = words("engine.session.is_disk_full")
    why, hint = reply.why(reply.status, look)
    return WizardError("engine.session.cannot_write", why=why, details=reply.err.strip(), hint=hint)
