"""The world stops at every journal write and after every script of a complete set-up, and it is gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.matrix.broken import Breakage, Broken
from wizard.practice.fleet import Fleet


@pytest.mark.matrix
@pytest.mark.timeout(7200)
def test_set_up_stopped_at_every_point_comes_to_the_same_end(
    new_server: ServerFactory, fleet: Fleet, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    breakage = Breakage(
        "client and remote script killed (SIGKILL) at a journal write or after an answer", "stop_the_world"
    )
    Broken(fleet, new_server(), tmp_path).prove(breakage, everything=True)
