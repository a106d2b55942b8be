"""The state machine of a run: what each answer leads to, and that nothing is made behind a stop. On a small fake server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fronts.tui.small_server import SmallServer
from wizard import catalog, events
from wizard.answers.given import Given
from wizard.app import connection, planning
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.app.run import Ended, NextStep, Run
from wizard.engine.plan import Plan
from wizard.engine.runner import Decision
from wizard.errors import HeldError, StepError, StoppedError
from wizard.transport.base import Login

RECIPES = Path(__file__).parent.parent / "fronts" / "tui" / "recipes"
ANSWERS = {"greeting": {"text": "hello", "password": {"generate": "secret"}, "trouble": "No space left on device"}}
FAILING = {"command:risk": "No space left on device"}


@dataclass
class Person:
    """Answers the questions in this order, by what kind of question it is."""

    answers: list[tuple[type, str]]
    seen: list[Any] = field(default_factory=list)

    def __call__(self, question: Any) -> str:
        self.seen.append(question)
        kind, answer = self.answers.pop(0)
        assert isinstance(question, kind), question
        return answer


@dataclass
class Scene:
    server: SmallServer
    journey: Journey
    plan: Plan
    told: list[events.Event]

    def run(self, person: Callable[[Any], str], **how: Any) -> Run:
        return Run(self.journey, self.told.append, person, **how)

    @property
    def started(self) -> list[str]:
        return [event.key for event in self.told if isinstance(event, events.ChangeStarted)]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(catalog, "own_folder", lambda: RECIPES)
    server = SmallServer(Login("203.0.113.7"))
    monkeypatch.setattr(connection, "transport_for", lambda request, ask: server)
    told: list[events.Event] = []
    given = Given({table: dict(values) for table, values in ANSWERS.items()})
    journey = Journey(Request("root@203.0.113.7", only=("greeting",), given=given), told.append)
    journey.prepare()
    connection.connect(journey, acquire=False)
    journey.answer()
    return Scene(server, journey, planning.plan(journey), told)


GO = (Decision, "go")  # at the step that cannot be undone


def test_a_run_ends_with_done_when_all_steps_are_complete(scene: Scene) -> None:
    run = scene.run(Person([GO]))
    assert run.set_up(scene.plan) == "done"
    assert "command:risk" in scene.started and run.failed == ""


@pytest.mark.parametrize("choice", ["answers", "back", "checkpoints"])
def test_what_a_person_chooses_after_a_failure_is_the_outcome(scene: Scene, choice: str) -> None:
    scene.server.fails = dict(FAILING)
    run = scene.run(Person([(Decision, choice)]))
    assert run.set_up(scene.plan) == choice
    assert run.failed == "greeting/risk"
    assert scene.started[-1] == "command:risk"


def test_a_step_that_is_tried_again_goes_on_from_there(scene: Scene) -> None:
    scene.server.fails = dict(FAILING)

    class Mends(Person):
        def __call__(self, question: Any) -> str:
            scene.server.fails.clear()
            return super().__call__(question)

    assert scene.run(Mends([(Decision, "retry"), GO])).set_up(scene.plan) == "done"
    assert scene.started.count("command:risk") == 2 and scene.started.count("/etc/greeting/text") <= 1


def test_stopping_raises_the_error_that_the_step_failed_with(scene: Scene) -> None:
    scene.server.fails = dict(FAILING)
    with pytest.raises(StepError):
        scene.run(Person([(Decision, "stop")])).set_up(scene.plan)


def test_step_by_step_asks_before_each_step_and_leaves_the_plan_as_it_is(scene: Scene) -> None:
    steps = list(scene.plan.steps)
    person = Person([(NextStep, "go"), (NextStep, "skip")])
    run = scene.run(person, step_by_step=True)
    assert run.set_up(scene.plan) == "done"
    assert [question.may_skip for question in person.seen] == [False, True]
    assert scene.plan.steps == steps
    left_out = [event.step for event in scene.told if isinstance(event, events.StepSkipped)]
    assert left_out == [planned.step.id for planned in steps[1:]]
    assert "command:risk" not in scene.started


def test_a_choice_between_steps_leads_out_of_the_run(scene: Scene) -> None:
    run = scene.run(Person([(NextStep, "go"), (NextStep, "checkpoints")]), step_by_step=True)
    assert run.set_up(scene.plan) == "checkpoints"
    with pytest.raises(StoppedError):
        scene.run(Person([(NextStep, "stop")]), step_by_step=True).set_up(scene.plan)


def test_a_pause_stops_once_before_the_next_step(scene: Scene) -> None:
    person = Person([(NextStep, "go"), GO])
    run = scene.run(person)
    run.pausing = True
    assert run.set_up(scene.plan) == "done"
    assert not run.pausing and isinstance(person.seen[0], NextStep)


def test_a_cancelled_run_makes_no_further_change_and_asks_nothing(scene: Scene) -> None:
    with pytest.raises(StoppedError):
        scene.run(Person([]), cancelled=lambda: len(scene.started) == 2).set_up(scene.plan)
    assert len(scene.started) == 2


def test_a_choice_to_stop_at_a_point_of_no_return_is_asked_about_as_a_choice(scene: Scene) -> None:
    person = Person([(Decision, "stop"), (Ended, "retry"), GO])
    assert scene.run(person).set_up(scene.plan) == "done"
    assert person.seen[1].chosen and not person.seen[1].held


def test_where_another_wizard_has_the_lock_one_can_take_over(scene: Scene) -> None:
    scene.server.holder = "who=ada@laptop\nsince=2026-01-01T00:00:00Z\n"

    class Waits(Person):
        def __call__(self, question: Any) -> str:
            scene.server.holder = ""
            return super().__call__(question)

    person = Waits([(Ended, "take-over"), GO])
    assert scene.run(person).set_up(scene.plan) == "done"
    assert person.seen[0].held and isinstance(person.seen[0].error, HeldError)
    assert scene.journey.request.take_over


def test_a_front_with_nobody_to_ask_gets_the_error_at_once(scene: Scene) -> None:
    scene.server.fails = dict(FAILING)
    with pytest.raises(StepError):
        scene.run(lambda question: str(question.options[-1])).once(scene.plan)
