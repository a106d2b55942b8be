"""A journey asks about what is there and not ours: each answer leads where it says, and without anybody to ask it stops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from wizard.app import planning
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.engine.journal import Journal
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.runner import Decision
from wizard.engine.takeover import NotOurs
from wizard.errors import UsageError
from wizard.events import Event, TakeoverFound
from wizard.fronts.words import Words, choices, decision
from wizard.operations.file import FileState, directory
from wizard.operations.user import UserState, user
from wizard.recipe import Answers, Step
from wizard.server import Server

DEPLOY = UserState(True, 1000, 1000, "/home/deploy", "/bin/bash", (), "set")
SYSTEM = UserState(True, 33, 33, "/var/www", "/bin/sh", (), "set")
FOLDER = FileState("directory", "0755", "root", "root")


def plan_of(found: UserState = DEPLOY) -> Plan:
    step = Step("demo", "step", lambda a: ())
    planned = PlannedStep(step, [user("deploy"), directory("/srv/shop")], [found, FOLDER])
    return Plan([planned], Answers({"project": {"name": "shop"}}, server=Server()))


def journey(choice: str = "", adopt: tuple[str, ...] = ()) -> tuple[Journey, list[Any]]:
    seen: list[Any] = []

    def decide(question: Decision) -> str:
        seen.append(question)
        return choice

    made = Journey(Request(adopt=adopt), seen.append, decide=decide if choice else None)
    made.session = SimpleNamespace(journal=Journal(), server=Server())  # type: ignore[assignment]
    return made, seen


def test_without_anybody_to_ask_it_stops_and_each_thing_is_an_event() -> None:
    made, seen = journey()
    with pytest.raises(NotOurs) as caught:
        planning.resolve_takeover(made, plan_of())
    assert caught.value.exit_status == 4
    found: list[Event] = [event for event in seen if isinstance(event, TakeoverFound)]
    assert [(e.to_json()["name"], e.to_json()["agreed"]) for e in found] == [
        ("user:deploy", False),
        ("/srv/shop", False),
    ]


def test_what_the_command_line_agrees_to_is_taken_over_and_nothing_else() -> None:
    with pytest.raises(NotOurs) as caught:
        planning.resolve_takeover(journey(adopt=("user:deploy",))[0], plan_of())
    assert [t.name for t in caught.value.things] == ["/srv/shop"]
    planning.resolve_takeover(journey(adopt=("user:deploy", "/srv/shop"))[0], plan_of())


def test_what_cannot_be_taken_over_is_not_taken_over_by_an_option_either() -> None:
    with pytest.raises(NotOurs):
        planning.resolve_takeover(journey(adopt=("user:deploy", "/srv/shop"))[0], plan_of(SYSTEM))


def test_a_person_is_asked_once_with_all_that_is_there_and_what_it_does() -> None:
    made, seen = journey("take-over")
    planning.resolve_takeover(made, plan_of())
    planning.resolve_takeover(made, plan_of())  # the plan is made anew at each look
    (question,) = seen
    assert question.options == ("take-over", "answers", "stop")
    text = decision(Words([]), question)
    assert "the account deploy" in text and "the folder /srv/shop" in text and "rolling back" in text
    assert all(len(meaning) > 10 for meaning in choices(question).values())


def test_other_answers_and_stopping_touch_nothing() -> None:
    with pytest.raises(UsageError):
        planning.resolve_takeover(journey("answers")[0], plan_of())
    with pytest.raises(NotOurs):
        planning.resolve_takeover(journey("stop")[0], plan_of())
    made, seen = journey("stop")
    with pytest.raises(NotOurs):
        planning.resolve_takeover(made, plan_of(SYSTEM))
    assert seen[0].options == ("answers", "stop")
