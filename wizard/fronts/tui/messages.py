"""What crosses from the engine's thread to the screens. Must not know any screen."""

from __future__ import annotations

import queue
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from wizard import events


class Happened(Message, bubble=False):
    """The engine emitted an event (never an OutputLine: lines go through `EngineThread.lines`)."""

    def __init__(self, event: events.Event) -> None:
        super().__init__()
        self.event = event


class Asked(Message, bubble=False):
    """The engine waits for an answer to `question`: put it into `reply`."""

    def __init__(self, question: Any, reply: queue.SimpleQueue[Any]) -> None:
        super().__init__()
        self.question = question
        self.reply = reply


class Finished(Message, bubble=False):
    """A job came to its end: with a result, or with an error (a WizardError where a person or the server caused it).

    Goes by way of the app to `tell`, as events do, so that it never overtakes one.
    """

    def __init__(self, job: str, result: Any, error: Exception | None, tell: MessagePump) -> None:
        super().__init__()
        self.tell = tell
        self.job = job
        self.result = result
        self.error = error


class Noted(Message, bubble=False):
    """A line of news from a job that has no events: how the practice server comes up."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
