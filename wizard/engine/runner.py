"""The runner: carries a plan out, change by change, and comes back from what interrupts it.

Synchronous. It emits events and asks through `decide`; it makes no sentence for a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from wizard import events
from wizard.checks.base import Check, Finding, Vantage
from wizard.engine import failsafe, recovery
from wizard.engine.checkpoints import spans
from wizard.engine.hooks import Hooks
from wizard.engine.plan import Plan, PlannedStep, drifted
from wizard.engine.remote.scripts import Work
from wizard.engine.remote.session import Emit, Session
from wizard.engine.worker import Worker
from wizard.errors import ConnectionLost, StepError, StoppedError, WizardError
from wizard.operations.base import Change, Operation, State, canonical, diff
from wizard.printable import all_printable
from wizard.text import text
from wizard.transport.base import Login

# seconds between the looks of a check that fails; few, because a refused login is counted by fail2ban
LOOK_AGAIN = (1, 4)
AHEAD = 3  # operations that a change's script looks at in advance


@dataclass(frozen=True)
class Decision:
    """A question inside a run, or just before it (takeover). kind: drift, point_of_no_return, failure or takeover.

    options: the answers allowed, the safest last.
    """

    kind: str
    step: str
    options: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", all_printable(self.facts))


Decide = Callable[[Decision], str]


class Runner:
    """Runs a plan on an opened session that holds the lock.

    decide answers each Decision with one of its options. Raises StepError when a step fails and nobody wants to try again,
    StoppedError on drift that stays undecided; ConnectionLost when the server does not come back.
    hooks are asked before each step and each change.
    """

    def __init__(self, plan: Plan, session: Session, emit: Emit, decide: Decide, hooks: Hooks | None = None) -> None:
        self.plan = plan
        self.session = session
        self.emit = emit
        self.decide = decide
        self.hooks = hooks or Hooks()
        self.worker = Worker(session, emit, self.hooks.before_change)
        self.made = 0
        self.left_out: set[tuple[str, str]] = set(session.journal.left_out)  # checks that need not pass, by choice

    def run(self) -> None:
        start = time.monotonic()
        steps, journal = self.plan.steps, self.session.journal
        complete = tuple(s.step.id for s in steps if s.complete)
        self.emit(
            events.RunStarted(
                str(self.session.transport.login), tuple(s.step.id for s in steps), len(self.plan.changes), complete
            )
        )
        recovered = recovery.finish_pending(self.session, self.worker, self.emit)
        if self.plan.nothing_to_do and not recovered and not journal.half_done:
            self.emit(events.RunFinished("nothing-to-do", 0, time.monotonic() - start, self.session.round_trips))
            return
        for index, planned in enumerate(steps):
            self._learn_way_in(planned)
            if self.hooks.before_step(planned, index) == "skip":
                self.emit(events.StepSkipped(planned.step.id, "chosen"))
            else:
                self._step(planned, index)
        self.emit(events.RunFinished("done", self.made, time.monotonic() - start, self.session.round_trips))

    # -- one step -------------------------------------------------------------------------------------------------

    def _step(self, planned: PlannedStep, index: int) -> None:
        step = planned.step
        while True:
            try:
                self.hooks.before_change()
                made_before = self.made
                self.emit(events.StepStarted(step.id, index + 1, len(self.plan.steps), len(planned.changes)))
                if not self._operations(planned):
                    self.emit(events.StepSkipped(step.id, "chosen"))
                    return
                if self.made == made_before and planned.settled(self.session.journal):
                    self.emit(events.StepSkipped(step.id, "already-so"))
                    return
                self._check(planned)
                return
            except StepError as error:
                if step.way_in is not None and failsafe.armed(self.session):
                    # its clock must not tick while a person thinks
                    trouble = failsafe.take_back(self.session, self.emit, step.id)
                    if trouble is not None:
                        error = _and(error, trouble)
                self.emit(events.StepFailed(step.id, error.message, error.details))
                # a step that proves the way in is never left unproved
                check = error.check if step.way_in is None else ""
                options = ("retry", "leave-out", "stop") if check else ("retry", "stop")
                facts = {"reason": error.message, "details": error.details, "check": check}
                choice = self.decide(Decision("failure", step.id, options, facts))
                if choice == "leave-out":
                    self.left_out.add((step.id, check))
                elif choice != "retry":
                    raise error from None

    def _operations(self, planned: PlannedStep) -> bool:
        """Brings every operation of the step about. False when the person chose to leave the step out."""
        queue = list(planned.operations)
        looked: list[State] = []
        guarded = False
        while queue:
            operation = queue[0]
            if not looked:
                looked = self.session.patiently(lambda: self.session.observe(queue[:AHEAD]))
            found = looked.pop(0)
            if not self._wanted(planned, operation, found):
                queue.pop(0)
                continue
            change = diff(operation, found) or self._again(operation, found)
            if change is not None:
                if operation.irreversible:
                    choice = self._ask("point_of_no_return", planned, operation, ("go", "skip", "stop"))
                    if choice == "skip":
                        return False
                blobs = operation.blobs(change.before)
                work = Work(
                    self.session.journal.next_id, planned.step.id, change, new=True, guarded=planned.step.way_in is not None,
                    first=not guarded, blobs=blobs, secret_blobs=tuple(b.name for b in blobs if b.secret),
                )  # fmt: skip
                looked = self.worker.do(work, queue[1 : AHEAD + 1])
                guarded = work.guarded
                self.made += 1
            queue.pop(0)
        if guarded:
            failsafe.prove(self.session, self.emit, planned.step.id, [self._way_in(planned)])
        return True

    def _again(self, operation: Operation, found: State) -> Change | None:
        """A change that failed at its end (its reload, its proof) is made again, though the thing itself looks right."""
        entry = self.session.journal.half_done_of(operation)
        return Change(operation, entry.change().before, found) if entry is not None else None

    def _wanted(self, planned: PlannedStep, operation: Operation, found: State) -> bool:
        """Settles drift: whether this operation is to be brought about after all."""
        journal = self.session.journal
        # what failed half-way is in no state that anybody knows, and who took away what was in its way has mended it
        unknown = journal.half_done_of(operation) and (not operation.atomic or found == operation.state())
        if unknown or not drifted(operation, found, journal.known(operation)):
            return True
        known = journal.known(operation)[0]
        facts = {"key": operation.key, "found": found.to_json(), "known": known.to_json()}
        choice = self.decide(Decision("drift", planned.step.id, ("keep", "restore", "stop"), facts))
        if choice == "stop":
            raise StoppedError(
                "engine.runner.drifted",
                identity=operation.identity,
                details=f"journal: {canonical(known)}\nfound: {canonical(found)}",
            )
        self.emit(events.DriftFound(planned.step.id, operation.key, choice))
        if choice == "keep":
            self.session.write(
                "accept", self.session.journal_line("accepted", key=operation.key, state=found.to_json())
            )
            self.session.journal.add({"event": "accepted", "key": operation.key, "state": found.to_json()})
        return choice == "restore"

    def _ask(self, kind: str, planned: PlannedStep, operation: Operation, options: tuple[str, ...]) -> str:
        choice = self.decide(Decision(kind, planned.step.id, options, {"key": operation.key}))
        if choice == "stop":
            raise StoppedError(
                "engine.runner.point_of_no_return",
                id=planned.step.id,
            )
        return choice

    # -- the way in -----------------------------------------------------------------------------------------------

    def _way_in(self, planned: PlannedStep) -> Login:
        assert planned.step.way_in is not None
        way = planned.step.way_in(self.plan.answers)
        login = self.session.ways_in[-1]
        if way.user == login.user:
            return login
        return login.as_user(way.user, sudo_password=way.sudo_password)

    def _learn_way_in(self, planned: PlannedStep) -> None:
        """A step that is complete has proved its way in: after a lost connection it is tried as well."""
        if planned.step.way_in is not None and self.session.journal.complete(planned.step.id):
            login = self._way_in(planned)
            if login not in self.session.ways_in:
                self.session.ways_in.insert(0, login)

    # -- checks ---------------------------------------------------------------------------------------------------

    def _check(self, planned: PlannedStep) -> None:
        step, session = planned.step, self.session
        left_out: list[str] = []
        for check in step.checks(self.plan.answers) if step.checks else ():
            finding = self.session.patiently(lambda check=check: _look_again(check, session))  # type: ignore[misc]
            if finding.passed:
                self.emit(events.CheckPassed(step.id, check.name, finding.seen))
            elif _may_fail(step.id, check, self.left_out):
                self.emit(events.CheckLeftOut(step.id, check.name, finding.seen))
                left_out.append(check.id)
            else:
                self.emit(failed(step.id, check, finding))
                error = StepError(
                    "engine.runner.check_failed", check=check.name, step=step.id, seen=finding.seen,
                    details=_evidence(finding),
                )  # fmt: skip
                error.check = check.id
                raise error
        record: dict[str, Any] = {"step": step.id, "changes": spans(e.id for e in session.journal.in_force)}
        record |= {"left_out": left_out} if left_out else {}
        self.session.patiently(lambda: session.write("checkpoint", session.journal_line("checkpoint", **record)))
        session.journal.add({"event": "checkpoint", "at": "", **record})
        self.emit(events.CheckpointReached(step.id))


def _and(error: StepError, trouble: StepError) -> StepError:
    """A failure whose changes could not be taken back so that one gets in: the way in is what counts now."""
    details = f"{error.message}\n{error.details}\n{trouble.details}"
    message = text("engine.failsafe.and", first=error.message, second=trouble.message)
    return StepError(message, details=details, hint=trouble.hint)


def _may_fail(step: str, check: Check, left_out: Collection[tuple[str, str]]) -> bool:
    """Whether somebody chose to go on without this check. Journals of earlier versions have its name in English."""
    return (step, check.id) in left_out or (step, str(check.name)) in left_out


def look(check: Check, session: Session) -> Finding:
    """Runs one check. An error of the connection it opens itself is a finding, too."""
    return check.completed(_look(check, session))


def failed(step: str, check: Check, finding: Finding) -> events.CheckFailed:
    return events.CheckFailed(step, check.name, finding.seen, finding.wanted, finding.set_in)


def _evidence(finding: Finding) -> str:
    """For the details of an error: what was seen, what was wanted, and where it is set."""
    wanted = text("engine.runner.wanted", wanted=finding.wanted) if finding.wanted else ""
    set_in = text("engine.runner.set_in", set_in=finding.set_in) if finding.set_in else ""
    return "\n".join(filter(None, (finding.seen, wanted, set_in)))


def _look(check: Check, session: Session) -> Finding:
    if check.script:
        lines: list[str] = []
        script = f"it() {{\n{check.script}\n}}\nlook check both; status=$?\ntail -c 100000 $scratch/check; exit $status"
        answer = session.send(f"check {check.name}", script, on_output=lines.append)
        return Finding(answer.status == 0, lines[-1] if lines else "")
    assert check.look is not None
    try:
        return check.look(Vantage(session.transport, session.transport.login, session.refused))
    except ConnectionLost:
        raise
    except WizardError as error:
        return Finding(False, f"{error.message} {error.details}".strip())


def _look_again(check: Check, session: Session) -> Finding:
    """A check right after a change: a service that has just been started may need a moment before it answers."""
    finding = look(check, session)
    for pause in LOOK_AGAIN:
        if finding.passed or finding.final:
            break
        time.sleep(pause)
        finding = look(check, session)
    return finding


def verify(plan: Plan, session: Session, emit: Emit) -> bool:
    """Every check of every step of the plan, read-only. True when all passed, but for those left out by choice."""
    good, left_out = True, session.journal.left_out
    for planned in plan.steps:
        checks: Sequence[Check] = list(planned.step.checks(plan.answers)) if planned.step.checks else []
        for check in checks:
            finding = look(check, session)
            step, said = planned.step.id, failed(planned.step.id, check, finding)
            may_fail = _may_fail(step, check, left_out)
            good = good and (finding.passed or may_fail)
            if finding.passed:
                emit(events.CheckPassed(step, check.name, finding.seen))
            else:
                emit(events.CheckLeftOut(step, check.name, finding.seen) if may_fail else said)
    return good
