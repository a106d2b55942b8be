"""What a front does with an engine: take the lock, run a plan, go back. Must not know any screen or prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.app import connection
from wizard.app.afterwards import afterwards
from wizard.app.journey import Journey
from wizard.engine.journal import Journal
from wizard.engine.plan import Plan
from wizard.engine.remote.session import Emit
from wizard.engine.rollback import roll_back as undo_to
from wizard.engine.runner import Decision, Runner
from wizard.operations.base import State

Ask = Callable[[Any], Any]


def acquire(journey: Journey) -> None:
    """Takes the lock, and keeps the secrets that were made up and are not on the server yet."""
    session = journey.session
    assert session is not None
    secrets = session.secrets
    connection.take_lock(journey, session)
    secrets.update(session.secrets)
    session.secrets = secrets


def patient(journey: Journey, ask: Ask) -> Ask:
    """The same question; the lock on the server is kept for as long as the person thinks."""

    def asked(question: Any) -> Any:
        assert journey.session is not None
        with journey.session.held():
            return ask(question)

    return asked


def log_in_anew(journey: Journey) -> None:
    """A new connection, with the passwords that the request has now. Where it fails everything stays as it is."""
    old = journey.session
    assert old is not None
    session = connection.connect(journey, acquire=False)
    session.run = old.run  # its lock is ours, also when the old connection could not give it back
    session.secrets = {**old.secrets, **session.secrets}
    old.close()


def run(journey: Journey, plan: Plan, emit: Emit, ask: Ask) -> None:
    acquire(journey)
    assert journey.session is not None
    journey.leave_answers()
    Runner(plan, journey.session, emit, patient(journey, ask)).run()
    afterwards(journey)  # what is shown at the end is tried now, while somebody can see that something goes on


def roll_back(journey: Journey, emit: Emit, ask: Ask, checkpoint: str | None) -> int:
    acquire(journey)
    assert journey.session is not None

    def on_drift(key: str, known: State, found: State) -> str:
        facts = {"key": key, "known": known.to_json(), "found": found.to_json()}
        choice: str = patient(journey, ask)(Decision("drift", "", ("restore", "keep", "stop"), facts))
        return choice

    return undo_to(journey.session, emit, checkpoint, on_drift=on_drift)


def last_checkpoint(journal: Journal) -> str | None:
    """The step of the newest checkpoint; None where there is none yet."""
    return max(journal.checkpoints, key=lambda c: c.last).step if journal.checkpoints else None
