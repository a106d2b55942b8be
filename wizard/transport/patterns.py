"""ssh's host patterns, as ssh_config(5) and the known_hosts format have them. Must not know who asks."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns (`*` and `?`) is the name's and none with a `!` is (ssh_config(5), PATTERNS)."""
    found = False
    for pattern in patterns:
        # brackets are part of a name here, not a character class
        wanted = pattern.removeprefix("!").lower().replace("[", "[[]")
        if fnmatch.fnmatchcase(name.lower(), wanted):
            if pattern.startswith("!"):
                return False
            found = True
    return found
