"""The full-screen front with recipes of its own and a fake transport; a home folder of its own for each test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tests.fronts.tui.small_server import SmallServer
from wizard import catalog
from wizard.app import connection
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.page import Primary
from wizard.text import text
from wizard.transport.base import Login

RECIPES = Path(__file__).parent / "recipes"
Scenario = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of this computer's user is read or written; the only recipes are those beside this file."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("WIZARD_STATE_DIR", str(folder / "state" / "wizard"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(catalog, "own_folder", lambda: RECIPES)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SmallServer:
    """What every target leads to."""
    small = SmallServer(Login("203.0.113.7"))
    monkeypatch.setattr(connection, "transport_for", lambda request, ask: small)
    return small


@pytest.fixture
def app() -> WizardApp:
    return WizardApp()


def drive(app: WizardApp, scenario: Scenario, *, size: tuple[int, int] = (80, 24)) -> None:
    """Runs the app without a terminal, and the scenario in it; the engine's thread is let go at the end."""

    async def main() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await scenario(pilot)
            app.engine.stop()

    asyncio.run(main())


async def until(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    """Waits for something that the engine's thread brings about."""
    for _ in range(400):
        await pilot.pause(0.02)
        if condition():
            return
    raise AssertionError(f"{what} did not come; the screen shows:\n{seen(pilot.app)}")


def showing(pilot: Pilot[int], name: str) -> Callable[[], bool]:
    return lambda: type(pilot.app.screen).__name__ == name


def seen(app: object) -> str:
    """The text on the screen, as a person sees it."""
    screen = app.screen  # type: ignore[attr-defined]
    return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())


def says(code: str) -> str:
    """What is said by this code, in the language in use, as far as its first field."""
    return text(code).split("{")[0].strip()


def focused(pilot: Pilot[int]) -> str:
    widget: Widget | None = pilot.app.focused
    return "" if widget is None else widget.id or type(widget).__name__


async def connected(pilot: Pilot[int], target: str = "root@203.0.113.7") -> None:
    """From Welcome to the first page after Connect."""
    app = pilot.app
    assert isinstance(app, WizardApp)
    app.start(target=target)
    await until(pilot, lambda: focused(pilot) == "continue", "the card of the server")
    await pilot.press("enter")
    await pilot.pause()


async def reviewed(pilot: Pilot[int]) -> None:
    """From the first page of questions to a plan that is ready to start."""
    await connected(pilot)
    for _ in range(2):
        await pilot.press("enter")
        await pilot.pause()

    def ready() -> bool:
        return showing(pilot, "Review")() and not pilot.app.screen.query_one("#start", Primary).waiting

    await until(pilot, ready, "the plan")


async def waiting(pilot: Pilot[int], heading: str) -> None:
    """The run waits for Enter before this step."""
    await until(pilot, lambda: text("tui.run.next", step=heading) in seen(pilot.app), f"the step {heading!r}")
