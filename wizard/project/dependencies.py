"""Which packages a project needs: from uv.lock, requirements files or pyproject.toml, as text, without resolving.

Must not know settings.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from wizard.project import listed, native
from wizard.project.found import DependencyFile
from wizard.project.source import Source
from wizard.project.versions import admits, holds, parsed, translated, written

PRODUCTION: tuple[str, ...] = ("requirements/production.txt", "requirements/prod.txt", "requirements/deploy.txt")
PRODUCTION += ("requirements-prod.txt", "requirements-production.txt", "requirements_prod.txt")
PLAIN: tuple[str, ...] = ("requirements.txt", "requirements/base.txt", "requirements/requirements.txt", "reqs.txt")
LISTED = [name for name in listed.FILES if not name.endswith(".lock")]
UNSUPPORTED = ("pdm.lock", "environment.yml", "setup.py")

# docs.djangoproject.com: "What Python version can I use with Django?"
DJANGO_NEEDS = (((6, 0), (3, 12)), ((5, 0), (3, 10)), ((4, 0), (3, 8)), ((3, 0), (3, 6)))

_Step = tuple[str, tuple[str, ...]]  # a package and its extras


@dataclass
class Packages:
    """Names as PEP 503 normalises them, each with its specifier; the extras asked for; and what comes from git."""

    specifiers: dict[str, str] = field(default_factory=dict)
    extras: dict[str, set[str]] = field(default_factory=dict)
    from_git: bool = False

    def add(self, text: str) -> None:
        """One requirement in the form of PEP 508. One that a server does not install (its marker) does not count."""
        self.from_git |= "git+" in text
        wanted = parsed(text)
        if wanted is not None and holds(wanted.marker):
            name = canonicalize_name(wanted.name)
            self.specifiers[name] = self.specifiers.get(name) or written(wanted.specifier)
            self.extras.setdefault(name, set()).update(wanted.extras)

    def add_line(self, line: str) -> None:
        """One line of a requirements file, whole; what it includes is not read."""
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        if egg := re.search(r"#egg=([A-Za-z0-9._-]+)", line):
            self.add(f"{egg[1]} @ {stripped}")
        elif stripped and not stripped.startswith("-") and not re.match(r"\S+:/|\.", stripped):
            self.add(re.sub(r"\s--\S+", "", stripped))
        elif "git+" in stripped:
            self.from_git = True


def dependency_file(source: Source, root: str) -> tuple[DependencyFile | None, Packages]:
    """The file to install from. A lock comes first, then requirements (production's before the plain ones)."""
    found = list(_candidates(source, dict.fromkeys((root, "."))))
    if not found:
        return None, Packages()
    kind, path, reason, packages = found[0]
    if reason != "locked" and len(found) == 1:
        reason = "only"
    others = tuple(other for _, other, _, _ in found[1:])
    return DependencyFile(kind, path, reason, tuple(sorted(packages.specifiers)), others), packages


def unsupported(source: Source, root: str) -> list[str]:
    """Files that name dependencies in a way which is not read here."""
    paths = [posixpath.normpath(posixpath.join(base, name)) for base in (root, ".") for name in UNSUPPORTED]
    return [path for path in dict.fromkeys(paths) if path in source]


def _candidates(source: Source, bases: dict[str, None]) -> Iterator[tuple[str, str, str, Packages]]:
    for base in bases:
        path = posixpath.normpath(posixpath.join(base, "uv.lock"))
        if path in source and posixpath.join(posixpath.dirname(path), "pyproject.toml") in source:
            yield "uv.lock", path, "locked", _locked(source, path)
    for base in bases:
        if packages := _listed(source, path := posixpath.normpath(posixpath.join(base, "Pipfile.lock"))):
            yield "Pipfile.lock", path, "locked", packages
    for reason, names in (("production", PRODUCTION), ("first", PLAIN)):
        for base in bases:
            for name in names:
                path = posixpath.normpath(posixpath.join(base, name))
                if path in source:
                    packages = Packages()
                    _requirements(source, path, packages, set())
                    yield "requirements.txt", path, reason, packages
    for base in bases:
        path = posixpath.normpath(posixpath.join(base, "pyproject.toml"))
        packages = _pyproject(source, path)
        if packages.specifiers:
            yield "pyproject.toml", path, "first", packages
    for name in LISTED:
        for base in bases:
            if packages := _listed(source, path := posixpath.normpath(posixpath.join(base, name))):
                yield name, path, "first", packages


def _listed(source: Source, path: str) -> Packages | None:
    """What a Pipfile, its lock or a setup.cfg names; None where there is none that can be read, or it names nothing."""
    packages = Packages()
    try:
        for line in listed.requirements(path, source.text(path) or ""):
            packages.add_line(line)
    except (ValueError, RecursionError):
        return None
    return packages if packages.specifiers else None


def _requirements(source: Source, path: str, packages: Packages, seen: set[str]) -> None:
    if path in seen:
        return
    seen.add(path)
    text = re.sub(r"\\\r?\n", " ", source.text(path) or "")
    for line in text.splitlines():
        if option := re.match(r"\s*(?:-r|--requirement)[\s=]*(\S+)", line):
            included = posixpath.normpath(posixpath.join(posixpath.dirname(path), option[1]))
            _requirements(source, included, packages, seen)
        else:
            packages.add_line(line)


def _pyproject(source: Source, path: str) -> Packages:
    packages, data = Packages(), source.toml(path)
    project, poetry = data.get("project"), _at(data, "tool", "poetry", "dependencies")
    for requirement in _texts(project.get("dependencies")) if isinstance(project, dict) else ():
        packages.add(requirement)
    for name, wanted in (poetry if isinstance(poetry, dict) else {}).items():
        if name != "python":
            version = wanted.get("version", "") if isinstance(wanted, dict) else wanted
            packages.add(f"{name} {translated(str(version))}")
            extras = _texts(wanted.get("extras")) if isinstance(wanted, dict) else ()
            packages.extras.setdefault(canonicalize_name(name), set()).update(extras)
    return packages


def _locked(source: Source, path: str) -> Packages:
    """What the lock installs for the project itself: not its development groups."""
    listed = source.toml(path).get("package")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    by_name: dict[str, dict[str, object]] = {str(entry.get("name")): entry for entry in entries}
    local = [e for e in entries if isinstance(e.get("source"), dict) and {"virtual", "editable"} & set(e["source"])]
    packages = Packages()
    waiting: list[_Step] = [(str(entry.get("name")), ()) for entry in local] or [(name, ()) for name in by_name]
    own, seen = {str(entry.get("name")) for entry in local}, set[_Step]()
    while waiting:
        name, extras = step = waiting.pop()
        if step in seen or name not in by_name:
            continue
        seen.add(step)
        entry = by_name[name]
        if name not in own:
            packages.add(f"{name}[{','.join(extras)}]=={entry.get('version', '')}")
            packages.from_git |= "git" in _at(entry, "source")
        waiting += _named(entry.get("dependencies"))
        for extra in extras:
            waiting += _named(_at(entry, "optional-dependencies").get(extra))
    return packages


def _named(listed: object) -> list[_Step]:
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return [(str(item.get("name")), _texts(item.get("extra"))) for item in items]


def _texts(listed: object) -> tuple[str, ...]:
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _at(data: object, *keys: str) -> dict[str, object]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


# Python ------------------------------------------------------------------------------------------------------------


def requires_python(source: Source, root: str, django: str | None) -> str | None:
    """The Python versions that the project asks for, or else those that its Django asks for."""
    for base in dict.fromkeys((root, ".")):
        data = source.toml(posixpath.normpath(posixpath.join(base, "pyproject.toml")))
        asked = _at(data, "project").get("requires-python") or _at(data, "tool", "poetry", "dependencies").get("python")
        if isinstance(asked, str):
            return translated(asked)
        for name in listed.FILES:
            with suppress(ValueError, RecursionError):
                if python := listed.python_of(name, source.text(posixpath.normpath(posixpath.join(base, name))) or ""):
                    return python
        for name in (".python-version", "runtime.txt"):
            text = source.text(posixpath.normpath(posixpath.join(base, name))) or ""
            if match := re.match(r"(?:python-?)?(3\.\d+)", text.strip()):
                return f"=={match[1]}.*"
    for release, oldest in DJANGO_NEEDS:
        if django and not any(admits(django, below) for below in _below(release)):
            return f">={oldest[0]}.{oldest[1]}"
    return None


def python_at_least(source: Source, root: str, django: str | None) -> tuple[int, int] | None:
    """The oldest Python that the project's pyproject.toml and its Django admit. A .python-version tells of a laptop only."""
    oldest = []
    for base in dict.fromkeys((root, ".")):
        data = source.toml(posixpath.normpath(posixpath.join(base, "pyproject.toml")))
        asked = _at(data, "project").get("requires-python") or _at(data, "tool", "poetry", "dependencies").get("python")
        if isinstance(asked, str):
            oldest += [(3, minor) for minor in range(40) if admits(translated(asked), (3, minor))][:1]
    for release, python in DJANGO_NEEDS:
        if django and not any(admits(django, below) for below in _below(release)):
            oldest.append(python)
    return max(oldest, default=None)


def driver(django: str | None) -> str:
    """The requirement for a PostgreSQL driver that this Django (a version specifier) can use: psycopg 3 came with 4.2."""
    newer = [(4, 2), *((major, minor) for major in range(5, 9) for minor in range(3))]
    if not django or any(admits(django, version) for version in newer):
        return "psycopg[binary]"
    return "psycopg2-binary"


def old_django(django: str | None) -> bool:
    """Whether it is older than 3.1, which takes the time zone of psycopg2 2.9 for a wrong one (ticket 31777)."""
    later = [(major, minor) for major in range(3, 9) for minor in range(3) if (major, minor) >= (3, 1)]
    return bool(django) and not any(admits(django or "", version) for version in later)


def additions(django: str | None, python: str) -> tuple[str, ...]:
    """What a Django that is older than this Python (3.13) imports and Python has no more, from the package index.

    cgi went with 3.13 (PEP 594) and was used until 4.1; distutils went with 3.12 (PEP 632) and was used until 3.2.
    """

    def all_before(release: tuple[int, int]) -> bool:
        later = ((major, minor) for major in range(2, 9) for minor in range(3) if (major, minor) >= release)
        return bool(django) and not any(admits(django or "", version) for version in later)

    newer = tuple(map(int, python.split(".")))
    cgi = ("legacy-cgi",) if newer >= (3, 13) and all_before((4, 2)) else ()
    return (*cgi, "setuptools<81") if newer >= (3, 12) and all_before((4, 0)) else cgi


def too_old(django: str | None) -> bool:
    """Whether no Django that is admitted starts with the Pythons of the supported servers, and none is near enough to take its place.

    Before 2.2 it uses names that Python 3.10 and 3.11 have no more; from 2.0 on 2.2 can take its place (see native.toml),
    before that a model's foreign keys were written otherwise.
    """
    later = ((major, minor) for major in range(2, 9) for minor in range(3))
    return bool(django) and not any(admits(django or "", version) for version in later)


def _below(release: tuple[int, int]) -> Iterator[tuple[int, int]]:
    yield from ((major, minor) for major in range(1, release[0]) for minor in range(12))


# What they need of Debian -----------------------------------------------------------------------------------------


def native_packages(packages: Packages, apps: tuple[str, ...]) -> tuple[str, ...]:
    """The Debian packages that these Python packages need to be built or to run, beyond what their wheels hold."""
    needed = {"git"} if packages.from_git else set()
    needed.update(native.debian_packages(packages.specifiers, packages.extras))
    if any(app.startswith("django.contrib.gis") for app in apps):
        needed.update(native.GEODJANGO)
    return tuple(sorted(needed))
