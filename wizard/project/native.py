"""What Python packages need of Debian: libraries that they load, and what compiles them where the index has no wheel.

The facts are in native.toml. Must not know files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from wizard.project.versions import older_than

PYTHONS = ("3.11", "3.13")  # of the supported servers: Debian 12, Debian 13
GEODJANGO = ("binutils", "gdal-bin", "libproj-dev")  # Django's own list for GeoDjango's libraries on Debian


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files("wizard.project").joinpath("native.toml").read_text(encoding="utf-8"))


def debian_packages(specifiers: Mapping[str, str], extras: Mapping[str, set[str]]) -> Iterator[str]:
    """The Debian packages for these Python packages, each with its version specifier, on whichever supported server.

    A package is compiled where every release that its specifier admits is older than the first with a wheel.
    """
    for name, specifier in specifiers.items():
        more = extras.get(name, set())
        if name == "psycopg":  # pure Python; an extra brings the compiled half
            binary = "binary" in more or "psycopg-binary" in specifiers
            name = "psycopg-c" if "c" in more else "psycopg-binary" if binary else "psycopg"  # noqa: PLW2901
            specifier = specifier if binary else ""  # noqa: PLW2901
        facts = _table().get(name, {})
        facts = _table().get(facts.get("with", ""), facts)
        yield from facts.get("run", ())
        if compiled_for(name, specifier):
            yield from facts.get("build", ())


def compiled_for(name: str, specifier: str) -> tuple[str, ...]:
    """The Pythons (3.11 …) of supported servers for which no admitted release of this package has a wheel."""
    facts = _table().get(name, {})
    if "with" in facts:  # the version of what it brings along is not known: pip takes a new one
        name, specifier, facts = facts["with"], "", _table()[facts["with"]]
    if "build" not in facts:
        return ()
    first = facts.get("wheels", {})
    return tuple(python for python in PYTHONS if python not in first or older_than(specifier, first[python]))
