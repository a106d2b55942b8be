"""The whole way by keyboard alone, by mouse alone, back and forth, in windows of every size; leaving and coming back."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.fronts.tui.conftest import connected, drive, focused, reviewed, seen, showing, until, waiting
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_run import DONE, ran
from wizard import local_state
from wizard.fronts.tui.app import WizardApp
from wizard.transport.base import Login

STEPS = ("Write the greeting", "Say the greeting", "Take a risk", "Upgrade the greeting")


def test_the_keyboard_alone_leads_from_welcome_to_done(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("down", "enter")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        await pilot.press(*"203.0.113.7", *["tab"] * 8)
        for _ in range(6):
            if focused(pilot) == "connect-now":
                break
            await pilot.press("tab")
        await pilot.press("enter")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        for _ in range(3):
            await pilot.press("enter")
            await pilot.pause()
        await until(pilot, lambda: focused(pilot) == "start" and "changes in" in seen(app), "the plan")
        await pilot.press("enter")
        for heading in STEPS:
            await waiting(pilot, heading)
            await pilot.press("enter")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.press("up", "up", "enter")
        for heading in ("Leave the door open", "Write the page"):
            await waiting(pilot, heading)
            await pilot.press("enter")
        await until(pilot, showing(pilot, "Done"), "the end")

    drive(app, scenario)
    assert ran(server, "/srv/site/index.html") == 1


def test_the_mouse_alone_leads_from_a_known_server_to_done(app: WizardApp, server: SmallServer) -> None:
    local_state.remember(Login("203.0.113.7"), local_state.KnownServer("root@203.0.113.7", ["root"]))

    async def scenario(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Go on with" in seen(app), "the server")
        await pilot.click("#known-0")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        for page in ("Questions · A greeting", "Questions · A page", "Review"):
            await pilot.click("#continue")
            await until(pilot, lambda page=page: page in seen(app), page)  # type: ignore[misc]
        await until(pilot, lambda: "changes in" in seen(app), "the plan")
        await pilot.click("#start")
        for heading in STEPS:
            await waiting(pilot, heading)
            await pilot.click("#go")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.click("#dialog #go")
        await waiting(pilot, "Leave the door open")
        await pilot.click("#pace")
        await until(pilot, showing(pilot, "Done"), "the end")
        await until(pilot, lambda: "Save as a file" in seen(app), "its buttons")
        await pilot.click("#quit")
        await until(pilot, lambda: app.return_code == 0, "the terminal")

    drive(app, scenario)


def test_back_and_forth_through_all_pages_keeps_what_was_typed(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        text = app.screen.query(Input).first()
        text.value = "good morning"
        await pilot.pause()
        for _ in range(2):
            for page in ("Questions · A page", "Review"):
                app.screen.query_one("#continue").focus()
                await pilot.press("enter")
                await until(pilot, lambda page=page: page in seen(app), page)  # type: ignore[misc]
            await until(pilot, lambda: not app.engine.busy, "the plan")
            for page in ("Questions · A page", "Questions · A greeting"):
                await pilot.press("escape")
                await until(pilot, lambda page=page: page in seen(app), page)  # type: ignore[misc]
            assert app.screen.query(Input).first() is text
            assert text.value == "good morning"
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        assert "Debian GNU/Linux 12" in seen(app)

    drive(app, scenario)


@pytest.mark.parametrize("choice", ["keep", "restore", "stop"])
def test_what_was_changed_by_hand_is_kept_or_put_right_as_chosen(
    app: WizardApp, server: SmallServer, choice: str
) -> None:
    server.journal = list(DONE)
    server.there["/etc/greeting/text"] = "file|0600|ana|ana|abd||7\n"

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter", "f5")
        await until(pilot, lambda: "Changed by hand" in seen(app), "the question")
        assert focused(pilot) == "stop"
        assert "mode: 0644 → 0600" in seen(app)
        await pilot.click(f"#dialog #{choice}")
        await until(pilot, showing(pilot, "FailureScreen" if choice == "stop" else "DecisionDialog"), "what follows")
        assert "Changed by hand" not in seen(app)

    drive(app, scenario)
    assert ran(server, "accept") == (choice == "keep")
    assert ran(server, "file:/etc/greeting/text") == (choice == "restore")


def test_who_leaves_in_the_middle_finds_the_server_on_the_first_screen_again(server: SmallServer) -> None:
    server.journal = list(DONE)
    left = WizardApp()

    async def leaving(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await pilot.press("enter")
        await waiting(pilot, "Say the greeting")
        await pilot.press("f10")
        await until(pilot, lambda: "nothing is half-done" in seen(left), "the question")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: left.return_code == 0, "the terminal")

    drive(left, leaving)
    assert left.farewell() == "To go on: wizard setup root@203.0.113.7"
    assert left.journey is not None
    left.journey.close()
    again = WizardApp()

    async def coming_back(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "1 of 6 steps done" in seen(again), "how far it is")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "it goes on from there" in seen(again), "the card")

    drive(again, coming_back)


@pytest.mark.parametrize("size", [(60, 20), (99, 24), (100, 24), (200, 60)])
def test_any_size_will_do_from_the_plan_to_the_end(app: WizardApp, server: SmallServer, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.resize_terminal(*size)
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await pilot.press("f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        for option in ("go", "skip", "stop"):
            app.screen.query_one(f"#{option}").scroll_visible(animate=False)
            await pilot.pause()
            assert app.screen.query_one(f"#{option}").region.bottom <= size[1]
        await pilot.click("#dialog #go")
        await until(pilot, showing(pilot, "Done"), "the end")

    drive(app, scenario)
