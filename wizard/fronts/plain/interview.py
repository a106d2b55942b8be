"""`wizard setup` with a person at a plain terminal: server, project, questions, review, run. Each station can be gone back to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.engine.plan import Plan
from wizard.engine.session import Session
from wizard.errors import ConnectError, HostKeyError, StoppedError, UsageError
from wizard.fronts import remembered, running
from wizard.fronts import words as words_
from wizard.fronts.pace import NextStep, Pace
from wizard.fronts.plain import prompts, review
from wizard.fronts.plain.project import show_found
from wizard.fronts.plain.questions import Questions
from wizard.fronts.plain.terminal import Back

if TYPE_CHECKING:
    from wizard.fronts.plain.commands import Station

WELCOME = (
    "This sets up a Django site on a Linux server, step by step. You are asked some questions; then you see every change "
    "before it is made. Each change is written down on the server, in a journal: so a set-up that was interrupted goes on "
    "where it stopped, and what was done can be undone.\nCtrl-C stops at any time."
)


def interview(at: Station) -> None:
    """The whole journey, up to the end of the run."""
    at.terminal.heading(f"Setting up {at.options.target}")
    at.terminal.text(WELCOME)
    remembered.recall(at.journey)
    session = connect(at)
    _card(at, session)
    at.journey.inspect_project()
    every = _wants_all_questions(at, session)
    if at.journey.found is not None and not every:
        show_found(at.terminal, at.journey.found)
    Questions(at.terminal, at.journey, at.words, every=every).ask()
    plan = _agreed(at, session)
    step_by_step = bool(plan.changes) and _step_by_step(at)
    pace = Pace(
        at.front.emit,
        lambda following: _before(at, pace, following),
        plan,
        at.journey.chosen,
        step_by_step=step_by_step,
    )
    running.run(at.journey, plan, pace.emit, at.decide)


def ask_open(at: Station) -> None:
    """Only the questions that have no answer and no default."""
    remembered.recall(at.journey)
    questions = Questions(at.terminal, at.journey, at.words, every=False)
    questions.ask()
    questions.draft.settle()


def connect(at: Station) -> Session:
    """Logs in; where that is refused the person may give what is missing. Nothing is changed on the server."""
    while True:
        try:
            return at.journey.connect(acquire=False)
        except HostKeyError:
            raise
        except ConnectError as error:
            at.terminal.text("\n" + words_.explain(error))
            if not prompts.another_way_in(at.terminal, at.journey.request):
                raise


def _card(at: Station, session: Session) -> None:
    server, journal = session.server, session.journal
    at.terminal.heading("The server")
    at.terminal.text(
        f"{server.hostname}: {server.pretty_name}, {words_.counted(server.cpus, 'processor')}, "
        f"{server.memory_mb} MB of memory, {server.disk_free_mb // 1024} GB of disk free."
    )
    if journal.entries:
        done = {c.step for c in journal.checkpoints}
        last = max(journal.checkpoints, key=lambda c: c.last, default=None)
        at.terminal.text(
            f"An earlier set-up is there: {words_.counted(len(done), 'step')} done"
            + (f", the last one “{at.words.heading(last.step)}” on {last.at}." if last else ".")
            + " It goes on from there. (`wizard rollback` goes back instead.)"
        )


# -- how many questions -------------------------------------------------------------------------------------------


def _wants_all_questions(at: Station, session: Session) -> bool:
    """Whether to ask also what has an answer or a default."""
    total = sum(len(r.questions) for r in at.journey.answered)
    fresh = not session.journal.entries and at.options.answers is None
    if not total:
        return False
    choices = {
        "every": f"all of them ({total}); each shows its answer, and Enter takes it",
        "open": "only those that have no answer yet",
    }
    at.terminal.text("")
    return (
        at.terminal.choose("Which questions do you want to be asked?", choices, "every" if fresh else "open") == "every"
    )


# -- the review ---------------------------------------------------------------------------------------------------


def _agreed(at: Station, session: Session) -> Plan:
    """Shows what would be done until the person agrees; StoppedError when they don't."""
    plan = _made(at)
    if plan.nothing_to_do:
        return plan
    choices = {
        "start": "start",
        "look": "look closer at a step: its commands, and the difference that they make",
        "change": "change the answers",
        "save": "save the answers as a file (without passwords)",
        "stop": "stop here",
    }
    _show(at, plan)
    while True:
        at.terminal.text("")
        match at.terminal.choose("Nothing on the server has been touched yet. What now?", choices, "start"):
            case "start":
                return plan
            case "look":
                review.closer(at.terminal, plan, at.words, session)
            case "change":
                Questions(at.terminal, at.journey, at.words, every=True).ask()
                plan = _made(at)
                _show(at, plan)
            case "save":
                _save(at)
            case _:
                raise StoppedError("stopped before the first change", hint="nothing on the server was touched")


def _made(at: Station) -> Plan:
    """The plan; where answers do not fit together the person is told, and asked again."""
    while True:
        questions = Questions(at.terminal, at.journey, at.words, every=True)
        questions.draft.settle()
        try:
            at.journey.answer()
            return at.journey.plan()
        except UsageError as error:
            at.terminal.text("\n" + words_.explain(error))
            if not prompts.yes(at.terminal, "Change the answers?", default=True):
                raise
            questions.ask()


def _show(at: Station, plan: Plan) -> None:
    at.terminal.heading("What will be done")
    review.tree(at.terminal, plan, at.words)
    at.terminal.text("\n" + review.summary(plan))


def _save(at: Station) -> None:
    def write(text: str) -> str | None:
        try:
            remembered.save(at.journey, Path(text))
        except OSError as error:
            return f"the file cannot be written ({error.strerror})"
        return None

    try:
        at.terminal.ask("Name of the file", "answers.toml", write)
        at.terminal.text("Saved. `wizard setup TARGET --answers FILE` uses it.")
    except Back:
        pass


# -- the run ------------------------------------------------------------------------------------------------------


def _step_by_step(at: Station) -> bool:
    choices = {
        "steps": "step by step: each is explained first, and waits for you",
        "all": "all at once",
    }
    return at.terminal.choose("At what pace?", choices, "steps") == "steps"


def _before(at: Station, pace: Pace, following: NextStep) -> str:
    """What the next step is for; go, skip or stop. The pace may be changed here."""
    planned = following.planned
    choices = {
        "go": "do this step",
        "look": "show its commands and differences",
        "on": "all at once from here",
    }
    if following.may_skip:
        choices["skip"] = f"leave out “{at.words.guides[planned.step.recipe].title}”"
    choices["stop"] = "stop here, and go on later"
    session = at.journey.session
    assert session is not None
    with at.front.paused():
        review.step(at.terminal, planned, at.words)
        while True:
            choice = at.terminal.choose(f"“{at.words.heading(planned.step.id)}” is next.", choices, "go")
            if choice == "on":
                pace.step_by_step = False
                return "go"
            if choice != "look":
                return choice
            review.details(at.terminal, planned.changes, session)
