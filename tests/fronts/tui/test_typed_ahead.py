"""What is typed faster than the screen follows lands in the field that it was meant for; a password never in another."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Select

from tests.fronts.tui.conftest import connected, drive, focused, showing, until
from tests.fronts.tui.small_server import SmallServer
from wizard.fronts.options import Options
from wizard.fronts.tui.app import WizardApp

FORM = (*"h1", "tab", *"ana", "enter", *"22", "enter", "enter", "enter", *"s3cret", "enter", *"su-do", "enter")


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.01])
def test_a_burst_of_keys_fills_the_form_as_if_it_was_typed_slowly(app: WizardApp, gap: float) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        for key in FORM:
            app.simulate_key(key)
            await asyncio.sleep(gap)
        await until(pilot, lambda: focused(pilot) == "connect-now", "the end of the form")
        values = {box.id: box.value for box in app.screen.query(Input)}
        assert values == {
            "host": "h1", "user": "ana", "port": "22", "passphrase": "", "password": "s3cret", "sudo-password": "su-do",
        }  # fmt: skip
        assert app.screen.query_one("#password", Input).password

    drive(app, scenario)


def test_enter_in_a_password_never_leads_to_reveal(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        app.screen.query_one("#password").focus()
        await pilot.press(*"s3cret", "enter", "enter")
        assert app.screen.query_one("#password", Input).password
        assert focused(pilot) == "connect-now"

    drive(app, scenario)


def test_keys_pasted_before_the_first_screen_is_there_are_not_lost() -> None:
    app = WizardApp(Options(target=""), setup=True)

    async def scenario(pilot: Pilot[int]) -> None:
        await until(pilot, showing(pilot, "Connect"), "Connect")
        app.post_message(events.Paste("203.0.113.7"))
        await until(pilot, lambda: app.screen.query_one("#host", Input).value == "203.0.113.7", "the address")

    drive(app, scenario)


def test_enter_leads_through_a_dropdown_to_the_next_field(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        tone = app.screen.query(Select).first()
        tone.focus()
        await pilot.pause()
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: app.focused is app.screen.query(Select)[1], "the next field")
        assert tone.value == "dry"

    drive(app, scenario)
