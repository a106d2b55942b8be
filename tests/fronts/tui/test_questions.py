"""The pages of questions: defaults, refusals, going back and forth, secrets, saving."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Markdown

from tests.fronts.tui.conftest import connected, drive, focused, seen, showing, until
from wizard import private
from wizard.answers import file, remembered
from wizard.answers.given import GENERATE
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.widgets.field import Field
from wizard.secret import Secret

pytestmark = pytest.mark.usefixtures("server")


def box(app: WizardApp, name: str) -> Input:
    return field(app, name).query_one(Input)


def field(app: WizardApp, name: str) -> Field:
    return next(f for f in app.screen.query(Field) if f.question.name == name)


async def typed(pilot: Pilot[int], name: str, text: str) -> None:
    app = pilot.app
    assert isinstance(app, WizardApp)
    box(app, name).value = text
    await pilot.pause()


def test_enter_alone_accepts_every_default(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert "Questions · A greeting" in seen(app)
        assert focused(pilot) == "continue"
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        assert box(app, "title").value == "hello, world"
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Review"), "Review")

    drive(app, scenario)


def test_a_refused_answer_says_why_as_it_is_typed_and_holds_the_page(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        box(app, "text").focus()
        await pilot.press(*"no!")
        await until(pilot, lambda: "must look like good morning" in seen(app), "the reason")
        app.screen.query_one("#continue").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert app.focused is box(app, "text")
        await pilot.press("backspace")
        await until(pilot, lambda: "must look like" not in seen(app), "that it is accepted")

    drive(app, scenario)


def test_numbers_are_checked_against_their_limits(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        for text, reason in [("many", "must be a whole number"), ("-1", "must be at least 0"), ("", "a whole number")]:
            await typed(pilot, "lines", text)
            assert reason in seen(app)
        await typed(pilot, "lines", "7")
        assert app.draft is not None
        assert app.draft.given.tables["greeting"]["lines"] == 7

    drive(app, scenario)


def test_going_back_and_forth_loses_nothing_not_even_what_was_refused(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await typed(pilot, "text", "good evening")
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        assert box(app, "title").value == "good evening, world", "a default follows the answer that it builds on"
        await pilot.press("escape")
        await until(pilot, lambda: "Questions · A greeting" in seen(app), "the page before")
        await typed(pilot, "lines", "lots")
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A greeting" in seen(app), "the questions")
        assert box(app, "text").value == "good evening"
        assert box(app, "lines").value == "lots"
        assert "must be a whole number" in seen(app)

    drive(app, scenario)


def test_an_answer_of_ones_own_is_not_overwritten_by_a_default(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        await typed(pilot, "title", "mine")
        await pilot.press("escape")
        await typed(pilot, "text", "changed")
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        assert box(app, "title").value == "mine"

    drive(app, scenario)


def test_a_password_that_nobody_chose_is_made_up_and_can_be_seen(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert box(app, "password").value == ""
        assert app.draft is not None
        secret = app.draft.revealed(field(app, "password").question)
        assert len(secret) > 20
        assert secret[:12] not in seen(app)
        field(app, "password").query_one(".reveal", Button).press()
        await until(pilot, lambda: secret[:12] in seen(app), "the password")

    drive(app, scenario)


def test_generate_replaces_a_password_that_was_typed(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert app.draft is not None
        await typed(pilot, "password", "typed-by-hand")
        assert app.draft.given.tables["greeting"]["password"] == Secret("typed-by-hand")
        assert "typed-by-hand" not in seen(app)
        field(app, "password").query_one(".generate", Button).press()
        await until(pilot, lambda: box(app, "password").value == "", "an empty field")
        assert app.draft.given.tables["greeting"]["password"] == GENERATE

    drive(app, scenario)


def test_a_secret_can_be_read_from_a_file(app: WizardApp, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-the-file\n")

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert app.draft is not None
        await typed(pilot, "password", f"@{tmp_path}/secret")
        assert app.draft.given.tables["greeting"]["password"] == Secret("from-the-file")
        await typed(pilot, "password", f"@{tmp_path}/nothing")
        assert "cannot read the file" in seen(app)

    drive(app, scenario)


def test_answers_are_kept_without_secrets_and_come_back(app: WizardApp) -> None:
    async def first(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await typed(pilot, "text", "welcome back")
        await typed(pilot, "password", "planted-secret")
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")

    drive(app, first)
    path = remembered.path_of("root@203.0.113.7")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "welcome back" in path.read_text()
    assert "planted-secret" not in path.read_text()
    again = WizardApp()

    async def second(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert box(again, "text").value == "welcome back"

    drive(again, second)


def test_kept_answers_that_no_longer_fit_are_left_aside(app: WizardApp) -> None:
    private.write(remembered.path_of("root@203.0.113.7"), "[greeting]\nlines = 'many'\nthis is no TOML")

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        assert box(app, "lines").value == "3"

    drive(app, scenario)


def test_saved_answers_are_an_answers_file_without_secrets(
    app: WizardApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await typed(pilot, "text", "good day")
        await typed(pilot, "password", "planted-secret")
        await pilot.click("#save")
        await until(pilot, showing(pilot, "SaveDialog"), "the dialog")
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Questions"), "the page again")

    drive(app, scenario)
    text = (tmp_path / "answers.toml").read_text()
    assert "planted-secret" not in text
    monkeypatch.setenv("GREETING_PASSWORD", "planted-secret")
    assert app.journey is not None
    given = file.read(tmp_path / "answers.toml", app.journey.recipes)
    assert given.tables["greeting"] == {"text": "good day", "password": Secret("planted-secret")}


def test_a_file_that_cannot_be_written_is_said_and_can_be_named_anew(app: WizardApp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await pilot.click("#save")
        await until(pilot, showing(pilot, "SaveDialog"), "the dialog")
        app.screen.query_one("#path", Input).value = str(tmp_path / "file" / "answers.toml")
        await pilot.click("#dialog #save")
        await until(pilot, lambda: "cannot write there" in seen(app), "the reason")
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Questions"), "the page again")

    drive(app, scenario)


@pytest.mark.parametrize(("width", "beside"), [(80, False), (120, True)])
def test_the_guide_stands_beside_the_questions_where_there_is_room(app: WizardApp, width: int, beside: bool) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await pilot.pause()
        assert ("A server can greet" in seen(app)) is beside
        if not beside:
            await pilot.click("#show-guide")
            await until(pilot, showing(pilot, "HelpScreen"), "the help")
            assert "A server can greet" in app.screen.query_one(Markdown).source

    drive(app, scenario, size=(width, 30))


def test_an_answer_that_is_longer_than_its_field_can_be_read(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        await typed(pilot, "title", "ITS-BEGINNING " + "x" * 150 + " ITS-END")
        box(app, "title").focus()
        await pilot.press("end")
        await until(pilot, lambda: "ITS-END" in seen(app), "its end")
        await pilot.press("home")
        await until(pilot, lambda: "ITS-BEGINNING" in seen(app), "its beginning")

    drive(app, scenario)
