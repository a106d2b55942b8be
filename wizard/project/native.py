"""What Python packages need of Debian: libraries that they load, and what compiles them where the index has no wheel.

The facts are in native.toml. Must not know files.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
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
    for name in specifiers:
        compiled, specifier = _compiled_half(name, specifiers, extras)
        yield from _facts(compiled).get("run", ())
        if compiled_for(compiled, specifier):
            yield from _facts(compiled).get("build", ())


def debian_packages_for(requirements: Iterable[str]) -> tuple[str, ...]:
    """The Debian packages for these requirements (`psycopg2-binary<2.9`), as `debian_packages` has them; sorted.

    What is no requirement is left to pip, which says so.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    parsed = []
    for line in requirements:
        with contextlib.suppress(InvalidRequirement):
            parsed.append(Requirement(line))
    specifiers: dict[str, str] = {canonicalize_name(one.name): str(one.specifier) for one in parsed}
    extras: dict[str, set[str]] = {canonicalize_name(one.name): set(one.extras) for one in parsed}
    return tuple(sorted(set(debian_packages(specifiers, extras))))


def _compiled_half(name: str, specifiers: Mapping[str, str], extras: Mapping[str, set[str]]) -> tuple[str, str]:
    """The package that is compiled, and its specifier: psycopg is pure Python, and an extra brings the rest."""
    more = extras.get(name, set())
    if name != "psycopg":
        return name, specifiers[name]
    if "c" in more:
        return "psycopg-c", ""
    if "binary" in more or "psycopg-binary" in specifiers:
        return "psycopg-binary", specifiers[name]
    return name, ""


def compiled_for(name: str, specifier: str) -> tuple[str, ...]:
    """The Pythons (3.11 …) of supported servers for which no admitted release of this package has a wheel."""
    facts = _facts(name)
    if "build" not in facts:
        return ()
    if "with" in _table().get(name, {}):  # the version of what it brings along is not known: pip takes a new one
        specifier = ""
    first = facts.get("wheels", {})
    return tuple(python for python in PYTHONS if python not in first or older_than(specifier, first[python]))


def _facts(name: str) -> dict[str, Any]:
    """What is known of this package, or of the one that it brings along."""
    facts = _table().get(name, {})
    return _table()[facts["with"]] if "with" in facts else facts


def replacements(specifiers: Mapping[str, str], python: str) -> tuple[str, ...]:
    """Requirements in the place of those of which no admitted release works with this Python (3.11), sorted.

    The nearest release that works is taken: it changes least.
    """
    found = []
    for name, specifier in specifiers.items():
        facts = _facts(name)
        first = facts.get("fails", {}).get(python)
        works = "from" in facts and older_than(specifier, facts["from"])
        if first and older_than(specifier, first) and not works:
            found.append(f"{name}=={facts.get('instead') or facts.get('wheels', {}).get(python, first)}")
    return tuple(sorted(found))
