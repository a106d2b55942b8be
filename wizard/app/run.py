"""The run of a journey, for every front: one state machine, from a plan that the person agreed to until it is over.

    running ── all steps are complete ───────────────────────────────→ over: done
       │ ↑
       │ └── retry, login, wait, watch, take-over ─────────┐
       └── an error, or a choice to stop → Ended is asked ─┴─ answers, back, checkpoints, stop → over: that choice

A step that fails is asked about while the run still stands (`Decision`); what leads out of the run ends it first.
Must not know any screen or prompt: a front answers questions by `ask`, and is told what happens by `emit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wizard.app import connection, planning
from wizard.app.afterwards import afterwards
from wizard.app.journey import Journey
from wizard.engine import rollback
from wizard.engine.hooks import Hooks
from wizard.engine.journal import Journal
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.remote.session import Emit
from wizard.engine.runner import Decision, Runner
from wizard.errors import HeldError, StoppedError, WizardError, stopped_as_asked
from wizard.operations.base import State

AGAIN = ("retry", "login", "wait", "watch", "take-over")
"""Answers to Ended after which the run is tried once more."""


@dataclass(frozen=True)
class NextStep:
    """The question before a step, where the run goes step by step or is to pause. Answers: go, skip (where it may be), or a
    choice that ends the run: checkpoints, stop."""

    planned: PlannedStep
    index: int
    may_skip: bool


@dataclass(frozen=True)
class Ended:
    """The question after a run has come to a bad end. Answers: AGAIN, or what is to be done instead.

    held: another wizard has the server's lock; chosen: nothing failed, a person stopped it; watched: they watched another's.
    """

    error: WizardError
    held: bool = False
    chosen: bool = False
    watched: bool = False


Question = NextStep | Ended | Decision
Ask = Callable[[Any], Any]


class Run(Hooks):
    """`step_by_step` and `pausing` may be changed at any time, by another thread, too.

    ask: answers a Question; cancelled: whether to stop before the next change. failed: the step that failed last.
    """

    def __init__(
        self, journey: Journey, emit: Emit, ask: Ask, *,
        step_by_step: bool = False, cancelled: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self.journey, self.emit, self._ask = journey, emit, ask
        self.step_by_step, self.pausing, self.cancelled = step_by_step, False, cancelled
        self.skipped: set[str] = set()  # recipes
        self.failed = ""
        self.chosen = ""  # what a person wants once the run has stopped
        self.stopped = False  # a person chose to stop, at a question of the engine
        self.needed = {need for recipe in journey.chosen for need in recipe.needs}

    # -- what a front starts ----------------------------------------------------------------------------------------

    def set_up(self, plan: Plan) -> str:
        """Until it is done, or until a person wants something else: done, answers, back or checkpoints.

        The last error is raised where they choose to stop.
        """

        def look_again() -> None:
            nonlocal plan
            plan = self.what_is_left(plan)

        return self._until_over(lambda: self.once(plan), look_again)

    def roll_back(self, checkpoint: str | None) -> str:
        """As `set_up`: back to this checkpoint, None for the very beginning."""
        return self._until_over(lambda: self.undo(checkpoint), lambda: None)

    def once(self, plan: Plan) -> None:
        """One attempt, which ends in the error of whatever stops it: for a front with nobody to ask."""
        session = self.journey.connected
        looked = session.journal.next_id
        self.acquire()
        if session.journal.next_id != looked:  # somebody else was at work meanwhile
            plan = planning.plan(self.journey)
        self.journey.leave_answers()
        Runner(plan, session, self.emit, self._decide, self).run()
        afterwards(self.journey)  # what is shown at the end is tried now, while somebody can see that something goes on

    def acquire(self) -> None:
        """Takes the lock, and keeps the secrets that were made up and are not on the server yet."""
        session = self.journey.connected
        secrets = session.secrets
        connection.take_lock(self.journey, session)
        secrets.update(session.secrets)
        session.secrets = secrets

    def ask(self, question: Question) -> str:
        """The lock on the server is kept for as long as the person thinks."""
        with self.journey.connected.held():
            choice: str = self._ask(question)
        return choice

    # -- what the engine asks ---------------------------------------------------------------------------------------

    def before_step(self, planned: PlannedStep, index: int) -> str:
        recipe = planned.step.recipe
        if recipe in self.skipped:
            return "skip"
        if not (self.step_by_step or self.pausing) or (planned.complete and not planned.changes):
            return "go"
        self.pausing = False
        # a recipe that no other needs may be left out; the first step also keeps the secrets that were made up
        choice = self.ask(NextStep(planned, index, index > 0 and recipe not in self.needed))
        if choice == "skip":
            self.skipped.add(recipe)
        elif choice != "go":
            self.chosen = choice
            raise StoppedError("app.run.stopped")
        return choice

    def before_change(self) -> None:
        if self.cancelled():
            raise stopped_as_asked()

    def _decide(self, question: Decision) -> str:
        choice = self.ask(question)
        if question.kind != "failure" or choice in question.options[:-1]:
            self.stopped = choice == "stop"
            return choice
        self.failed = question.step
        self.chosen = choice
        return "stop"

    # -- until it is over -------------------------------------------------------------------------------------------

    def _until_over(self, attempt: Callable[[], None], look_again: Callable[[], None]) -> str:
        choice = ""
        while True:
            self.chosen, self.stopped = "", False
            try:
                self._prepare(choice, look_again)
                attempt()
                return "done"
            except WizardError as error:
                if self.cancelled():
                    raise
                choice = self.chosen or self._what_now(error)
                if choice == "stop":
                    raise
            if choice not in AGAIN:
                return choice

    def _what_now(self, error: WizardError) -> str:
        watched = type(error) is StoppedError and self.journey.request.when_held == "watch"
        choice = self._ask(Ended(error, held=isinstance(error, HeldError), chosen=self.stopped, watched=watched))
        return str(choice)

    def _prepare(self, choice: str, look_again: Callable[[], None]) -> None:
        """What this attempt needs after an Ended that was answered so; "" for the first attempt."""
        if not choice:
            return
        request = self.journey.request
        request.take_over = choice == "take-over"
        request.when_held = choice if choice in ("wait", "watch") else "stop"
        if choice == "login":
            self._log_in_anew()
        elif choice != "watch":  # which ends in an error of its own
            look_again()

    def _log_in_anew(self) -> None:
        """A new connection, with the passwords that the request has now. Where it fails everything stays as it is."""
        old = self.journey.connected
        session = connection.connect(self.journey, acquire=False)
        session.run = old.run  # its lock is ours, also when the old connection could not give it back
        session.secrets = {**old.secrets, **session.secrets}
        old.close()

    def what_is_left(self, plan: Plan) -> Plan:
        """The plan by now; as it was where the server cannot be looked at yet."""
        try:
            self.acquire()
            return planning.plan(self.journey)
        except WizardError:
            return plan

    def undo(self, checkpoint: str | None) -> None:
        """One attempt to go back, as `once`."""
        self.acquire()

        def on_drift(key: str, known: State, found: State) -> str:
            facts = {"key": key, "known": known.to_json(), "found": found.to_json()}
            return self._decide(Decision("drift", "", ("restore", "keep", "stop"), facts))

        rollback.roll_back(
            self.journey.connected, self.emit, checkpoint, on_drift=on_drift, before_change=self.before_change
        )


def last_checkpoint(journal: Journal) -> str | None:
    """The step of the newest checkpoint; None where there is none yet."""
    return max(journal.checkpoints, key=lambda c: c.last).step if journal.checkpoints else None
