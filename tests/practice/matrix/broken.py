"""One fault at every point of a complete set-up, and what came of it against an undisturbed one of the same server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.practice.compare import Fingerprint
from tests.practice.matrix.chain import Chain
from tests.practice.matrix.outcome import left_different, made_twice, outcome
from tests.practice.matrix.results import tried
from tests.practice.matrix.world import World
from wizard.catalog import load
from wizard.practice.fleet import Fleet, PracticeServer


@dataclass(frozen=True)
class Breakage:
    """area: its row in the table; fault: a method of Chain; where: how the labels of its points begin; every: so many
    points share one try in the default matrix, because each takes so long. silence and patience: seconds."""

    area: str
    fault: str
    where: tuple[str, ...] = ("server: ", "answered: ")
    every: int = 1
    silence: int = 120
    patience: int = 300

    def sample(self, everything: bool) -> Callable[[str], bool]:
        """Evenly spread over the points in the order in which they are come to first."""
        seen: dict[str, bool] = {}

        def wanted(label: str) -> bool:
            if label.startswith(self.where):
                return seen.setdefault(label, everything or len(seen) % self.every == 0)
            return False

        return wanted


@dataclass
class Broken:
    """Sets one server up again and again; the undisturbed outcome is found out once."""

    fleet: Fleet
    server: PracticeServer
    folder: Path
    expected: Fingerprint = field(default_factory=dict)

    def undisturbed(self) -> Fingerprint:
        if not self.expected:
            self._fresh("undisturbed").undisturbed()
            self.expected = outcome(self.server)
        return self.expected

    def prove(self, breakage: Breakage, *, everything: bool) -> None:
        """The site is the same in the end, and nothing was done twice."""
        expected = self.undisturbed()
        chain = self._fresh(breakage.fault, breakage.silence, breakage.patience)
        wanted = breakage.sample(everything)
        with tried(breakage.area) as row:
            try:
                for recipe in load():
                    chain.break_everywhere(getattr(chain, breakage.fault), "--only", recipe.name, wanted=wanted)
            finally:
                row.points, row.survived = len(chain.tried), max(0, len(chain.tried) - 1)
            left = [*left_different(expected, outcome(self.server)), *made_twice(chain.world.journal())]
            row.survived, row.differences = len(chain.tried), len(left)
            assert left == []

    def _fresh(self, name: str, silence: int = 120, patience: int = 300) -> Chain:
        self.server = self.fleet.reset(self.server.name)
        (self.folder / name).mkdir()
        return Chain(World(self.fleet, self.server), self.folder / name, silence, patience)
