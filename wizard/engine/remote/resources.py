"""What a server has run out of: the facts that `shortage` of the prelude prints, and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from wizard.text import text


@dataclass(frozen=True)
class Shortage:
    """What is short. left and size: MB of a disk, or files (inodes); of the memory, the programs that were ended, and MB."""

    what: str  # memory, disk or inodes
    place: str
    left: int
    size: int

    @classmethod
    def of(cls, facts: str) -> Self | None:
        """None where nothing was short. The memory first: a full disk ends no program. ValueError where a number is none."""
        found = {words[0]: words[1:] for line in facts.splitlines() if (words := line.split())}
        match found:
            case {"memory": [killed, size]}:
                return cls("memory", "", int(killed), int(size))
            case {"disk": [place, left, size]}:
                return cls("disk", place, int(left), int(size))
            case {"inodes": [place, left, every]}:
                return cls("inodes", place, int(left), int(every))
        return None

    @property
    def reason(self) -> str:
        """Why something failed."""
        match self.what:
            case "memory":
                return text("engine.resources.memory", size=self.size, left=self.left)
            case "disk":
                return text("engine.resources.disk", left=self.left, size=self.size, place=self.place)
        return text("engine.resources.inodes", left=self.left, size=self.size, place=self.place)

    @property
    def advice(self) -> str:
        match self.what:
            case "memory":
                return text("engine.resources.memory_advice")
            case "disk":
                rooms = "apt-get clean; journalctl --vacuum-size=50M; du -xhd2 / | sort -h"
                return text("engine.resources.disk_advice", rooms=rooms)
        return text("engine.resources.inodes_advice")
