"""A person at a terminal: reads what the program shows on a real pty, and types. Knows no front."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from fcntl import ioctl

CONTROL = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][0-9A-B]|[=>78])")
CURSOR = re.compile(rb"\x1b\[[0-9;]*[A-HJKfsu]")  # moves the cursor or clears a part of the screen
ENTER, DOWN, UP, CTRL_C = "\r", "\x1b[B", "\x1b[A", "\x03"
CTRL_D = "\x04"


class Person:
    """`seen` is everything so far, without control sequences; `raw` with them."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, columns: int = 100, rows: int = 40) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execve(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        self.status: int | None = None
        self.typed = ""
        self.raw = b""
        self.place = 0  # what comes before it was looked at already

    @property
    def seen(self) -> str:
        return CONTROL.sub(b"", self.raw).decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, text: str, patience: float = 40) -> None:
        """Until it is shown, after what was waited for before."""
        end = time.monotonic() + patience
        while (at := self.seen.find(text, self.place)) < 0:
            if not self._read(end):
                raise AssertionError(f"{text!r} was not shown; after {self.seen[: self.place][-300:]!r}:\n"
                                     f"{self.seen[self.place:]}")  # fmt: skip
        self.place = at + len(text)

    def type(self, text: str) -> None:
        self.typed = text
        os.write(self.master, text.encode())

    def answer(self, prompt: str, text: str = ENTER, patience: float = 40) -> None:
        self.wait_for(prompt, patience)
        self.type(text)

    def leave(self, patience: float = 40) -> int:
        """Waits for the program's end; its exit status. Never for ever."""
        end = time.monotonic() + patience
        while self._read(min(end, time.monotonic() + 5)) or (self.status is None and self._is_there(end)):
            # a signal that comes just before the program begins to read is seen after the next key: a person presses again
            if self.typed == CTRL_C and not select.select([self.master], [], [], 2)[0]:
                with contextlib.suppress(OSError):
                    os.write(self.master, CTRL_C.encode())
        if self.status is None:
            raise AssertionError(f"it did not end; it shows:\n{self.seen[-500:]}")
        return self.status

    def _is_there(self, end: float) -> bool:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
        return not pid and time.monotonic() < end

    def _read(self, end: float) -> bool:
        """Takes in what there is; False at the end of the program, or when the time is up."""
        ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
        data = b""
        if ready:
            with contextlib.suppress(OSError):  # how Linux says that the other side is gone
                data = os.read(self.master, 65536)
        self.raw += data
        if b"\x1b[6n" in data:  # it asks where the cursor is
            os.write(self.master, b"\x1b[1;1R")
        return bool(data)


def _ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextlib.contextmanager
def at_terminal(argv: Sequence[str], env: Mapping[str, str], **size: int) -> Iterator[Person]:
    person = Person(argv, env, **size)
    try:
        yield person
    finally:
        if person.status is None:
            os.kill(person.pid, signal.SIGKILL)
            _ended(person.pid)
        os.close(person.master)
