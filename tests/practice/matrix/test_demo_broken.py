"""The fault matrix in small, for every run of the tests: a demonstration recipe, broken here and there, one way or another."""

from __future__ import annotations

from pathlib import Path

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from tests.practice.matrix.chain import Chain, Client
from tests.practice.matrix.outcome import made_twice
from tests.practice.matrix.results import tried
from tests.practice.matrix.world import World
from wizard.practice.fleet import Fleet, PracticeServer

DEMO = ("--recipes", str(Path(__file__).parents[1] / "recipes"), "--only", "demo")
TOKEN = "/etc/demo/secret#"  # generated anew in each run


def test_demonstration_broken_here_and_there_comes_to_the_same_end(
    fleet: Fleet, pristine: PracticeServer, tmp_path: Path
) -> None:
    (tmp_path / "undisturbed").mkdir()
    Chain(World(fleet, pristine), tmp_path / "undisturbed").undisturbed(*DEMO)
    expected = Cycle(pristine).fingerprint()

    (tmp_path / "broken").mkdir()
    chain = Chain(World(fleet, fleet.reset(pristine.name)), tmp_path / "broken")
    faults = (chain.stop_the_world, chain.kill_script, chain.kill_client)

    def one_after_the_other(client: Client, label: str) -> None:
        fault = faults[len(chain.tried) % 3] if label.startswith("server") else chain.stop_the_world
        fault(client, label)

    seen: list[str] = []

    def every_fifth(label: str) -> bool:
        if label not in seen:
            seen.append(label)
        return seen.index(label) % 5 == 0

    with tried("a demonstration recipe, broken here and there") as row:
        chain.break_everywhere(one_after_the_other, *DEMO, wanted=every_fifth)
        row.points = len(chain.tried)
        assert row.points >= 8
        assert made_twice(chain.world.journal()) == []
        assert chain.complaints() == []
        found = Cycle(pristine).fingerprint()
        assert [line for line in differences(expected, found) if TOKEN not in line] == []
