"""Keeps the lock on a server while nothing is done there: the lock expires without a sign of life (lock.sh, `holder_alive`)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from wizard.errors import WizardError


@contextlib.contextmanager
def kept_alive(beat: Callable[[], object], every: float) -> Iterator[None]:
    """Calls `beat` every so many seconds, from a thread of its own, while the block lasts."""
    over = threading.Event()

    def run() -> None:
        with contextlib.suppress(WizardError):  # a lock or connection that is lost: the next change finds out
            while not over.wait(every):
                beat()

    thread = threading.Thread(target=run, name="keeping the lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
