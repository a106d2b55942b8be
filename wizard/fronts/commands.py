"""The commands, carried out by JSON (headless), by lines, or by the plain front's questions. The full-screen front has its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

from wizard import events
from wizard.app import connection, planning, project
from wizard.app.journey import Journey
from wizard.app.request import PRACTICE, Request
from wizard.app.run import Run
from wizard.engine.differences import differences
from wizard.engine.plan import Plan, drifted
from wizard.engine.rollback import nothing_to_undo
from wizard.engine.runner import verify as run_checks
from wizard.errors import StepError, StoppedError, UsageError, WizardError
from wizard.fronts import words as words_
from wizard.fronts.headless import Headless
from wizard.fronts.options import Options, has_terminal
from wizard.fronts.plain import done, going_back, missing, review, ways_in
from wizard.fronts.plain.decisions import decide
from wizard.fronts.plain.progress import Live, Progress, Spoken
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminals import terminal
from wizard.fronts.policy import Policy
from wizard.operations.base import State
from wizard.text import from_output, text


@contextmanager
def station(options: Options, request: Request | None = None) -> Iterator[Station]:
    """Recipes and answers checked, nothing reached yet; the journey is closed at the end, whatever happens."""
    relay: list[Any] = []
    journey = Journey(request or options.request(), lambda event: relay[0].emit(event))  # noqa: PLW0108  (the front is not there yet)
    journey.prepare()
    connection.transport_for(journey.request, None)  # a target that is none is refused before anything is asked
    screen = terminal(numbered=options.numbered or not has_terminal(), mask=journey.mask)
    if options.asks:
        journey.ask_host_key = ways_in.host_key_question(screen)
        journey.decide = lambda question: decide(relay[0], question)
    words = words_.Words(journey.recipes)
    front = _front(options, words, journey)
    at = Station(
        journey, options, words, front, Policy(options.drift or "stop", options.yes, options.skip_checks), screen
    )
    relay.append(at)
    try:
        yield at
    except WizardError as error:
        front.ended(error)
        raise
    finally:
        front.close()
        journey.close()


def _front(options: Options, words: words_.Words, journey: Journey) -> Headless | Progress:
    if options.headless:
        return Headless(words, journey.mask)
    if options.numbered and has_terminal():
        return Spoken(words, journey.mask, verbose=options.verbose)
    kind = Live if has_terminal() else Progress
    front = kind(words, journey.mask, verbose=options.verbose)
    front.says_causes = not options.asks  # else they are said with the question what now
    return front


def setup(options: Options, request: Request | None = None) -> None:
    """`wizard setup`: StepError, StoppedError and ConnectError say why it did not come to its end."""
    try:
        with station(options, request) as at:
            if options.asks:
                from wizard.fronts.plain.interview import interview

                if not (interview(at) and done.shown(at)):
                    at.terminal.text(text("fronts.commands.set_up_again", resume=options.resume))
                return
            forecast = _plan(at, resolve=True)
            _refuse_unknown_checks(at)
            _refuse_points_of_no_return(at, forecast)
            Run(at.journey, at.emit, partial(decide, at)).once(forecast)
            done.told(at)
    except KeyboardInterrupt:
        click.echo(text("fronts.commands.interrupted_nothing_lost_go", resume=options.resume), err=True)
        raise click.exceptions.Exit(130) from None


def practice(options: Options, *, release: str = "bookworm", memory: str | None = None) -> None:
    """`wizard practice`: a practice server, and the sample project set up on it."""
    from wizard.practice import sample
    from wizard.practice.fleet import Fleet

    server = Fleet().up(sample.NAME, release=release, memory=memory, say=lambda line: click.echo(line, err=True))
    options.target, options.practising = f"{PRACTICE}{server.name}", True
    request = options.request()
    request.given = sample.given()
    setup(options, request)


def go_on(options: Options) -> None:
    """A set-up that is known here, from where it stands; a practice server that is off is switched on first."""
    if options.target.startswith(PRACTICE):
        from wizard.practice.fleet import Fleet

        fleet, name = Fleet(), options.target.removeprefix(PRACTICE)
        fleet.get(name)  # it must be there already
        fleet.up(name, say=lambda line: click.echo(line, err=True))
    setup(options)


def _plan(at: Station, *, validate: bool = True, resolve: bool = False) -> Plan:
    """The plan from the answers given, those that the server has kept, and the defaults. What is missing then is asked for,
    or refused before anything is written there.

    validate: a project that cannot run is refused, too. resolve: so is what would take over things that are not ours.
    """
    journey = at.journey
    project.look(journey)
    if not at.options.asks:
        _say_findings(at, validate=validate)
    if validate and not at.options.asks:
        missing.refuse_early(journey)
    if validate:
        project.refuse_unfit(journey)
    connection.connect(journey, acquire=False)
    if journey.found is None:
        project.look(journey)  # the server may have kept which one it is
    if at.options.asks:
        from wizard.fronts.plain.interview import ask_open

        ask_open(at)
    else:
        missing.refuse(journey, defaults=at.options.yes, validate=validate)
    if validate:
        project.refuse_unfit(journey)
    journey.answer()
    return planning.plan(journey, resolve=resolve)


def _refuse_unknown_checks(at: Station) -> None:
    known = {name for r in at.journey.recipes for s in r.steps if s.checks for name in (r.name, s.id)}
    if unknown := [name for name in at.options.skip_checks if name not in known]:
        with_checks = sorted(n for n in known if "/" in n)
        raise UsageError("fronts.commands.cannot_skip_checks_no", unknown=unknown, known=with_checks)


def _say_findings(at: Station, *, validate: bool) -> None:
    """What the look at the project found; what stops it is said with the refusal."""
    if validate and at.journey.found is not None:
        for one in at.journey.found.problems:
            if not one.stops:
                at.emit(events.ProjectFinding(one.code, one.fields, one.file or "", one.line or 0))


def _refuse_points_of_no_return(at: Station, forecast: Plan) -> None:
    """Better before the first change than in the middle."""
    points = [c.operation for c in forecast.changes if c.operation.irreversible]
    if points and not at.options.yes:
        raise UsageError(
            "fronts.commands.cannot_ask_whether_go",
            details="\n".join(
                text("fronts.commands.cannot_undone", kind=words_.describe(op.kind, op.key)) for op in points
            ),
        )


def plan(options: Options) -> None:
    with station(options) as at:
        forecast = _plan(at)
        if at.options.headless:
            _plan_lines(at, forecast)
        else:
            review.tree(at.terminal, forecast, at.words)
            if options.verbose:
                review.details(at.terminal, forecast.changes, at.journey.connected)
            at.say("\n" + review.summary(forecast))
        if forecast.nothing_to_do:
            at.say(text("fronts.commands.nothing_left_do_server"), event="NothingToDo")
        at.journey.decide = None  # nothing is made now: what would be taken over is said, and not asked about
        planning.resolve_takeover(at.journey, forecast)


def _plan_lines(at: Station, forecast: Plan) -> None:
    texts = iter(differences(forecast.changes, at.journey.connected))
    for planned in forecast.steps:
        if not planned.changes:
            continue
        at.front.say("", {
            "event": "PlannedStep", "step": planned.step.id, "guarded": planned.step.way_in is not None,
            "changes": len(planned.changes), "words": at.words.heading(planned.step.id),
        })  # fmt: skip
        for change in planned.changes:
            op = change.operation
            at.front.say("", {
                "event": "PlannedChange", "step": planned.step.id, "key": op.key, "commands": change.script(),
                "difference": next(texts), "irreversible": op.irreversible, "long": op.long,
                "loses_data": words_.loses_data(op.kind), "words": words_.describe(op.kind, op.key),
            })  # fmt: skip


def status(options: Options) -> None:
    with station(options) as at:
        session = connection.connect(at.journey, acquire=False, fit=False)
        journal = session.journal
        if not journal.entries:
            at.say(text("fronts.commands.no_set_up_been"), event="NoJournal")
            return
        several = len({c.generation for c in journal.history}) > 1
        for point in journal.history:
            name = point.name if several else point.step
            line = f"✓ {name:32} {point.at}  {at.words.heading(point.step)}"
            at.say(line, event="Checkpoint", step=point.step, at=point.at, last=point.last, generation=point.generation)
        for step, check in ((step, from_output(kept)) for step, kept in journal.left_out):
            at.say(
                text("fronts.commands.left_out_choice_did", step=step, check=check),
                event="CheckLeftOut",
                step=step,
                check=check,
            )
        for entry in journal.half_done:
            line = text("fronts.commands.half_done", step=entry.step, key=words_.thing(entry.key))
            at.say(line, event="Pending", step=entry.step, key=entry.key)
        for key, known, found in _drift(at):
            line = text("fronts.commands.changed_hand", key=words_.thing(key))
            at.say(line, event="Drift", key=key, known=known.to_json(), found=found.to_json())


def _drift(at: Station) -> Iterator[tuple[str, State, State]]:
    """What is no longer as the journal left it, from the journal alone."""
    session = at.journey.connected
    at.emit(events.Working("changed"))
    newest = {entry.key: entry for entry in session.journal.in_force if entry.status == "done"}
    changes = [e.change() for e in newest.values() if not e.change().operation.irreversible]
    found = session.observe([c.operation for c in changes])
    for change, now in zip(changes, found, strict=True):
        known = session.journal.known(change.operation)
        if drifted(change.operation, now, known) and now != change.after:
            yield change.operation.key, change.after, now


def rollback(options: Options, checkpoint: str | None, *, everything: bool) -> None:
    """Undoes what came after the checkpoint. A person without either is shown the checkpoints to choose from."""
    if not options.asks and not options.yes:
        raise UsageError("fronts.commands.cannot_ask_whether_go_2")
    with station(options) as at:
        if not options.asks:
            session = connection.connect(at.journey, acquire=False, fit=False)
            if nothing_to_undo(session, checkpoint):
                at.say(text("fronts.commands.nothing_undone"), event="NothingToDo")
                return
            Run(at.journey, at.emit, partial(decide, at)).undo(checkpoint)
            return
        from wizard.fronts.plain.interview import connect

        session = connect(at, fit=False)
        if nothing_to_undo(session, checkpoint):
            at.say(text("fronts.commands.nothing_undone"), event="NothingToDo")
            return
        to_choose = not everything and checkpoint is None
        if not (going_back.choose_and_go(at) if to_choose else going_back.go(at, checkpoint)):
            raise StoppedError("fronts.commands.stopped_before_anything_undone")


def verify(options: Options) -> None:
    with station(options) as at:
        forecast = _plan(at, validate=False)
        if not run_checks(forecast, at.journey.connected, at.front.emit):
            mend = text("fronts.commands.wizard_setup_again_puts")
            if forecast.nothing_to_do or not forecast.changes:
                mend = text("fronts.commands.server_answers_say_mend")
            raise StepError("fronts.commands.some_checks_failed", hint=mend)


__all__ = ["Options", "Station", "go_on", "plan", "practice", "rollback", "setup", "station", "status", "verify"]
