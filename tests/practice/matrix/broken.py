"""One fault at every point of a complete set-up, and what came of it against an undisturbed one of the same server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.practice.compare import Fingerprint, dumps
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


UNDISTURBED = Breakage("", "undisturbed")


@dataclass
class Broken:
    """Sets one server up again and again; the undisturbed outcome is found out once."""

    fleet: Fleet
    server: PracticeServer
    folder: Path
    expected: Fingerprint = field(default_factory=dict)

    def prove(self, breakage: Breakage, *, everything: bool) -> None:
        """The fault at the points of a whole set-up; the site is the same in the end, and nothing was done twice."""
        chain = self._fresh(breakage)
        fault, wanted = getattr(chain, breakage.fault), breakage.sample(everything)
        with tried(breakage.area) as row:
            row.points = 0  # known when it is over
            try:
                for recipe in load():
                    chain.break_everywhere(fault, "--only", recipe.name, wanted=wanted)
            finally:
                chain.close()
                row.points, row.survived = len(chain.tried), max(0, len(chain.tried) - 1)
            left = [*made_twice(chain.world.journal()), *chain.complaints()]
            found = outcome(self.server)
            (chain.folder / "outcome.json").write_text(dumps(found))
            left += left_different(self._expected(), found)
            row.survived, row.differences = len(chain.tried), len(left)
            assert left == []

    def _expected(self) -> Fingerprint:
        if not self.expected:
            chain = self._fresh()
            chain.undisturbed()
            self.expected = outcome(self.server)
            (chain.folder / "outcome.json").write_text(dumps(self.expected))
        return self.expected

    def _fresh(self, breakage: Breakage = UNDISTURBED) -> Chain:
        self.server = self.fleet.reset(self.server.name)
        folder = self.folder / f"{breakage.fault}-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        return Chain(World(self.fleet, self.server), folder, breakage.silence, breakage.patience)
