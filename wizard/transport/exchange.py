"""One script over one SSH channel: sends it, reads both streams at the same time, keeps the limits.

Must not know how the connection came about, nor what the script means.
"""

from __future__ import annotations

import codecs
import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from wizard.errors import ConnectError, ConnectionLost, WizardError
from wizard.text import from_output
from wizard.transport.base import Login, OnLine, Result
from wizard.transport.frame import Frame
from wizard.transport.refusals import shell_refused, sudo_refused, where, wrong_sudo_password

if TYPE_CHECKING:
    from paramiko import Channel

OUT_LIMIT = 64 * 2**20
ERR_LIMIT = 512 * 2**20
ERR_KEPT = 256 * 2**10
LINE_LIMIT = 2**20
BLOCK = 2**16
START_PATIENCE = 30.0  # seconds until the shell says that it is there; sudo's delays and slow start files are in it
END_PATIENCE = 10.0  # seconds for a program that runs in its place, once its input has ended
STATUS_PATIENCE = 15.0  # seconds between the end of the output and the exit status


class Watchdog:
    """Calls `bite` from a thread of its own when it wasn't fed for so many seconds, while its context lasts.

    A write to a frozen server blocks inside paramiko for as long as TCP likes; only closing the socket ends it.
    """

    def __init__(self, seconds: float, bite: Callable[[], None]) -> None:
        self.seconds = seconds
        self.bitten = False
        self._bite = bite
        self._fed = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="wizard-watchdog", daemon=True)

    def feed(self) -> None:
        self._fed = time.monotonic()

    def _watch(self) -> None:
        while not self._over.wait(max(0.01, self._fed + self.seconds - time.monotonic())):
            if time.monotonic() - self._fed >= self.seconds:
                self.bitten = True
                self._bite()
                return

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()


class _Lines:
    """Cuts bytes into lines of text for `on_line`, as they come; a line over LINE_LIMIT comes in pieces."""

    def __init__(self, on_line: OnLine) -> None:
        self._on_line = on_line
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        *lines, rest = (self._rest + self._decoder.decode(data, final)).split("\n")
        while len(rest) > LINE_LIMIT:
            lines.append(rest[:LINE_LIMIT])
            rest = rest[LINE_LIMIT:]
        if final and rest:
            lines.append(rest)
        self._rest = rest
        for line in lines:
            for start in range(0, len(line) or 1, LINE_LIMIT):
                self._on_line(from_output(line[start : start + LINE_LIMIT]))


class _Stream:
    """Splits what comes before the mark line (noise of rc files, sudo's words) from what the script writes."""

    def __init__(self, mark: bytes) -> None:
        self.before = b""
        self.begun = False
        self._mark = mark + b"\n"

    def feed(self, data: bytes) -> bytes:
        """The part of the data that the script wrote."""
        if self.begun:
            return data
        before, mark, after = (self.before + data).partition(self._mark)
        self.begun = bool(mark)
        self.before = before[-BLOCK:]
        return after


