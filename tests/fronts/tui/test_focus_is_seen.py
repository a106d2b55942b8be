"""Whatever has the focus can be seen: on every screen in every state, with the longest error, in windows of 80×24 and 60×20."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from tests.fronts.tui.conftest import drive, focused, seen, showing, until
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.states import STATES, scenario_of
from wizard.errors import LoginRefused
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.widgets.row import Row

CASES = (((80, 24), False), ((80, 24), True), ((60, 20), True))  # the window, and whether everything is refused
LONGEST = "cannot do that, because of a reason that takes its time to be told " * 8
DETAILS = "\n".join(f"line {number} of what the server said" for number in range(25))
ERRORS = ("#news", "#findings", "#trouble", "#reason", "#last")  # where screens show what went wrong


@pytest.fixture(autouse=True)
def gates(server: SmallServer) -> Iterator[None]:
    yield
    for gate in server.waits.values():
        gate.set()


@pytest.mark.parametrize("state", STATES)
def test_every_focusable_thing_is_seen_when_it_has_the_focus(
    state: str, server: SmallServer, request: pytest.FixtureRequest
) -> None:
    scenario = scenario_of(state, request)

    async def look(pilot: Pilot[int]) -> None:
        await until(pilot, showing(pilot, "Welcome"), "Welcome")
        await scenario(pilot)
        await pilot.pause(0.1)
        for size, bad in CASES:
            await pilot.resize_terminal(*size)
            if bad:
                go_wrong(pilot)
            await pilot.pause(0.1)
            for widget in list(pilot.app.screen.focus_chain):
                widget.focus()
                for _ in range(40):  # a second on a busy computer
                    await pilot.pause(0.025)
                    if shown_of(pilot, widget):
                        break
                assert shown_of(pilot, widget), f"{widget} at {size}{' with an error' * bad}:\n{seen(pilot.app)}"

    drive(WizardApp(), look)


def go_wrong(pilot: Pilot[int]) -> None:
    """Every field of this screen is refused, and every place for an error has the longest."""
    for row in pilot.app.screen.query(Row):
        row.refuse(LONGEST)
    for place in ERRORS:
        for line in pilot.app.screen.query(place).results(Static):
            line.display = True
            line.update(f"{LONGEST}\n{DETAILS}")


def shown_of(pilot: Pilot[int], widget: Widget) -> bool:
    """Whether all of a field or a button is on the screen; of what scrolls by itself, at least three lines."""
    if widget not in pilot.app.screen.focus_chain:
        return True  # it went away by itself
    place = pilot.app.screen.find_widget(widget)
    visible = place.region.intersection(place.clip)
    if isinstance(widget, Input | Button | Select):
        return visible == place.region and bool(visible)
    return visible.height >= min(3, place.region.height) > 0 and visible.width > 10


def test_where_sudo_refused_the_password_its_field_has_the_focus_and_is_seen(
    app: WizardApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: object, ask: object) -> None:
        raise LoginRefused(
            "cannot use sudo: the sudo password of ana on 203.0.113.7 is not the right one", details=DETAILS,
            hint="give the sudo password of ana", wants="sudo_password",
        )  # fmt: skip

    monkeypatch.setattr("wizard.app.connection.transport_for", refuse)

    async def scenario(pilot: Pilot[int]) -> None:
        app.start(target="ana@203.0.113.7")
        await until(pilot, lambda: focused(pilot) == "sudo-password", "the field")
        await pilot.pause(0.1)
        assert shown_of(pilot, app.screen.query_one("#sudo-password"))
        assert "the sudo password of ana on 203.0.113.7 is not the right one" in " ".join(seen(app).split())

    drive(app, scenario)
