"""The Project screen: what is found in a folder, what of it can be corrected, and the variables that the project reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.fronts.tui.conftest import drive, focused, seen, showing, until
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_looks import carded, make_project
from wizard import catalog
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.project import EnvironmentRow
from wizard.secret import Secret

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalog, "own_folder", lambda: Path(__file__).parent / "recipes_of_a_project")
    make_project(tmp_path / "shop")
    return tmp_path / "shop"


async def looked_at(pilot: Pilot[int], source: str) -> None:
    await carded(pilot)
    await pilot.press("enter")
    await until(pilot, showing(pilot, "Project"), "Project")
    await pilot.press(*source)
    await pilot.click("#look")
    await until(pilot, lambda: not pilot.app.screen.query_one("#continue").waiting, "what was found")  # type: ignore[attr-defined]
    await pilot.pause()


def row(app: WizardApp, name: str) -> Input:
    rows = [row for row in app.screen.query(EnvironmentRow) if row.variable.name == name]
    return rows[0].query_one(Input)


def test_what_was_found_is_listed_and_can_be_corrected(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await looked_at(pilot, "shop")
        text = seen(app)
        for found in ("shop.settings", "requirements.txt, 2 of them", "SHOP_NAME", "the secret key stands in the code"):
            assert found in text
        row(app, "SHOP_NAME").value = "Ana's corner"  # without it one cannot go on
        field = next(box for box in app.screen.query(Input) if box.value == "shop.settings")
        field.value = "shop settings"
        await pilot.pause()
        await pilot.click("#continue")
        await until(pilot, lambda: "must look like shop.settings" in seen(app), "the refusal")
        field.value = "shop.live"
        await pilot.pause()
        await pilot.click("#continue")
        await until(pilot, lambda: not showing(pilot, "Project")(), "the next page")
        assert app.journey is not None
        assert app.journey.given.tables["project"]["settings_module"] == "shop.live"

    drive(app, scenario, size=(120, 40))


def test_a_variable_that_the_project_needs_is_asked_for_and_given_back_on_return(
    app: WizardApp, server: SmallServer
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await looked_at(pilot, "shop")
        row(app, "SHOP_NAME").value = "Ana's corner"
        assert "The project needs it" in seen(app)
        await pilot.click("#continue")
        await until(pilot, lambda: not showing(pilot, "Project")(), "the next page")
        assert app.journey is not None
        assert app.journey.given.env == {"SHOP_NAME": "Ana's corner"}
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Project"), "Project again")
        row(app, "SHOP_NAME").value = ""
        await pilot.click("#continue")
        await until(pilot, lambda: "does not start without it" in seen(app), "the refusal")
        assert showing(pilot, "Project")()

    drive(app, scenario, size=(120, 40))


def test_a_token_is_hidden_as_it_is_typed_and_is_nowhere_in_clear(
    app: WizardApp, project: Path, home: Path, server: SmallServer
) -> None:
    settings = project / "shop" / "settings.py"
    settings.write_text(settings.read_text() + "\nT = os.environ['SHOP_TOKEN']\n")
    planted = "pl4nted-T0ken"

    async def scenario(pilot: Pilot[int]) -> None:
        await looked_at(pilot, "shop")
        row(app, "SHOP_NAME").value = "Ana's corner"
        row(app, "SHOP_TOKEN").value = planted
        await pilot.pause()
        app.screen.query_one("#corrections").scroll_visible(animate=False)
        row(app, "SHOP_TOKEN").scroll_visible(animate=False)
        await pilot.pause()
        assert row(app, "SHOP_TOKEN").password and not row(app, "SHOP_NAME").password
        assert "SHOP_TOKEN" in seen(app) and planted not in seen(app)
        await pilot.click("#continue")
        await until(pilot, lambda: not showing(pilot, "Project")(), "the next page")
        assert app.journey is not None
        assert app.journey.given.env["SHOP_TOKEN"] == Secret(planted)
        assert planted not in app.journey.mask(f"the site said {planted}")
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Project"), "Project again")
        await until(pilot, lambda: bool(app.screen.query(EnvironmentRow)), "the variables")
        assert row(app, "SHOP_TOKEN").password and row(app, "SHOP_TOKEN").value == planted
        row(app, "SHOP_TOKEN").value = ""
        await pilot.click("#continue")
        await until(pilot, lambda: "does not start without it" in seen(app), "the refusal")
        assert planted not in seen(app)

    drive(app, scenario, size=(120, 40))
    for path in home.rglob("*"):
        assert path.is_dir() or planted.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("source", ["nowhere", "[b]nowhere[/]"])
def test_a_folder_that_is_not_there_can_be_mended(app: WizardApp, source: str) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await looked_at(pilot, source)
        box = app.screen.query(Input).first()
        box.value = "shop"
        await pilot.click("#look")
        await until(pilot, lambda: bool(app.screen.query("#corrections Row")), "what was found")
        assert focused(pilot) == "continue"

    drive(app, scenario)


def test_a_settings_file_with_brackets_in_its_errors_is_shown_as_it_is(app: WizardApp, project: Path) -> None:
    (project / "shop" / "settings.py").write_text("[/b] = (\n")

    async def scenario(pilot: Pilot[int]) -> None:
        await looked_at(pilot, "shop")
        assert "settings.py" in seen(app)

    drive(app, scenario)


async def at_the_project(pilot: Pilot[int]) -> None:
    await carded(pilot)
    await pilot.press("enter")
    await until(pilot, showing(pilot, "Project"), "Project")


@pytest.mark.parametrize("leave_the_field", ["enter", "continue"])
def test_a_typed_path_is_inspected_on_enter_and_on_continue(app: WizardApp, leave_the_field: str) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await at_the_project(pilot)
        await pilot.press(*"shop")
        await (pilot.press("enter") if leave_the_field == "enter" else pilot.click("#continue"))
        await until(pilot, lambda: "the secret key stands in the code" in seen(app), "what was found")
        assert showing(pilot, "Project")()

    drive(app, scenario, size=(120, 40))


@pytest.mark.parametrize("source", ["no-such-folder", "notes.txt", "empty", "broken"])
def test_what_cannot_be_set_up_is_said_on_this_page_and_cannot_be_continued(
    app: WizardApp, tmp_path: Path, source: str
) -> None:
    (tmp_path / "notes.txt").write_text("no project")
    (tmp_path / "empty").mkdir()
    make_project(tmp_path / "broken")
    (tmp_path / "broken" / "shop" / "settings.py").write_text("SECRET_KEY = (\n")

    async def scenario(pilot: Pilot[int]) -> None:
        await at_the_project(pilot)
        await pilot.press(*source)
        for _ in range(2):
            await pilot.click("#continue")
            await until(pilot, lambda: "✗" in seen(app), "why not")
            await until(pilot, lambda: not app.engine.busy, "the end of the look")
            await pilot.pause(0.1)
            assert showing(pilot, "Project")()
        assert isinstance(app.focused, Input)
        assert "Traceback" not in seen(app) and "None" not in seen(app)
        app.focused.value = "shop"
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#corrections Row")), "what was found")
        assert "cannot be set up" not in seen(app)

    drive(app, scenario, size=(120, 40))


def test_the_current_folder_is_the_default_where_it_holds_a_project(
    app: WizardApp, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    async def scenario(pilot: Pilot[int]) -> None:
        await at_the_project(pilot)
        await until(pilot, lambda: "the secret key stands in the code" in seen(app), "what was found")
        assert app.journey is not None
        assert app.journey.given.tables["project"]["source"] == str(project)

    drive(app, scenario, size=(120, 40))


def test_a_folder_above_projects_is_no_default(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await at_the_project(pilot)
        assert isinstance(app.focused, Input) and app.focused.value == ""

    drive(app, scenario)
