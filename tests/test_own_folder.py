"""A test run keeps out of the way of the person's own practice servers."""

from __future__ import annotations

import pytest

from wizard.practice.backend import cache_folder
from wizard.practice.choice import state_folder
from wizard.practice.fleet import Fleet


def test_practice_servers_of_a_test_run_are_not_the_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    state, servers, cache = state_folder(), Fleet().servers, cache_folder()
    monkeypatch.delenv("WIZARD_PRACTICE_DIR")
    assert state != state_folder()
    assert not servers.is_relative_to(state_folder())
    assert cache != cache_folder()
