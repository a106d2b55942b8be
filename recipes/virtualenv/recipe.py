"""The project's Python packages, in a virtual environment beside its code."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.operations.apt import packages
from wizard.operations.base import Operation
from wizard.operations.service import restart
from wizard.operations.virtualenv import virtualenv
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("virtualenv", __file__, needs=["project"])


def named_file(a: Answers) -> str:
    if a.found is None:
        return "requirements.txt"
    return a.found.dependencies.path if a.found.dependencies else ""


def missing(a: Answers) -> tuple[str, ...]:
    """What a site needs on a server and many a project does not name, because a laptop works without it."""
    named = a.found.dependencies.packages if a.found and a.found.dependencies else None
    if a.found and named is None:
        return ("django", "gunicorn", "psycopg[binary]")
    # before 22 its workers call setuid(), which the service may not
    old = ("gunicorn>=22",) if a.found and a.found.old_app_server else ()
    gunicorn = old if "gunicorn" in (named or ()) else ("gunicorn",)
    # Django before 4.2 cannot use psycopg 3
    driver = () if a.found and a.found.has_database_driver else (a.found.driver if a.found else "psycopg[binary]",)
    return gunicorn + driver


requirements = recipe.ask(
    Question(
        "requirements", str, named_file, optional=True,
        pattern=r"(?!.*\.\.)(\w[\w./-]*/)?(\w[\w.-]*\.(txt|in|toml|lock|cfg)|Pipfile)", example="requirements.txt",
    )
)  # fmt: skip
extra_packages = recipe.ask(
    Question("extra_packages", tuple, missing, optional=True, pattern=r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?([=<>!~][\w.*,<>=!~]+)?",
             example="gunicorn or psycopg[binary]>=3.2")
)  # fmt: skip


@recipe.step("packages")
def native(a: Answers) -> Iterator[Operation]:
    yield packages("python3-venv", *(a.found.native_packages if a.found else ()))


@recipe.step("environment")
def environment(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    yield virtualenv(
        f"/srv/{site}/next",
        a[requirements],
        user=site,
        extra=a[extra_packages],
        imports=("django", "gunicorn"),
        programs=("gunicorn",),
        notify=restart(site),
    )
