"""The first screen, and what holds for every screen: help, menu, leaving, size."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from tests.fronts.tui.conftest import connected, drive, focused, seen, showing, until
from tests.fronts.tui.small_server import SmallServer
from wizard import local_state
from wizard.fronts.standing import standing
from wizard.fronts.tui.app import WizardApp
from wizard.secret import Secret
from wizard.transport.base import Login

SIZES = [(60, 20), (80, 24), (99, 30), (100, 30), (120, 40), (200, 60)]


def test_the_first_button_is_lit_and_the_arrows_move_on(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        assert focused(pilot) == "practise"
        await pilot.press("down")
        assert focused(pilot) == "real"
        await pilot.press("up", "tab", "enter")
        await until(pilot, showing(pilot, "Connect"), "Connect")

    drive(app, scenario)


def test_the_mouse_leads_to_connect_and_back(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        await pilot.click("#back")
        await until(pilot, showing(pilot, "Welcome"), "Welcome")

    drive(app, scenario)


def test_a_known_server_can_be_gone_on_with(app: WizardApp, server: SmallServer) -> None:
    local_state.remember(
        Login("203.0.113.7"),
        local_state.KnownServer(
            "root@203.0.113.7", ["root"], "j1", 10, ["greeting/words"], "2026-01-02T03:04:05+00:00"
        ),
    )

    async def scenario(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "stopped at" in seen(app), "how far it is")
        text = seen(app)
        assert "Go on with root@203.0.113.7" in text
        assert "1 of 6 steps done" in text
        await pilot.click("#known-0")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        assert "Debian GNU/Linux 12" in seen(app)

    drive(app, scenario)


def test_help_explains_the_words_and_closes_again(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("f1")
        await until(pilot, lambda: "Enter alone leads on" in seen(app), "the keys")
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Welcome"), "Welcome")
        await pilot.click("#help")
        await until(pilot, lambda: "practice server" in seen(app), "the help")

    drive(app, scenario, size=(100, 40))


def test_the_menu_offers_colours(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("f2")
        await until(pilot, showing(pilot, "Menu"), "the menu")
        await pilot.press(*"light")
        await pilot.pause(0.3)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "wizard-light", "the light colours")

    drive(app, scenario)
    assert WizardApp().theme == "wizard-light"  # at the next start


@pytest.mark.parametrize("text", ["", "[]", '{"theme": "of-an-older-wizard"}'])
def test_colours_that_cannot_be_remembered_are_the_usual_ones(home: Path, text: str) -> None:
    (home / "state" / "wizard").mkdir(parents=True)
    (home / "state" / "wizard" / "preferences.json").write_text(text)
    assert WizardApp().theme == "wizard-dark"


def test_a_set_up_is_complete_when_its_last_step_is_done_whatever_it_did_not_need() -> None:
    steps = ["system/upgrade", "system/swap", "site/page"]
    done = local_state.KnownServer("me@there", checkpoints=["system/upgrade", "site/page"])
    assert standing(done, steps).startswith("All 2 steps done")
    begun = local_state.KnownServer("me@there", checkpoints=["system/upgrade"])
    assert "1 of 3 steps done, stopped at system" in standing(begun, steps)


@pytest.mark.parametrize("key", ["f10", "ctrl+c", "ctrl+q"])
def test_leaving_asks_nothing_when_nothing_is_under_way(app: WizardApp, key: str) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: not app.engine.busy, "quiet")
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running or app.return_code == 0

    drive(app, scenario)


def test_a_window_that_is_too_small_says_so_and_comes_back(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        for size in [(59, 24), (80, 19), (20, 5)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert "too small" in seen(app)
            assert "Practise" not in seen(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "too small" not in seen(app)
        assert "Practise on this computer" in seen(app)

    drive(app, scenario)


@pytest.mark.parametrize("size", SIZES)
def test_every_button_of_every_page_is_inside_the_window(
    app: WizardApp, server: SmallServer, size: tuple[int, int]
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        def inside() -> None:
            for button in app.screen.query("#buttons Button").results(Button):
                if button.display:
                    region = button.region
                    assert region.right <= size[0] and region.bottom < size[1], f"{button.id} of {app.screen}"

        inside()
        await connected(pilot)
        inside()
        for page in ("Questions", "Questions", "Review"):
            await until(pilot, showing(pilot, page), page)
            inside()
            await until(pilot, lambda: not app.engine.busy, "the plan")
            await pilot.press("enter")
        await until(pilot, lambda: "waiting for" in seen(app), "the run")  # folded where the window is narrow
        inside()

    drive(app, scenario, size=size)


def test_no_colour_is_needed(app: WizardApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    plain = WizardApp()

    async def scenario(pilot: Pilot[int]) -> None:
        assert "Practise on this computer" in seen(plain)
        styles = [s.style for strip in plain.screen._compositor.render_strips() for s in strip if s.style]
        colours = {style.color.triplet for style in styles if style.color and style.color.triplet}
        assert all(max(c) - min(c) <= 2 for c in colours), "only shades of grey"

    drive(plain, scenario)


def test_a_fault_of_the_screens_ends_in_words_without_the_values_of_variables(
    app: WizardApp, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(pilot: Pilot[int]) -> None:
        password = Secret("pl4nted-in-a-fault").reveal()

        def fails() -> None:
            local = password
            raise KeyError(local)

        app.call_next(fails)
        await pilot.pause()

    with pytest.raises(KeyError):
        drive(app, broken)
    shown = capsys.readouterr().err
    assert "fault in wizard itself" in shown and "run the same command again" in shown.replace("\n", " ")
    assert "pl4nted-in-a-fault" not in shown and "Traceback" not in shown
    (report,) = (home / "state" / "wizard" / "faults").iterdir()
    assert "KeyError" in report.read_text() and "pl4nted-in-a-fault" not in report.read_text()
