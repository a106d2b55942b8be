"""The thread that the engine works on: one job after the other, so that a connection is used by one thread alone.

A daemon thread, so that quitting never waits for a server. Must not know any screen or widget.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump

from wizard import events
from wizard.crash import as_error
from wizard.errors import stopped_as_asked
from wizard.fronts.tui.messages import Asked, Finished, Happened

KEPT_LINES = 10_000  # of output, until the screen takes them: memory stays bounded however fast they come
RELEASE = object()


class EngineThread:
    """Takes jobs (functions without arguments), and tells `app` about events and questions by messages."""

    def __init__(self, app: MessagePump) -> None:
        self.app = app
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.stopping = False  # a run looks at it before each change
        self.since = 0.0  # when it last became busy, on the monotonic clock
        self._jobs: queue.SimpleQueue[tuple[str, Callable[[], Any], MessagePump]] = queue.SimpleQueue()
        self._reply: queue.SimpleQueue[Any] | None = None
        self._busy = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._busy > 0

    @property
    def asking(self) -> bool:
        """Whether a person's answer is waited for: then nothing is being changed."""
        return self._reply is not None

    def submit(self, name: str, job: Callable[[], Any], tell: MessagePump) -> None:
        """Does the job when those before it are done; `tell` gets Finished."""
        with self._lock:
            self._busy += 1
            if self._busy == 1:
                self.since = time.monotonic()
        self._jobs.put((name, job, tell))

    def emit(self, event: events.Event) -> None:
        """For the engine, on its thread."""
        if isinstance(event, events.OutputLine):
            self.lines.append(event.text)
            return
        self.app.post_message(Happened(event))

    def ask(self, question: Any) -> Any:
        """For the engine, on its thread: waits until a person has answered. StoppedError when they leave instead."""
        reply: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reply = reply
        if self.stopping:
            raise stopped_as_asked()
        self.app.post_message(Asked(question, reply))
        answer = reply.get()
        self._reply = None
        if answer is RELEASE:
            raise stopped_as_asked()
        return answer

    def stop(self) -> None:
        """Whatever runs ends before its next change; a question that is open is answered by leaving."""
        self.stopping = True
        if (reply := self._reply) is not None:
            reply.put(RELEASE)

    def wait(self, patience: float) -> bool:
        """Whether every job has ended within so many seconds."""
        end = time.monotonic() + patience
        while self.busy and time.monotonic() < end:
            time.sleep(0.02)
        return not self.busy

    def _work(self) -> None:
        while True:
            name, job, tell = self._jobs.get()
            result, failure = None, None
            try:
                result = job()
            except Exception as error:  # whatever it is, a screen shows it: a thread that dies would leave it waiting
                failure = as_error(error)
            with self._lock:
                self._busy -= 1
            self.app.post_message(Finished(name, result, failure, tell))
