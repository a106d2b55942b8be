"""`plan`, `verify` and a resume without a terminal ask the server first: what it keeps need not be given again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fronts.tui.small_server import SmallServer, record
from tests.projects import made
from wizard import catalog
from wizard.app import connection
from wizard.errors import UsageError
from wizard.fronts import commands, here
from wizard.fronts.options import Options
from wizard.transport.base import Login, Result

RECIPES = Path(__file__).parent / "tui" / "recipes"
TARGET = "root@203.0.113.7"


@dataclass
class Keeping(SmallServer):
    """A server with answers of an earlier set-up."""

    kept: str = ""

    def _answer(self, script: str, label: str) -> Result | str:
        answer = super()._answer(script, label)
        if label.startswith("open") and isinstance(answer, str):
            answer += record("answers", self.kept)
        return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Keeping]:
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(catalog, "own_folder", lambda: RECIPES)
    monkeypatch.chdir(tmp_path)
    small = Keeping(Login("203.0.113.7"))
    monkeypatch.setattr(connection, "transport_for", lambda request, ask: small)
    yield small


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_plan_takes_what_the_server_keeps_and_names_only_what_is_missing(
    server: Keeping, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError) as refused:
        commands.plan(Options(target=TARGET, as_json=True))
    assert "greeting.password" in refused.value.details
    server.kept = json.dumps({"greeting": {"password": {"generate": "secret"}, "tone": "dry"}})
    capsys.readouterr()
    commands.plan(Options(target=TARGET, as_json=True))
    events = lines(capsys.readouterr().out)
    assert [e["doing"] for e in events if e["event"] == "Working"] == ["connecting", "comparing"]
    assert any("dry" in str(e.get("difference")) for e in events if e["event"] == "PlannedChange")


@pytest.fixture
def real(server: Keeping, monkeypatch: pytest.MonkeyPatch) -> Keeping:
    """The same server, for our own recipes."""
    monkeypatch.setattr(catalog, "own_folder", lambda: Path(__file__).parents[2] / "recipes")
    return server


def missing_of(tmp_path: Path, answers: str, *, yes: bool = False) -> str:
    (tmp_path / "answers.toml").write_text(answers)
    with pytest.raises(UsageError) as refused:
        commands.plan(Options(target=TARGET, answers=tmp_path / "answers.toml", front="headless", yes=yes))
    return f"{refused.value.message}\n{refused.value.details}"


def test_without_a_terminal_every_missing_key_is_named(real: Keeping, tmp_path: Path) -> None:
    said = missing_of(tmp_path, "")
    assert "no terminal" in said
    assert "project.source" in said and "project.name" not in said  # which follows from the source
    # these have defaults that build on the server's facts, or on nothing
    assert "gunicorn.workers" not in said and "nginx.upload_mb" not in said


def test_an_answers_file_leaves_only_what_is_still_missing(real: Keeping, tmp_path: Path) -> None:
    said = missing_of(tmp_path, '[project]\nsource = "file:///srv/git/shop.git"\n')
    assert "project.source" not in said and "project.settings_module" in said


def test_what_is_in_doubt_must_be_answered_where_nobody_is_asked(real: Keeping, tmp_path: Path) -> None:
    for lesson in ("lesson1", "lesson2"):
        made("base", tmp_path / "course").rename(tmp_path / "course" / lesson)
    source = f'[project]\nsource = "{tmp_path / "course"}"\n'
    assert "project.subdirectory: there are several manage.py" in missing_of(tmp_path, source, yes=True)
    assert "subdirectory" not in missing_of(tmp_path, f'{source}subdirectory = "lesson2"\n', yes=True)


def test_status_says_what_it_does_before_it_does_it(server: Keeping, capsys: pytest.CaptureFixture[str]) -> None:
    commands.status(Options(target=TARGET, front="headless"))
    first = lines(capsys.readouterr().out)[0]
    assert (first["event"], first["doing"], first["words"]) == ("Working", "connecting", f"Connecting to {TARGET} …")


def test_a_missing_folder_is_said_and_not_taken_for_missing_answers(
    server: Keeping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "own_folder", lambda: RECIPES.parent / "recipes_of_a_project")
    answers = tmp_path / "answers.toml"
    answers.write_text('[project]\nsource = "/no/such/folder"\n')
    with pytest.raises(UsageError) as refused:
        commands.plan(Options(target=TARGET, answers=answers, front="headless"))
    assert refused.value.message == "cannot use '/no/such/folder' as the project: there is no such folder here"


def test_the_current_folder_is_offered_only_where_it_holds_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert here.project_here() is None
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "manage.py").touch()
    assert here.project_here() is None  # a folder above projects, such as a home
    (tmp_path / ".git").mkdir()
    assert here.project_here() == str(tmp_path)
    monkeypatch.chdir(tmp_path / "shop")
    assert here.project_here() == str(tmp_path / "shop")


def test_a_long_wait_says_every_few_seconds_that_it_goes_on() -> None:
    import time

    from wizard.practice.backend import still

    said = io.StringIO()
    with still(lambda line: print(line, file=said), "building the image", every=0.02):
        end = time.monotonic() + 10
        while said.getvalue().count("still") < 2 and time.monotonic() < end:
            time.sleep(0.01)
    assert said.getvalue().count("still building the image (") >= 2
