"""The world stops at every journal write and after every script of a complete set-up, and it is gone on with."""

from __future__ import annotations

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.matrix.broken import PARTS, Breakage, Broken
from wizard.practice.fleet import Fleet

STOPPED = Breakage("client and remote script killed (SIGKILL) at a journal write or after an answer", "stop_the_world")


@pytest.fixture(scope="module")
def broken(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return Broken(fleet, server_factory(), tmp_path_factory.mktemp("broken"))


@pytest.mark.matrix
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", PARTS)
def test_set_up_stopped_at_every_point_comes_to_the_same_end(broken: Broken, part: str) -> None:
    broken.prove(STOPPED, PARTS[part], everything=True)
