"""Every screen in every state: the scenarios that test_looks draws, for tests that do something else there."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fronts.tui import test_looks

Scenario = Callable[[Pilot[int]], Awaitable[None]]
STATES: dict[str, Callable[..., None]] = {
    name.removeprefix("test_"): function for name, function in vars(test_looks).items() if name.startswith("test_")
}


def scenario_of(name: str, request: pytest.FixtureRequest) -> Scenario:
    """What leads to this state; fixtures that it needs are made."""
    taken: list[Scenario] = []
    arguments: dict[str, Any] = {
        parameter: request.getfixturevalue(parameter)
        for parameter in inspect.signature(STATES[name]).parameters
        if parameter != "look"
    }
    STATES[name](look=taken.append, **arguments)
    return taken[0]
