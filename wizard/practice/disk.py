"""A practice server's disk as ext4 in a file: it has a real size, and a power cut loses what was not on it yet.

A copy of the file taken while the server runs would mix moments, which no disk does. So the power is cut as the kernel's
own file system tests do it: ext4 is told to stop at once, without writing back what it had in memory. From then on the
file holds what had reached the disk, and the next mount replays ext4's journal. Must not know what a server is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from wizard.errors import WizardError
from wizard.practice.backend import run, wait
from wizard.text import text

SHUTDOWN, WITHOUT_THE_LOG = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH, of linux/ext4.h
SMALLEST = 512 << 20


def make(file: Path, size: int, tree: Path) -> None:
    """A file system of that many bytes with a copy of the tree in it; the file takes up what is used of it."""
    if size < SMALLEST:
        raise WizardError("practice.disk.too_small")
    with file.open("wb") as disk:
        disk.truncate(size)
    run(["mkfs.ext4", "-q", "-F", "-d", tree, file], doing=text("practice.disk.make"))


def cut(root: Path) -> None:
    """Stops the file system that is mounted there, as it is on the disk at this moment."""
    with contextlib.suppress(FileNotFoundError):  # of a server that is off
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_THE_LOG))
        finally:
            os.close(folder)


def let_go(file: Path) -> None:
    """Returns when no loop device has the file any more: what the kernel still writes must not meet the next mount."""
    if not wait(lambda: str(file) not in _attached(), 30):
        raise WizardError("practice.disk.busy", name=file.name, details=str(file))


def _attached() -> set[str]:
    found = set()
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # just let go
            found.add(path.read_text(encoding="utf-8").rstrip("\n"))
    return found
