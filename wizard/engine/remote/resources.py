"""What a server has run out of, as a reason and an advice: from the facts that `shortage` of the prelude prints."""

from __future__ import annotations

AGAIN = "run the same command again: it goes on from here"


def explained(facts: str) -> tuple[str, str] | None:
    """Why something failed and what to do, or None where nothing was short. The memory first: a full disk kills nobody."""
    found = {words[0]: words[1:] for line in facts.splitlines() if (words := line.split())}
    match found:
        case {"memory": [killed, size]}:
            why = f"the server ran out of memory, of which it has {size} MB: programs that its kernel ended: {killed}"
            return why, f"give the server more memory, or a swap file; then {AGAIN}"
        case {"disk": [place, left, size]}:
            why = f"the disk is full: {left} MB of {size} MB are left on {place}"
            rooms = "apt-get clean; journalctl --vacuum-size=50M; du -xhd2 / | sort -h"
            return why, f"make room (on the server: {rooms}), then {AGAIN}"
        case {"inodes": [place, left, every]}:
            why = f"the disk takes no more files: {left} of {every} are left on {place}"
            return why, f"remove files that nobody needs (df -i), then {AGAIN}"
    return None
