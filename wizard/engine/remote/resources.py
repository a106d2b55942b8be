"""What a server has run out of: the facts that `shortage` of the prelude prints, and what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

AGAIN = "run the same command again: it goes on from here"


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
                return f"the server ran out of memory, of which it has {self.size} MB: programs that its kernel ended: {self.left}"
            case "disk":
                return f"the disk is full: {self.left} MB of {self.size} MB are left on {self.place}"
        return f"the disk takes no more files: {self.left} of {self.size} are left on {self.place}"

    @property
    def advice(self) -> str:
        match self.what:
            case "memory":
                return f"give the server more memory, or a swap file; then {AGAIN}"
            case "disk":
                rooms = "apt-get clean; journalctl --vacuum-size=50M; du -xhd2 / | sort -h"
                return f"make room (on the server: {rooms}), then {AGAIN}"
        return f"remove files that nobody needs (df -i), then {AGAIN}"
