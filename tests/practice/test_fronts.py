"""Every front makes the same plan from the same answers: by menus, by numbers, on the full screen, and with nobody there."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import io
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from wizard.app import connection, planning
from wizard.app.journey import Journey
from wizard.engine.differences import differences
from wizard.engine.plan import Plan
from wizard.fronts import commands
from wizard.fronts.options import Options
from wizard.fronts.plain.menus import Menus
from wizard.fronts.plain.numbered import Numbered
from wizard.fronts.plain.questions import Questions
from wizard.fronts.plain.terminal import Terminal
from wizard.fronts.words import Words
from wizard.practice.fleet import PracticeServer
from wizard.practice.sample import PROJECT
from wizard.recipe import Question
from wizard.secret import Secret

Planned = list[tuple[str, str, str, str]]  # step, key, commands, difference
PASSWORD = "a-password-that-was-typed"
TYPED = {  # what is not left at its default
    ("project", "source"): str(PROJECT), ("project", "name"): "guestbook", ("deploy_user", "password"): PASSWORD,
    ("gunicorn", "workers"): "2", ("system_update", "timezone"): "Europe/Berlin", ("hardening", "fail2ban"): "False",
    ("hardening", "extra_ports"): "8080/tcp 9090/tcp",
}  # fmt: skip
FILE = f"""
[project]
source = "{PROJECT}"
name = "guestbook"
[deploy_user]
password = {{ env = "TYPED_PASSWORD" }}
[gunicorn]
workers = 2
[system_update]
timezone = "Europe/Berlin"
[hardening]
fail2ban = false
extra_ports = ["8080/tcp", "9090/tcp"]
"""


@pytest.fixture
def options(pristine: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """In a home where nothing was answered before; what is made up is the same for each front."""
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh" / "known_hosts").write_text(pristine.known_hosts.read_text())
    (tmp_path / "answers.toml").write_text(FILE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TYPED_PASSWORD", PASSWORD)
    monkeypatch.setattr(getpass, "getpass", input)  # it would read from this computer's own terminal
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size=32: "made-up" * 8)
    return Options(f"{pristine.user}@{pristine.host}:{pristine.port}", key=pristine.key)


def planned(plan: Plan, journey: Journey) -> Planned:
    assert journey.session is not None
    texts = iter(differences(plan.changes, journey.session))
    return [
        (step.step.id, change.operation.key, change.script(), next(texts))
        for step in plan.steps
        for change in step.changes
    ]


def by_headless(options: Options, capsys: pytest.CaptureFixture[str]) -> Planned:
    commands.plan(replace(options, as_json=True))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [
        (line["step"], line["key"], line["commands"], line["difference"])
        for line in lines
        if line["event"] == "PlannedChange"
    ]


def by_questions(
    options: Options, terminal: Callable[[Journey], contextlib.AbstractContextManager[Terminal]]
) -> Planned:
    """Every question asked, in order, and answered at the terminal."""
    with contextlib.closing(Journey(options.request(), lambda event: None)) as journey:
        journey.prepare()
        connection.connect(journey, acquire=False)
        with terminal(journey) as at:
            questions = Questions(at, journey, Words(journey.recipes), every=True)
            questions.ask()
            questions.draft.resolve()
        journey.answer()
        return planned(planning.plan(journey), journey)


def in_order(journey: Journey) -> list[tuple[Any, str | None]]:
    """The questions as they will be asked, each with what is typed; None for its default."""
    from wizard.project.inspect import inspect

    source = TYPED["project", "source"]
    journey.given.set("project", "source", source)
    journey.found = inspect(Path(source))
    questions = Questions(None, journey, Words(journey.recipes), every=True)  # type: ignore[arg-type]  # nothing is asked
    items = [item for item in dict.fromkeys(questions._items()) if isinstance(item, Question)]
    assert len(items) == len(set(questions._items()))
    journey.found = None
    journey.given.tables.clear()
    return [(item, TYPED.get((item.recipe, item.name))) for item in items]


@contextlib.contextmanager
def numbers(journey: Journey) -> Iterator[Terminal]:
    """A numbered terminal, and what is typed at it."""
    lines = []
    for question, typed in in_order(journey):
        if question.type is Secret:
            lines += ["type", PASSWORD, PASSWORD] if typed else [""]
        else:
            lines.append(typed or "")
    before, sys.stdin = sys.stdin, io.StringIO("\n".join(lines) + "\n")
    try:
        yield Numbered(journey.mask)
    finally:
        sys.stdin = before


@contextlib.contextmanager
def menus(journey: Journey) -> Iterator[Terminal]:
    """Menus, and the keys that are pressed in them."""
    keys = ""
    for question, typed in in_order(journey):
        if question.type is Secret and typed:
            keys += f"\x1b[B\x1b[B\r{PASSWORD}\r{PASSWORD}\r"  # the third choice: type one
        elif question.type is bool and typed == "False":
            keys += "\x1b[B\r"
        else:
            keys += f"\x15{typed}\r" if typed else "\r"  # Ctrl-U empties the line
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        yield Menus(journey.mask)


def by_full_screen(options: Options) -> Planned:
    from wizard.fronts.tui.app import WizardApp

    app = WizardApp(options)

    async def main() -> None:
        async with app.run_test(size=(100, 40)) as pilot:
            for _ in range(600):
                await pilot.pause(0.1)
                if app.forecast is not None:
                    break
                if not app.engine.busy and type(app.screen).__name__ != "Review":
                    await pilot.press("enter")
            app.engine.stop()

    asyncio.run(main())
    assert app.forecast is not None, type(app.screen).__name__
    assert app.journey is not None
    with contextlib.closing(app.journey):
        return planned(app.forecast.plan, app.journey)


def test_all_fronts_make_the_same_plan_from_the_same_answers(
    options: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_file = replace(options, answers=tmp_path / "answers.toml")
    plan = by_headless(by_file, capsys)
    assert len(plan) > 40
    assert any("Europe/Berlin" in commands for _, _, commands, _ in plan)
    assert not any("fail2ban" in key for _, key, _, _ in plan)
    assert by_questions(options, numbers) == plan
    assert by_questions(options, menus) == plan
    assert by_full_screen(by_file) == plan
    assert PASSWORD not in json.dumps(plan)
