"""Any key, click, paste and size of the window, on every screen in every state: nothing breaks, and every page can be left."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import Iterator
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.fronts.tui.conftest import drive, seen, until
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.states import STATES, scenario_of
from wizard.errors import WizardError
from wizard.fronts.tui.app import WizardApp

MOVES = 30  # in each state; about a thousand in all, of up to three keys
SEEDS = 6  # for each state in the matrix: several thousand moves in all
KEYS = (
    *("enter", "space", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *(f"f{number}" for number in range(1, 13)),
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase if letter != "q"),
    *("backspace", "delete", "insert", "ctrl+left", "shift+right", "ctrl+home", "ctrl+pagedown", "alt+x"),
    *"aZ9-@/~ é",
)  # fmt: skip
SIZES = ((80, 24), (60, 20), (40, 15), (59, 19), (120, 40), (100, 20))
PASTED = ("203.0.113.7", "x" * 5000, "two\nlines", "\x1b[31m\x00", "", "ñ \U0001f40d [b]bold[/] {0} %s")


class Monkey:
    """Does whatever comes to its mind, the same each time; writes down what it did."""

    def __init__(self, pilot: Pilot[int], seed: str) -> None:
        self.pilot = pilot
        self.random = random.Random(seed)
        self.did: list[str] = []

    @property
    def app(self) -> WizardApp:
        assert isinstance(self.pilot.app, WizardApp)
        return self.pilot.app

    async def play(self, moves: int) -> None:
        for _ in range(moves):
            if self.app.return_code is not None or not self.app.is_running:
                return  # it has left, which is all right
            await self.move()

    async def move(self) -> None:
        kind = self.random.random()
        if kind < 0.72:
            keys = self.random.choices(KEYS, k=self.random.choice((1, 1, 1, 3)))
            self.did.append(f"press {keys}")
            for key in keys:
                self.app.simulate_key(key)
        elif kind < 0.88:
            self._click()
        elif kind < 0.93:
            self._paste()
        else:
            size = self.random.choice(SIZES)
            self.did.append(f"resize {size}")
            await self.pilot.resize_terminal(*size)
        if self.random.random() < 0.4:  # else the next move comes before this one is dealt with
            await self.pilot.pause(0)
        else:
            await asyncio.sleep(0)

    def _click(self) -> None:
        x, y = self.random.randrange(self.app.size.width), self.random.randrange(self.app.size.height)
        self.did.append(f"click {x},{y}")
        at: dict[str, Any] = {"widget": None, "x": x, "y": y, "delta_x": 0, "delta_y": 0, "shift": False, "meta": False, "ctrl": False,
              "screen_x": x, "screen_y": y}  # fmt: skip
        if self.random.random() < 0.2:
            wheel = self.random.choice((events.MouseScrollDown, events.MouseScrollUp))
            self.app.post_message(wheel(button=0, **at))
            return
        for kind, button in ((events.MouseMove, 0), (events.MouseDown, 1), (events.MouseUp, 1)):
            self.app.post_message(kind(button=button, **at))

    def _paste(self) -> None:
        text = self.random.choice(PASTED)
        self.did.append(f"paste {text[:20]!r}")
        self.app.post_message(events.Paste(text))


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser, no shell on a server that is none, and no practice server."""

    def none(*_: object, **__: object) -> None:
        raise WizardError("cannot boot practice servers here")

    for name in ("up", "get"):
        monkeypatch.setattr(f"wizard.practice.fleet.Fleet.{name}", none)
    monkeypatch.setattr("textual.app.App.open_url", lambda *_, **__: None)


@pytest.fixture
def gates(server: SmallServer) -> Iterator[None]:
    yield
    for gate in server.waits.values():
        gate.set()


@pytest.mark.parametrize("state", STATES)
def test_any_key_breaks_nothing_and_every_page_can_be_left(
    state: str, server: SmallServer, gates: None, request: pytest.FixtureRequest
) -> None:
    play_in(state, state, server, request)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("state", STATES)
def test_thousands_of_moves_break_nothing(
    state: str, seed: int, server: SmallServer, gates: None, request: pytest.FixtureRequest
) -> None:
    play_in(state, f"{state} {seed}", server, request)


def play_in(state: str, seed: str, server: SmallServer, request: pytest.FixtureRequest) -> None:
    """Comes to the state, does anything at all there, and leaves."""
    scenario = scenario_of(state, request)

    async def play(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "Welcome", "Welcome")
        await scenario(pilot)
        monkey = Monkey(pilot, seed)
        try:
            await monkey.play(MOVES)
            for gate in server.waits.values():
                gate.set()
            await leave(pilot)
        except BaseException:
            print("the last moves:", *monkey.did[-12:], sep="\n  ")
            raise

    drive(WizardApp(), play)


async def leave(pilot: Pilot[int]) -> None:
    """By the keys that the help names: F10, and where it asks, the button that leaves."""
    app = pilot.app
    await pilot.resize_terminal(80, 24)
    for _ in range(6):
        await pilot.pause()
        if app.return_code is not None:
            return
        app.simulate_key("f10")
        await pilot.pause(0.05)
        for name in ("#dialog #now", "#dialog #stop"):
            if app.return_code is None and app.screen.query(name) and type(app.screen).__name__ == "LeaveScreen":
                app.screen.query_one(name).press()  # type: ignore[attr-defined]
                await pilot.pause(0.2)
    assert app.return_code is not None, f"cannot be left: {app.screen}\n{seen(app)}"
