"""A session with one server: every script of the engine goes through `Session.send`, and nothing else does.

It knows the lock, the journal's text and the framing of records in a script's output. It must not know recipes,
plans or the person.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from wizard import events
from wizard.engine import journal as journal_
from wizard.engine.records import VERSION
from wizard.engine.remote import lock
from wizard.engine.remote.decode import decoding, unzipped
from wizard.engine.remote.facts import OPEN, server_from
from wizard.engine.remote.resources import explained
from wizard.errors import (
    BusyError,
    ConnectError,
    ConnectionLost,
    LoginRefused,
    StepError,
    StoppedError,
    UsageError,
    WizardError,
)
from wizard.operations.base import Blob, Operation, State
from wizard.operations.quoting import heredoc, sh
from wizard.printable import printable
from wizard.secret import Secret
from wizard.server import Server
from wizard.transport.base import Login, Transport

Emit = Callable[[events.Event], None]
HEARTBEAT = 45  # seconds of silence after which a server counts as frozen: jobs print a heartbeat every 5
PATIENCE = 40.0  # seconds between two signs of life while a person thinks; the lock expires after 120
REFUSALS = 4  # logins refused in one attempt to come back; Debian's fail2ban bans at five within ten minutes
INLINE = 256 * 1024  # bytes of blobs that travel inside the script; larger ones are streamed


def prelude() -> str:
    """The shell functions that every script of the engine may use."""
    return "".join(
        resources.files("wizard.engine.remote").joinpath(name).read_text(encoding="utf-8")
        for name in ("prelude.sh", "doors.sh")
    )


@dataclass
class Reply:
    """What a script said: its records by name, and its status."""

    records: dict[str, bytes] = field(default_factory=dict)
    status: int = 0
    err: str = ""

    def text(self, name: str) -> str:
        return self.records[name].decode(errors="replace")

    @property
    def shortage(self) -> tuple[str, str] | None:
        """What the server has run out of, and what to do about it."""
        return explained(self.text("shortage")) if "shortage" in self.records else None


class Session:
    """One run's hold on a server. Open it first; `acquire=True` takes the lock, which writing needs."""

    def __init__(self, transport: Transport, emit: Emit, *, run: str | None = None) -> None:
        self.transport = transport
        self.emit = emit
        self.run = run or uuid.uuid4().hex[:12]
        self.server = Server()
        self.journal = journal_.Journal()
        self.secrets: dict[str, Secret] = {}
        self.kept_answers = ""  # as the server has them
        self.round_trips = 0
        self.transport_was_back = False  # whether the last reconnect worked
        self.ways_in: list[Login] = [transport.login]  # newest first: how we may get back in
        self.guard: tuple[str, float] | None = (
            None  # a step's changes that are not proved, and when they are taken back
        )
        self.refused: set[str] = set()  # users that this server has not let in, in this run

    # -- the one doorway ------------------------------------------------------------------------------------------

    def send(
        self, label: str, script: str, *, on_output: Callable[[str], None] | None = None, silence: float = 120
    ) -> Reply:
        """Runs the prelude and this script as root. Lines that are no records go to on_output."""
        answer = Reply()
        mark = uuid.uuid4().hex

        unended = ""  # what a program wrote last, where a record came in the middle of its line: the rest is to come

        def on_line(line: str) -> None:
            nonlocal unended
            output, marked, record = line.partition(f"\x1e{mark} ")
            unended += output
            if marked:
                name, _, data = record.partition(" ")
                with decoding(self.transport.login):
                    answer.records[name] = base64.b64decode(data, validate=True)
            else:
                if on_output:
                    on_output(unended)
                unended = ""

        self.round_trips += 1
        result = self.transport.run(f"MARK={mark}\n{prelude()}{script}", label=label, on_line=on_line, silence=silence)
        answer.status, answer.err = result.status, result.err
        if on_output and unended:
            on_output(unended)
        if "held" in answer.records:
            raise lock.held(answer.text("held"))
        if "taken" in answer.records:
            raise lock.taken(answer.text("taken"))
        return answer

    def write(self, label: str, script: str, **options: Any) -> Reply:
        """As `send`, for a script that changes something: only while this run has the lock."""
        answer = self.send(label, f"hold {self.run}\n{script}", **options)
        if "holding" not in answer.records or answer.status == 90:
            raise _cannot_write(answer)
        return answer

    def journal_line(self, event: str, **fields: Any) -> str:
        """The shell text that appends this record to the journal."""
        return f"journal {sh(json.dumps({'event': event, 'run': self.run, **fields}, separators=(',', ':')))}"

    # -- opening --------------------------------------------------------------------------------------------------

    def open(self, *, acquire: bool, take_over: bool = False) -> None:
        """Logs in if need be, reads facts, journal and generated secrets; takes the lock where asked to."""
        if not self.transport.alive():
            self.transport.connect()
        script = OPEN
        if acquire:
            script = (
                f"acquire {self.run} {'yes' if take_over else 'no'} {heredoc(lock.ourselves())}\n"
                "[ -s $W/journal ] || "
                + self.journal_line("journal", version=VERSION, journal=uuid.uuid4().hex)
                # from here on an earlier version, which would append records without checksums, refuses it
                + "\njournal_has_checksums || " + self.journal_line("journal", version=VERSION)
                + "\n" + self.journal_line("run", login=self.transport.login.user) + "\n" + OPEN
            )  # fmt: skip
        try:
            answer = self.send("open", script)
        except StoppedError as error:
            if not lock.died_here(error.details):
                raise
            self.open(acquire=True, take_over=True)
            return
        if answer.status == 90:
            raise _cannot_write(answer)
        if acquire:
            lock.at_work.add(self.run)
        if "facts" not in answer.records:
            raise WizardError(
                f"cannot look at {self.transport.login}: the server did not answer as a Linux server does",
                details=answer.err,
            )
        with decoding(self.transport.login):
            self.server = server_from(printable(answer.text("facts")), self.transport.login)
            self.journal = journal_.parse(unzipped(answer.records.get("journal", b"")))
            self.kept_answers = answer.records.get("answers", b"").decode(errors="replace")
            self.secrets = {
                name.removeprefix("secret."): Secret(value.decode())
                for name, value in answer.records.items()
                if name.startswith("secret.")
            }
        if acquire:
            # or a change of sshd that leaves it without the one key that is known here would look like another server
            self.transport.learn_host_keys(self.server.host_keys)
        self.emit(events.Connected(str(self.transport.login), self.server.pretty_name))

    def close(self) -> None:
        """Gives the lock back, where the connection still stands, and hangs up."""
        try:
            if self.transport.alive():
                self.send("release", f"release {self.run}")
        except WizardError:
            pass  # the lock expires by itself
        finally:
            lock.at_work.discard(self.run)
            self.transport.close()

    @contextlib.contextmanager
    def held(self, every: float = PATIENCE) -> Iterator[None]:
        """While a person thinks: the lock stays ours by a sign of life now and then, from a thread of its own."""
        over = threading.Event()

        def beat() -> None:
            with contextlib.suppress(WizardError):  # a lock or connection that is lost: the next change finds out
                while not over.wait(every):
                    self.write("waiting", "", silence=20)

        thread = threading.Thread(target=beat, name="keeping the lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(5)

    def keep_answers(self, text: str) -> None:
        """Leaves them on the server for whoever goes on there."""
        self.write("answers", f"write_whole $W/answers.json {heredoc(text)}\n[ $? = 0 ] || cannot_write")
        self.kept_answers = text

    # -- coming back ----------------------------------------------------------------------------------------------

    def use(self, transport: Transport) -> None:
        """Goes on over another connection to the same server."""
        old, self.transport = self.transport, transport
        if transport.login not in self.ways_in:
            self.ways_in.insert(0, transport.login)
        old.close()

    def reconnect(self, *, patience: float = 300, expected: bool = False, first: Login | None = None) -> None:
        """After a lost connection: tries the known ways in until one works, then takes the lock again.

        first: a way in to be tried before them. Where a guarded change has shut them, the server opens them again by itself:
        that is waited for, and said. StoppedError where the server was wiped or put back meanwhile: what was planned would
        not fit any more.
        """
        self.emit(events.ConnectionBroken(expected, self._reverts_in()))
        known = self.journal
        self.transport_was_back = False
        self.transport.close()
        start, pause, last = time.monotonic(), 1.0, ConnectError("cannot reach the server")
        ways, refusals = list(self.ways_in), 0
        if first is not None and first not in ways:
            ways.insert(0, first)
        while time.monotonic() - start < patience and refusals < REFUSALS:
            for login in list(ways):
                try:
                    fresh = self.transport.another(login)
                    fresh.connect()
                    self.transport = fresh
                    self.open(acquire=True)
                    if known.id and (self.journal.id != known.id or self.journal.size < known.size):
                        raise StoppedError(
                            "cannot go on: this is not the server as we left it, it was wiped or put back to an earlier state",
                            hint="run the same command again: it looks at what is there now, and goes on from that",
                        )
                    self.transport_was_back = True
                    self.refused.discard(login.user)
                    if self.guard is None:  # else what is shut now may be open again in a minute
                        self.ways_in = [way for way in self.ways_in if way in ways]
                    self.emit(events.Reconnected(str(login), time.monotonic() - start))
                    return
                except LoginRefused as error:
                    # a door that is shut: knocking again and again would look like an attack (fail2ban counts)
                    last = error
                    refusals += 1
                    self.refused.add(login.user)
                    if len(ways) > 1:
                        ways.remove(login)
                        continue
                    # the last one: once the server has taken back what shut it, it opens
                    time.sleep(max(self._reverts_in() + 5, 15))
                except BusyError:
                    break  # a script of ours is still running there
                except ConnectError as error:
                    last = error
                    break  # the server is not there: another user would not be let in either
            time.sleep(pause)
            pause = min(pause * 1.5, 10)
        hint = "nothing is lost: run the same command again when the server answers, and it goes on where it stopped"
        if self.guard is not None:
            hint = (
                f"the server takes the changes of {self.guard[0]} back by itself, at the latest when it starts. {hint}"
            )
        raise ConnectionLost(
            f"cannot reach {self.transport.login} again: {last.message}", details=last.details, hint=hint
        )

    def _reverts_in(self) -> int:
        """Seconds until the server takes a guarded change back that is not proved; 0 where there is none."""
        return max(1, round(self.guard[1] - time.monotonic())) if self.guard is not None else 0

    def patiently(self, ask: Callable[[], Any]) -> Any:
        """Read-only work, or work that may be repeated: once more after a lost connection."""
        try:
            return ask()
        except ConnectionLost:
            self.reconnect()
            return ask()

    # -- looking --------------------------------------------------------------------------------------------------

    def observe(self, operations: Iterable[Operation], *, label: str = "observe") -> list[State]:
        """The states of these things now, in one round trip."""
        operations = list(operations)
        if not operations:
            return []
        return read_observations(operations, self.send(label, observe_script(operations), silence=300))

    def put_blobs(self, blobs: Iterable[Blob]) -> str:
        """Streams large blobs to the server; returns the script text that writes the small ones.

        The text notes in $fresh the secret ones that were not there before.
        """
        lines = []
        for blob in blobs:
            note = f'fresh="$fresh {blob.name}"' if blob.secret else ":"
            if len(blob.content) <= INLINE:
                lines.append(f"[ -e $blobs/{blob.name} ] || {note}")
                lines.append(f"put_blob {blob.name} {heredoc(base64.b64encode(blob.content).decode())}")
            elif self._stream(blob):
                lines.append(note)
        return "\n".join(lines)

    def _stream(self, blob: Blob) -> bool:
        """Sends a large blob, unless it is there already. StepError where there is no room for it, and for what it holds."""
        room = """df -Pm $blobs | awk 'NR == 2 {print "disk", $6, $4, $2}' | emit shortage"""
        answer = self.write("blob", f"[ ! -e $blobs/{blob.name} ] || echo yes | emit there\n{room}")
        if "there" in answer.records:
            return False
        size = len(blob.content) >> 20
        with decoding(self.transport.login):
            short = answer.shortage is not None and int(answer.text("shortage").split()[2]) < 2 * size + 1
        if short and answer.shortage:
            raise StepError(f"cannot send {size} MB to the server ({answer.shortage[0]})", hint=answer.shortage[1])
        self.round_trips += 1
        self.transport.put(io.BytesIO(blob.content), f"/var/lib/wizard/blobs/{blob.name}")
        return True


def observe_script(operations: Iterable[Operation]) -> str:
    """One script that observes all of these, each apart from the others."""
    return "\n".join(
        f"it() {{\n{op.observe()}\n}}\nlook state.{i}\nemit state.{i} <$scratch/state.{i}"
        for i, op in enumerate(operations)
    )


def read_observations(operations: Iterable[Operation], answer: Reply) -> list[State]:
    states = []
    for i, operation in enumerate(operations):
        try:
            states.append(operation.parse(answer.text(f"state.{i}")))
        except (LookupError, ValueError, TypeError, AttributeError, UsageError) as error:
            raise WizardError(
                f"cannot make out the state of {operation.key}",
                details=f"{answer.records.get(f'state.{i}', b'')!r}\n{answer.err}\n{error!r}",
                hint="the server answered something unexpected; `wizard status` shows what the journal knows",
            ) from error
    return states


def _cannot_write(answer: Reply) -> WizardError:
    look = "look whether the server's disk is full (df -h /); then run the same command again"
    why, hint = answer.shortage or (f"status {answer.status}", look)
    return WizardError(f"cannot write to the journal on the server ({why})", details=answer.err.strip(), hint=hint)
