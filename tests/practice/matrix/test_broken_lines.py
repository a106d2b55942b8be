"""The client dies and the script goes on; the script dies and the client goes on; the line between them breaks."""

from __future__ import annotations

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.matrix.broken import PARTS, Breakage, Broken
from wizard.practice.fleet import Fleet

BREAKAGES = (
    Breakage("remote script killed (SIGKILL) at a journal write", "kill_script", where=("server: ",)),
    Breakage("client killed (SIGKILL) within a script, which goes on", "kill_client", where=("server: journal ",)),
    Breakage("network cut for 5 s", "cut_the_line", every=20),
    Breakage("network cut until the client gave up", "cut_for_good", every=20, silence=8, patience=3),
)


@pytest.fixture(scope="module")
def broken(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return Broken(fleet, server_factory(), tmp_path_factory.mktemp("broken"))


@pytest.mark.matrix
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.fault)
def test_set_up_broken_at_every_point_comes_to_the_same_end(
    broken: Broken, breakage: Breakage, pytestconfig: pytest.Config
) -> None:
    everything = bool(pytestconfig.getoption("--matrix-all"))
    broken.prove(breakage, [name for part in PARTS.values() for name in part], everything=everything)
