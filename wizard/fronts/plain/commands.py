"""The commands, carried out: a journey each, with plain progress or JSON lines. The full-screen front has its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from wizard import events
from wizard.engine.differences import differences
from wizard.engine.plan import Plan, drifted
from wizard.engine.rollback import Undo, plan_rollback, roll_back
from wizard.engine.runner import Decision, Runner
from wizard.engine.runner import verify as run_checks
from wizard.errors import StepError, StoppedError, UsageError
from wizard.fronts import words as words_
from wizard.fronts.headless import Headless, Policy
from wizard.fronts.plain import answers_file, prompts
from wizard.fronts.plain.progress import Progress
from wizard.journey import Journey, Request
from wizard.operations.base import State
from wizard.secret import Secret


@dataclass
class Options:
    """What the command line said."""

    target: str
    key: Path | None = None
    host_key: str | None = None
    answers: Path | None = None
    recipes: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    until: str | None = None
    take_over: bool = False
    drift: str | None = None
    verbose: bool = False
    as_json: bool = False
    yes: bool = False
    front: str | None = None

    @property
    def headless(self) -> bool:
        return self.as_json or self.front == "headless"

    @property
    def asks(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.headless and not self.yes and sys.stdin.isatty() and sys.stderr.isatty()

    def request(self) -> Request:
        def from_environment(name: str) -> Secret | None:
            return Secret(os.environ[name]) if os.environ.get(name) else None

        return Request(
            target=self.target, key=self.key, host_key=self.host_key, recipes=self.recipes, only=self.only,
            until=self.until, answers=self.answers, take_over=self.take_over,
            password=from_environment("WIZARD_SSH_PASSWORD"),
            sudo_password=from_environment("WIZARD_SUDO_PASSWORD"),
            passphrase=from_environment("WIZARD_KEY_PASSPHRASE"),
        )  # fmt: skip


@dataclass
class Station:
    """A journey with the front that tells about it."""

    journey: Journey
    options: Options
    words: words_.Words
    front: Headless | Progress
    policy: Policy

    def decide(self, question: Decision) -> str:
        if self.options.asks and not (question.kind == "drift" and self.options.drift):
            return prompts.choose(words_.decision(self.words, question), question.options)
        return self.policy.decide(question)

    def on_drift(self, key: str, known: State, found: State) -> str:
        facts = {"key": key, "known": known.to_json(), "found": found.to_json()}
        return self.decide(Decision("drift", "", ("keep", "restore", "stop"), facts))

    def say(self, line: str, **data: Any) -> None:
        """One line for a person on stdout, or the data as JSON."""
        if isinstance(self.front, Headless):
            self.front.write(data)
        else:
            click.echo(self.journey.mask(line))


@contextmanager
def station(options: Options, request: Request | None = None) -> Iterator[Station]:
    """Recipes and answers checked, nothing reached yet; the journey is closed at the end, whatever happens."""
    relay: list[Any] = []
    journey = Journey(request or options.request(), lambda event: relay[0].emit(event))  # noqa: PLW0108  (the front is not there yet)
    if options.asks:
        journey.ask_host_key = prompts.host_key
    journey.prepare()
    words = words_.Words(journey.recipes)
    front: Headless | Progress = (
        Headless(words, journey.mask) if options.headless else Progress(words, journey.mask, verbose=options.verbose)
    )
    relay.append(front)
    try:
        yield Station(journey, options, words, front, Policy(options.drift or "stop", options.yes))
    finally:
        journey.close()


def setup(options: Options, request: Request | None = None) -> None:
    """`wizard setup`: StepError, StoppedError and ConnectError say why it did not come to its end."""
    if options.front == "tui":
        raise UsageError("cannot show the full-screen front: this version has none", hint="use --front plain")
    if not (options.asks or options.yes or options.answers or request):
        raise UsageError(
            "cannot ask anything: there is no terminal", hint="give --answers FILE, or --yes for the defaults"
        )
    with station(options, request) as at:
        plan = _plan(at, acquire=True)
        if options.asks and not plan.nothing_to_do:
            _review(at, plan)
            if not click.confirm("Nothing has been touched yet. Start?", default=True, err=True):
                raise StoppedError("stopped before the first change", hint="nothing on the server was touched")
        assert at.journey.session is not None
        Runner(plan, at.journey.session, at.front.emit, at.decide).run()
        _tell(at)


def practice(options: Options, *, release: str = "bookworm", memory: str | None = None) -> None:
    """`wizard practice`: a practice server, and the sample project set up on it."""
    from wizard.practice import sample
    from wizard.practice.fleet import Fleet

    server = Fleet().up(sample.NAME, release=release, memory=memory, say=lambda line: click.echo(line, err=True))
    options.target = f"practice:{server.name}"
    request = options.request()
    request.given = sample.given()
    setup(options, request)


def _tell(at: Station) -> None:
    """What is needed afterwards. A secret is not shown: where it lies on the server is."""
    for recipe, name, value in at.journey.afterwards():
        what = at.words.guides[recipe].afterwards.get(name, name.replace("_", " "))
        if isinstance(value, Secret):
            continue  # another line says where it lies on the server
        at.say(f"{what}\n    {value}", event="Afterwards", recipe=recipe, name=name, value=value, words=what)


def plan(options: Options) -> None:
    with station(options) as at:
        forecast = _plan(at, acquire=False)
        _review(at, forecast)
        if forecast.nothing_to_do:
            at.say("Nothing is left to do.", event="NothingToDo")


def status(options: Options) -> None:
    with station(options) as at:
        session = at.journey.connect(acquire=False)
        journal = session.journal
        if not journal.entries:
            at.say("No set-up has been started on this server.", event="NoJournal")
            return
        if journal.torn:
            at.say(f"{journal.torn} line(s) of the journal were cut short.", event="TornLines", lines=journal.torn)
        for point in journal.checkpoints:
            line = f"✓ {point.step:32} {point.at}  {at.words.heading(point.step)}"
            at.say(line, event="Checkpoint", step=point.step, at=point.at, last=point.last)
        for entry in journal.half_done:
            at.say(f"… {entry.step}: {entry.key} is half-done", event="Pending", step=entry.step, key=entry.key)
        for key, known, found in _drift(at):
            at.say(f"✗ {key} was changed by hand", event="Drift", key=key, known=known.to_json(), found=found.to_json())


def _drift(at: Station) -> Iterator[tuple[str, State, State]]:
    """What is no longer as the journal left it, from the journal alone."""
    session = at.journey.session
    assert session is not None
    newest = {entry.key: entry for entry in session.journal.in_force if entry.status == "done"}
    changes = [e.change() for e in newest.values() if not e.change().operation.irreversible]
    found = session.observe([c.operation for c in changes])
    for change, now in zip(changes, found, strict=True):
        known = session.journal.known(change.operation)
        if drifted(change.operation, now, known) and now != change.after:
            yield change.operation.key, change.after, now


def verify(options: Options) -> None:
    with station(options) as at:
        forecast = _plan(at, acquire=False)
        assert at.journey.session is not None
        if not run_checks(forecast, at.journey.session, at.front.emit):
            raise StepError("some checks failed", hint="`wizard setup` again mends what is not as it should be")


def rollback(options: Options, checkpoint: str | None) -> None:
    with station(options) as at:
        session = at.journey.connect(acquire=True)
        todo = plan_rollback(session.journal, checkpoint)
        if not todo:
            at.say("Nothing is to be undone.", event="NothingToDo")
            return
        if options.asks:
            _review_rollback(at, todo)
            if not click.confirm("Go back?", default=False, err=True):
                raise StoppedError("stopped before anything was undone", hint="nothing on the server was touched")
        elif not options.yes:
            raise UsageError("cannot ask whether to go back: there is no terminal", hint="agree with --yes")
        roll_back(session, at.front.emit, checkpoint, on_drift=at.on_drift)


def _plan(at: Station, *, acquire: bool) -> Plan:
    at.journey.inspect_project()
    at.journey.connect(acquire=acquire)
    ask = prompts.asker(at.words, at.journey.given) if at.options.asks and not at.options.answers else None
    at.journey.answer(ask)
    return at.journey.plan()


def _review(at: Station, plan: Plan) -> None:
    """Every change, with its commands and difference where they were asked for."""
    assert at.journey.session is not None
    for planned in plan.steps:
        changes = planned.changes
        if not changes:
            continue
        shown = differences(changes, at.journey.session)
        at.say(
            f"{planned.step.id}: {at.words.heading(planned.step.id)}" + (" (guarded)" if planned.step.way_in else ""),
            event="PlannedStep", step=planned.step.id, guarded=planned.step.way_in is not None, changes=len(changes),
        )  # fmt: skip
        for change, text in zip(changes, shown, strict=True):
            op = change.operation
            line = "  " + words_.describe(op.kind, op.key) + ("  ! cannot be undone" if op.irreversible else "")
            if at.options.verbose:
                line += "".join(f"\n      $ {c}" for c in change.script().splitlines())
                line += "".join(f"\n      {d}" for d in text.splitlines())
            at.say(
                line, event="PlannedChange", step=planned.step.id, key=op.key, commands=change.script(),
                difference=text, irreversible=op.irreversible, long=op.long,
            )  # fmt: skip


def _review_rollback(at: Station, todo: list[Undo]) -> None:
    for undo in todo:
        kind = undo.entry.operation["kind"]
        kept = "  (cannot be undone: stays)" if undo.kept else ""
        at.say(f"  {undo.entry.step}: {words_.describe(kind, undo.entry.key)}{kept}")


__all__ = ["Options", "answers_file", "events", "plan", "rollback", "setup", "station", "status", "verify"]
