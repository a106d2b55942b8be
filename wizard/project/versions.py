"""Version specifiers and markers, as the standard has them (packaging.python.org, "Version specifiers", "Dependency specifiers").

Must not know files. What a project's files say wrongly is taken for no limit: pip, which runs on the server, has the last word.
"""

from __future__ import annotations

import re

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
# What markers are asked about is the server, not the computer that this runs on. Debian 12 has the older of the two Pythons.
SERVER = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.2",
    "python_version": "3.11",
    "sys_platform": "linux",
    "extra": "",
}


def parsed(text: str) -> Requirement | None:
    """One requirement (PEP 508); its name alone where the rest is wrong, None where there is not even a name."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        match = NAME.match(text)
        return Requirement(match[1]) if match else None


def holds(marker: Marker | None) -> bool:
    """Whether a requirement with this marker is installed on a server."""
    return marker is None or marker.evaluate({**SERVER})


def written(wanted: SpecifierSet) -> str:
    """The specifier as people write it, the lower limit first; the library's own order is that of the characters."""
    order = ("===", "==", "~=", ">=", ">", "!=", "<=", "<")
    return ",".join(map(str, sorted(wanted, key=lambda one: (order.index(one.operator), one.version))))


def admits(specifier: str, version: tuple[int, int]) -> bool:
    """Whether some release of this major.minor version meets the specifier. What is not understood is met."""
    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier:
        return True
    return any(wanted.contains(release, prereleases=True) for release in _releases(wanted, version))


def _releases(wanted: SpecifierSet, version: tuple[int, int]) -> set[str]:
    """Releases of major.minor on both sides of each limit that the specifier sets: if any meets it, one of them does."""
    patches = {0}
    for one in wanted:
        release = (*_version(one).release, 0, 0)[:3]
        if release[:2] == version:
            patches |= {max(0, release[2] - 1), release[2], release[2] + 1}
    return {f"{version[0]}.{version[1]}.{patch}" for patch in patches}


def _version(one: Specifier) -> Version:
    return Version(one.version.removesuffix(".*"))


def older_than(specifier: str, version: str) -> bool:
    """Whether each release that the specifier admits is older than this version. What is not understood has no limit."""
    try:
        limits = [limit for one in SpecifierSet(specifier) if (limit := _limit(one)) is not None]
    except InvalidSpecifier:
        return False
    end = Version(version)
    return any(limit < end or (limit == end and not included) for limit, included in limits)


def _limit(one: Specifier) -> tuple[Version, bool] | None:
    """The upper limit that this part sets, and whether it is met itself; None where it sets none."""
    release = _version(one).release
    if one.operator == "~=" or one.version.endswith(".*"):
        kept = release[:-1] if one.operator == "~=" else release
        return (Version(".".join(map(str, (*kept[:-1], kept[-1] + 1)))), False) if one.operator != "!=" else None
    return (_version(one), one.operator != "<") if one.operator in ("==", "===", "<=", "<") else None


def pinned(specifier: str) -> tuple[int, ...] | None:
    """The one release that is asked for; None where others will do, too."""
    try:
        exact = [one for one in SpecifierSet(specifier) if one.operator in ("==", "===") and "*" not in one.version]
    except InvalidSpecifier:
        return None
    return _version(exact[0]).release if exact else None


def translated(specifier: str) -> str:
    """Poetry's `^3.11`, `~3.11` and `3.11` as the standard writes them; `*` is no limit.

    https://python-poetry.org/docs/dependency-specification/
    """

    def plain(part: str) -> str:
        match = re.fullmatch(r"\s*([\^~]?)\s*(\d+)(?:\.(\d+))?([\d.]*)\s*", part)
        if not match:
            return "" if part.strip() == "*" else part.strip()
        sign, major, minor, rest = match[1], int(match[2]), match[3] or "0", match[4]
        if not sign:
            return f"=={part.strip()}"
        above = f"{major + 1}" if sign == "^" and major else f"{major}.{int(minor) + 1}"
        return f">={major}.{minor}{rest},<{above}"

    return ",".join(filter(None, map(plain, specifier.split(","))))
