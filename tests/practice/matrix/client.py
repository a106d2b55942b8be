"""`wizard` as a process of its own, which waits after each answer of the server until the test lets it go on.

The process is a fork of one that has everything imported, so that starting it costs a tenth. Must not know the faults.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from wizard import cli
from wizard.engine.remote.protocol import Reply
from wizard.engine.remote.session import Session
from wizard.transport.base import Login

PRELOAD = ("wizard.fronts.commands", "wizard.fronts.headless", "wizard.transport.ssh", "wizard.transport.target")
ANYWHERE = ("open", "plan", "armed?", "sweep", "release")  # the same wherever the run has come to

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "paramiko", *PRELOAD])


@dataclass(frozen=True)
class Pauses:
    """at: the file that says what an answer was given to, which the test removes (None: it does not stop); silence and
    patience: the most seconds after which a server counts as frozen, and is given up: a test has less time."""

    at: Path | None
    silence: float = 120
    patience: float = 300


def start(argv: Sequence[str], environment: Mapping[str, str], output: Path, pauses: Pauses) -> BaseProcess:
    """The program with these arguments and nothing on stdin; all that it says goes to the file."""
    process = FORKS.Process(target=_run, args=(list(argv), dict(environment), output, pauses), daemon=True)
    process.start()
    return process


def _run(argv: list[str], environment: dict[str, str], output: Path, pauses: Pauses) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, os.open(output, os.O_WRONLY | os.O_CREAT))):
        os.dup2(target, descriptor)
    os.dup2(1, 2)
    _slow_down(pauses)
    cli.main(argv)


def _slow_down(pauses: Pauses) -> None:
    send, reconnect = Session.send, Session.reconnect

    def stopping(self: Session, label: str, script: str, *, silence: float = 120, **options: Any) -> Reply:
        name = _name(self, label)
        answer = send(self, label, script, silence=min(silence, pauses.silence), **options)
        if pauses.at is not None:
            new = pauses.at.with_suffix(".new")
            new.write_text(name)
            new.rename(pauses.at)
            while pauses.at.exists():
                time.sleep(0.01)
        return answer

    def hasty(self: Session, *, patience: float = 300, expected: bool = False, first: Login | None = None) -> None:
        patience = patience if expected else min(patience, pauses.patience)
        reconnect(self, patience=patience, expected=expected, first=first)

    Session.send = stopping  # type: ignore[method-assign]
    Session.reconnect = hasty  # type: ignore[method-assign]


def _name(session: Session, label: str) -> str:
    """The script's label and how far the run had come, without the changes' numbers, which differ from run to run."""
    label = re.sub(r"^(\w+) [0-9]+", r"\1", label)
    if label in ANYWHERE:
        return label
    done = sum(e.status == "done" for e in session.journal.entries.values())
    return f"{label} [{done} done, {len(session.journal.checkpoints)} checkpoints]"
