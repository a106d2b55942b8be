"""Something on the screen at once: loading the full-screen front takes longer than a person waits. Must not import any of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

ALTERNATE, NORMAL, CLEARED = "\x1b[?1049h", "\x1b[?1049l", "\x1b[2J\x1b[H"  # xterm's screen for full-screen programs


@contextmanager
def shown() -> Iterator[None]:
    """While the front is loaded, which then paints over it; where it cannot be, the screen is as it was."""
    _write(f"{ALTERNATE}{CLEARED}\r\n  wizard\r\n\r\n  Starting …")
    try:
        yield
    except BaseException:
        _write(NORMAL)
        raise


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
