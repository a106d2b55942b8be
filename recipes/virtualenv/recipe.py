"""The project's Python packages, in a virtual environment beside its code."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    debian_packages_for,
    packages,
    restart,
    virtualenv,
)

recipe = Recipe("virtualenv", needs=["project"])


def named_file(a: Answers) -> str:
    if a.found is None:
        return "requirements.txt"
    return a.found.dependencies.path if a.found.dependencies else ""


def python_of(a: Answers) -> str:
    """The server's, as "3.11"."""
    return ".".join(a.server.python.split(".")[:2])


def missing(a: Answers) -> tuple[str, ...]:
    """What a site needs on a server and many a project does not name, because a laptop works without it."""
    unknown = a.found is not None and a.found.dependencies is None
    needed = sorted(name for one in a.contributions(PythonPackages) for name in one.packages)
    needed += a.found.additions.get(python_of(a), ()) if a.found else ()
    return ("django", *needed) if unknown else tuple(needed)


requirements = recipe.ask(
    Question(
        "requirements", str, named_file, optional=True,
        pattern=r"(?!.*\.\.)(\w[\w./-]*/)?(\w[\w.-]*\.(txt|in|toml|lock|cfg)|Pipfile)", example="requirements.txt",
    )
)  # fmt: skip
extra_packages = recipe.ask(
    Question("extra_packages", tuple, missing, optional=True, pattern=r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?([=<>!~][\w.*,<>=!~]+)?",
             example="whitenoise or psycopg[binary]>=3.2")
)  # fmt: skip


def not_working(a: Answers) -> tuple[str, ...]:
    """In the place of pinned releases that cannot be installed for this server's Python, or not imported by it."""
    return tuple(a.found.replacements.get(python_of(a), ())) if a.found else ()


replaced_packages = recipe.ask(
    Question("replaced_packages", tuple, not_working, optional=True,
             pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[\w,.-]+\])?([=<>!~][\w.*,<>=!~]+)?", example="psycopg2==2.9.5")
)  # fmt: skip


@recipe.step("packages")
def native(a: Answers) -> Iterator[Operation]:
    of_project = a.found.native_packages if a.found else ()
    added: tuple[str, ...] = a[extra_packages]
    replaced: tuple[str, ...] = a[replaced_packages]
    yield packages("python3-venv", *sorted({*of_project, *debian_packages_for((*added, *replaced))}))


@recipe.step("environment")
def environment(a: Answers) -> Iterator[Operation]:
    added = a.contributions(PythonPackages)
    yield virtualenv(
        a.site.next,
        a[requirements],
        user=a.site.user,
        extra=a[extra_packages],
        replaced=a[replaced_packages],
        imports=("django", *(name for one in added for name in one.imports)),
        programs=tuple(name for one in added for name in one.programs),
        notify=restart(a.site.name),
    )