class Exchange:
    """On a channel that has executed the frame's command: `begin`, then `send` as often as needed, then `finish`."""

    def __init__(
        self, channel: Channel, frame: Frame, login: Login, watchdog: Watchdog, on_line: OnLine | None = None
    ) -> None:
        self._channel, self._frame, self._login, self._watchdog = channel, frame, login, watchdog
        self._out, self._err = _Stream(frame.mark), _Stream(frame.mark)
        self._lines = _Lines(on_line) if on_line else None
        self._chunks: list[bytes] = []
        self._size = self._err_size = 0
        self._tail = b""
        self._wrong_password = self._password_sent = self._given_up = False
        self._ready = threading.Event()
        self._err_reader = threading.Thread(target=self._read_err, name="wizard-stderr", daemon=True)

    def begin(self) -> None:
        """Returns when the script's shell has answered: nothing of the script is sent to whatever else may run there."""
        self._err_reader.start()
        threading.Thread(target=self._give_up_late, name="wizard-start", daemon=True).start()
        try:
            while not self._out.begun:
                if not self._read_block():
                    raise self._refusal()
        finally:
            self._ready.set()
        if self._given_up:  # its input has ended already
            raise ConnectionLost(
                "transport.exchange.shell_not_ready",
                user=self._login.user,
                host=self._login.host,
                start_patience=f"{START_PATIENCE:g}",
                login=where(self._login),
                details=self._said(),
            )

    def _give_up_late(self) -> None:
        """Ends the wait for a shell that does not come: other programs (a fish, a menu) stop when their input ends."""
        if self._ready.wait(START_PATIENCE):
            return
        self._given_up = True
        with contextlib.suppress(OSError, EOFError):
            self._channel.shutdown_write()
            if not self._ready.wait(END_PATIENCE):
                self._channel.close()

    def send(self, data: bytes) -> None:
        """Sends all of it, or as much as the other side wants: a script may end without reading everything."""
        view = memoryview(data)
        while view:
            try:
                sent = self._channel.send(view[:BLOCK].tobytes())
            except OSError:
                if self._over_there():
                    return
                raise
            if not sent:
                return
            self._watchdog.feed()
            view = view[sent:]

    def finish(self) -> Result:
        """Waits for the end. ConnectionLost when it is unknown."""
        if not self._channel.closed:
            self._channel.shutdown_write()
        while self._read_block():
            pass
        self._err_reader.join()
        status = self._status()
        if self._lines:
            self._lines.feed(b"", final=True)
        text = b"".join(self._chunks).decode("utf-8", "replace")
        return Result(status, text, from_output(self._tail.decode("utf-8", "replace")))

    def _over_there(self) -> bool:
        transport = self._channel.get_transport()
        return bool(self._channel.closed or self._channel.eof_received) and transport.is_active()

    def _read_block(self) -> bool:
        """Takes one block of stdout; False at its end."""
        block = self._channel.recv(BLOCK)
        data = self._out.feed(block)
        if self._out.begun:  # noise before it is no sign of life: it may never end
            self._watchdog.feed()
        self._size += len(block)
        if self._size > OUT_LIMIT or self._err_size > ERR_LIMIT:
            limit = (OUT_LIMIT if self._size > OUT_LIMIT else ERR_LIMIT) >> 20
            raise WizardError(
                "transport.exchange.too_much",
                login=self._login,
                limit=limit,
            )
        if data:
            self._chunks.append(data)
            if self._lines:
                self._lines.feed(data)
        return bool(block)

    def _read_err(self) -> None:
        """Reads all of stderr, on a thread of its own: both streams share a window, so neither may wait.

        (Channel.fileno() would do without a thread, but a channel that is closed while data comes writes to the
        closed number, which ends the whole connection or spoils another file.)
        """
        from paramiko import SSHException

        with contextlib.suppress(SSHException, EOFError, OSError):  # finish() sees that the status is missing
            while data := self._channel.recv_stderr(BLOCK):
                self._tail = (self._tail + self._err.feed(data))[-ERR_KEPT:]
                if self._err.begun:
                    self._watchdog.feed()
                self._err_size += len(data)
                if self._err_size > ERR_LIMIT:
                    self._channel.close()
                if not self._err.begun:
                    self._answer_sudo(self._err.before.count(self._frame.prompt))

    def _answer_sudo(self, asked: int) -> None:
        if asked > 1:
            self._wrong_password = True
            self._channel.close()  # or sudo would wait for another password
        elif asked and self._frame.password and not self._password_sent:
            self._password_sent = True
            self._channel.sendall(self._frame.password)

    def _status(self) -> int:
        # recv_exit_status() would wait without end; after a close, the event is set but the status may be missing.
        self._channel.status_event.wait(STATUS_PATIENCE)
        if self._channel.exit_status == -1:
            raise ConnectionLost(
                "transport.exchange.no_status",
                login=self._login,
                details=self._tail.decode("utf-8", "replace")[-2000:],
            )
        return self._channel.exit_status

    def _said(self) -> str:
        """What came before the shell, or in its place."""
        words = self._err.before.replace(self._frame.prompt, b"").decode("utf-8", "replace").strip()
        noise = self._out.before.decode("utf-8", "replace").strip()
        return "\n".join(filter(None, [words[-2000:], noise[-2000:]]))

    def _refusal(self) -> ConnectError:
        """Why the shell was never reached."""
        self._err_reader.join(STATUS_PATIENCE)  # what it said may come after the end of stdout
        if self._wrong_password:
            return wrong_sudo_password(self._login)
        status = None if self._given_up else self._status()
        asked_sudo = self._frame.sudo and (status == 127 or b"sudo" in self._err.before or self._password_sent)
        refused = sudo_refused if asked_sudo else shell_refused
        return refused(self._login, self._said(), status)
