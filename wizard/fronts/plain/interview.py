"""`wizard setup` with a person at a plain terminal: server, project, questions, review, run. Each station can be gone back to."""

from __future__ import annotations

import contextlib
from pathlib import Path

from wizard.app import connection, planning, project
from wizard.catalog import in_force
from wizard.engine.plan import Plan
from wizard.engine.remote.session import Session
from wizard.errors import ConnectError, HostKeyError, StoppedError, UsageError, WizardError
from wizard.fronts import words as words_
from wizard.fronts.draft import Draft
from wizard.fronts.plain import attempts, going_back, prompts, review, ways_in
from wizard.fronts.plain.project import show_found
from wizard.fronts.plain.questions import Questions
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminal import Back
from wizard.text import text as words

WELCOME = words("plain.interview.sets_up_django_site")


def interview(at: Station) -> bool:
    """The whole journey, up to the end of the run. False when the person went back instead."""
    at.terminal.heading(words("plain.interview.setting_up", target=at.options.target))
    at.terminal.text(WELCOME)
    at.journey.recall()
    session = connect(at)
    _card(at, session)
    _look_at_project(at)
    stations = Stations(at)
    plan, step_by_step = stations.walk()
    return attempts.to_the_end(at, plan, step_by_step, stations.again)


def _look_at_project(at: Station) -> None:
    """The project of earlier answers. One that is not there any more is an open question again."""
    try:
        project.look(at.journey)
    except WizardError as error:
        at.terminal.text("\n" + words_.explain(error))
        del at.journey.given.tables["project"]["source"]


class Stations:
    """How many questions, the questions, the review, the pace: `<` leads from each to the one before."""

    def __init__(self, at: Station) -> None:
        self.at = at
        self.plan: Plan | None = None
        self.step_by_step = False
        self.questions: Questions | None = None
        self.backwards = False

    def walk(self, first: int = 0) -> tuple[Plan, bool]:
        """The plan and the pace that the person agrees to."""
        stations = (self._how_many, self._questions, self._review, self._pace)
        place = first
        while place < len(stations):
            try:
                stations[place]()
                self.backwards = False
                place += 1
            except Back:
                if place == 0:
                    self.at.terminal.text(words("plain.interview.first_question"))
                self.backwards = place > 0
                place = max(0, place - 1)
        assert self.plan is not None
        return self.plan, self.step_by_step

    def again(self, recipe: str) -> tuple[Plan, bool]:
        """After a failure: the answers of this recipe (none, where it is empty), then as before."""
        if recipe:
            _ask_all(self.at, recipe)
        return self.walk(2)

    def _how_many(self) -> None:
        every = _wants_all_questions(self.at)
        if self.at.journey.found is not None and not every:
            show_found(self.at.terminal, self.at.journey.found)
        self.questions = Questions(self.at.terminal, self.at.journey, self.at.words, every=every)

    def _questions(self) -> None:
        if self.questions is None or (self.backwards and not self.questions.asked):
            raise Back
        self.questions.ask(backwards=self.backwards)

    def _review(self) -> None:
        self.plan = _agreed(self.at)

    def _pace(self) -> None:
        assert self.plan is not None
        self.step_by_step = bool(self.plan.changes) and _step_by_step(self.at)


def ask_open(at: Station) -> None:
    """Only the questions that have no answer and no default."""
    at.journey.recall()
    questions = Questions(at.terminal, at.journey, at.words, every=False)
    questions.ask()
    questions.draft.resolve()


def connect(at: Station, *, fit: bool = True) -> Session:
    """Logs in; where that is refused the person may give what is missing. Nothing is changed on the server."""
    while True:
        try:
            return connection.connect(at.journey, acquire=False, fit=fit)
        except HostKeyError:
            raise
        except ConnectError as error:
            at.terminal.text("\n" + words_.explain(error))
            if not ways_in.another_way_in(at.terminal, at.journey.request, error):
                raise
            if at.journey.request.target != at.options.target:
                at.options.target = at.journey.request.target
                at.journey.recall()


def _card(at: Station, session: Session) -> None:
    server, journal = session.server, session.journal
    at.terminal.heading(words("plain.interview.the_server"))
    code = "plain.interview.server_with_services" if server.services else "plain.interview.server"
    at.terminal.text(
        words(
            code, host=server.hostname, system=server.pretty_name, cpus=words_.counted(server.cpus, "processor"),
            memory=server.memory_mb, disk=server.disk_free_mb // 1024, services=server.services,
        )
    )  # fmt: skip
    if journal.entries:
        done = {c.step for c in journal.checkpoints}
        last = max(journal.checkpoints, key=lambda c: c.last, default=None)
        steps = words_.counted(len(done), "step")
        if last is None:
            at.terminal.text(words("plain.interview.begun", steps=steps))
        else:
            heading, moment = at.words.heading(last.step), words_.moment(last.at)
            at.terminal.text(words("plain.interview.begun_last", steps=steps, last=heading, at=moment))


