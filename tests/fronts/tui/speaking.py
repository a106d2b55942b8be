"""Every screen in every state, in a language that nobody speaks: run by tests/test_language.py, in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.fronts.tui.conftest import drive, seen, showing, until
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.states import STATES, scenario_of
from tests.test_language import english
from wizard.fronts.tui.app import WizardApp
from wizard.text import language

HERE = Path(__file__).parent
# what the tests themselves put on the screen: recipes, what their server says, reasons that they make up
OURS = " ".join(
    " ".join(path.read_text(encoding="utf-8").split())
    for path in [*HERE.glob("*.py"), *HERE.glob("recipes*/*/*.*")]
).replace('" "', "").replace('"', "")  # fmt: skip


@pytest.fixture(autouse=True)
def gates(server: SmallServer) -> Iterator[None]:
    yield
    for gate in server.waits.values():
        gate.set()


@pytest.mark.parametrize("state", STATES)
def test_no_english_is_left(state: str, request: pytest.FixtureRequest) -> None:
    assert language() == "xx"
    scenario = scenario_of(state, request)

    async def look(pilot: Pilot[int]) -> None:
        await until(pilot, showing(pilot, "Welcome"), "Welcome")
        await scenario(pilot)
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.3)
            shown = seen(pilot.app)
            assert re.search("[а-я]{3}", shown)
            parts = [part for line in shown.splitlines() for part in re.split(r"  +|[│┃▌▐▎●○·✓✗┊|╭╮╰╯─]", line)]
            assert [part for part in english("\n".join(parts)) if not from_a_test(part)] == []

    drive(WizardApp(), look)


def from_a_test(said: str) -> bool:
    """Whether three words in a row of it stand in the tests."""
    words = [word.strip("“”") for word in said.split()]
    return any(" ".join(words[i : i + 3]) in OURS for i in range(max(1, len(words) - 2)))