# -- the questions ------------------------------------------------------------------------------------------------


def _wants_all_questions(at: Station) -> bool:
    """Whether to ask also what has an answer or a default."""
    total = sum(len(r.questions) for r in in_force(at.journey.answered, at.journey.given.tables, at.journey.found))
    if not total:
        return False
    choices = {
        "every": words("plain.interview.all_them_each_shows", total=total),
        "open": words("plain.interview.only_those_no_answer"),
    }
    at.terminal.text("")
    usual = "every" if not _begun(at) and at.options.answers is None else "open"
    return at.terminal.choose(words("plain.interview.questions_do_you_want"), choices, usual, back=True) == "every"


def _begun(at: Station) -> bool:
    """Whether there is a set-up on the server already."""
    return at.journey.session is not None and bool(at.journey.session.journal.entries)


def _ask_all(at: Station, recipe: str = "") -> None:
    """Every question (of this recipe); `<` at the first one leaves the answers as they are by then."""
    with contextlib.suppress(Back):
        Questions(at.terminal, at.journey, at.words, every=True, recipe=recipe).ask()


# -- the review ---------------------------------------------------------------------------------------------------

REVIEW = {
    "start": words("plain.interview.start"),
    "look": words("plain.interview.look_closer_step_commands"),
    "change": words("plain.interview.change"),
    "save": words("plain.interview.save_answers_file_without"),
}
GO_BACK = {"checkpoints": words("plain.interview.go_back_checkpoint_instead")}
STOP = {"stop": words("plain.interview.stop_here")}


def _agreed(at: Station) -> Plan:
    """Shows what would be done until the person agrees; StoppedError when they don't, Back on `<`."""
    plan = _made(at)
    if plan.nothing_to_do:
        return plan
    fresh = not _begun(at)
    untouched = (
        words("plain.interview.nothing_server_been_touched")
        if fresh
        else words("plain.interview.nothing_more_done_until")
    )
    _show(at, plan)
    while True:
        at.terminal.text("")
        choices = REVIEW | (GO_BACK if _begun(at) else {}) | STOP
        match at.terminal.choose(words("plain.interview.now", untouched=untouched), choices, "start", back=True):
            case "start":
                return plan
            case "look":
                review.closer(at.terminal, plan, at.words, at.journey.connected)
            case "change":
                _ask_all(at)
                plan = _made(at)
                _show(at, plan)
            case "checkpoints":
                if going_back.choose_and_go(at):
                    plan = _made(at)
                    _show(at, plan)
            case "save":
                _save(at)
            case _:
                hint = (
                    words("plain.interview.nothing_server_touched")
                    if fresh
                    else words("plain.interview.nothing_lost_same_command")
                )
                raise StoppedError("plain.interview.stopped_before_first_change", hint=hint)


def _made(at: Station) -> Plan:
    """The plan; where answers do not fit together the person is told, and asked again."""
    while True:
        Draft(at.journey).resolve()
        try:
            project.refuse_unfit(at.journey)
            at.journey.answer()
            return planning.plan(at.journey)
        except UsageError as error:
            at.terminal.text("\n" + words_.explain(error))
            if not prompts.yes(at.terminal, words("plain.interview.change_answers"), default=True):
                raise
            _ask_all(at)


def _show(at: Station, plan: Plan) -> None:
    at.terminal.heading(words("plain.interview.will_done"))
    review.tree(at.terminal, plan, at.words)
    at.terminal.text("\n" + review.summary(plan))


def _save(at: Station) -> None:
    def write(text: str) -> str | None:
        try:
            at.journey.save_answers(Path(text))
        except OSError as error:
            return words("plain.interview.file_cannot_written", strerror=error.strerror)
        return None

    try:
        at.terminal.ask(words("plain.interview.name_file"), "answers.toml", write)
        at.terminal.text(words("plain.interview.saved"))
    except Back:
        pass


def _step_by_step(at: Station) -> bool:
    choices = {
        "steps": words("plain.interview.step_step_each_explained"),
        "all": words("plain.interview.all_once"),
    }
    return at.terminal.choose(words("plain.interview.pace"), choices, "steps", back=True) == "steps"
