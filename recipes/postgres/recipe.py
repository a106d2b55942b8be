"""PostgreSQL with one role and one database for the site, reachable from this server only."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from wizard.api import (
    Answers,
    Check,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    Variables,
    cluster,
    database_belongs_to,
    listens_locally,
    network_logins_need_scram,
    one_postgres,
    packages,
    postgres_answers,
    role_may_only_log_in,
    row_written_and_read,
    settings,
)
from wizard.api import (
    database as database_of,
)
from wizard.api import (
    role as role_with,
)

recipe = Recipe("postgres", role="database", needs=["hardening"])


def underscored(a: Answers) -> str:
    return a.site.name.replace("-", "_")


def reserved(name: str) -> str | None:
    taken = name.startswith("pg_") or name in ("postgres", "template0", "template1", "public", "none")
    return recipe.text("reserved") if taken else None


NAME = r"[a-z_][a-z0-9_]{0,62}"
database = recipe.ask(Question("database", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))
role = recipe.ask(Question("role", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))


HOST, PORT = "127.0.0.1", 5432


def driver(a: Answers) -> PythonPackages:
    """The driver that this Django can use, where the project names none."""
    if a.found is None:
        return PythonPackages(("psycopg[binary]",))
    return PythonPackages(() if a.found.has_database_driver else (a.found.driver,))


def chosen_engine(a: Answers) -> Variables:
    """Where a variable of the project decides on the engine, it is told to use PostgreSQL."""
    names = a.found.env_names if a.found else ()
    return Variables({name.name: name.postgres for name in names if name.postgres is not None})


def url(a: Answers) -> str:
    password = a.secret("database_password").reveal()
    return f"postgres://{quote(a[role], '')}:{quote(password, '')}@{HOST}:{PORT}/{quote(a[database], '')}"


def answers_queries(a: Answers) -> Iterator[Check]:
    yield postgres_answers()


def local_only(a: Answers) -> Iterator[Check]:
    yield listens_locally()
    yield network_logins_need_scram()


def role_is_plain(a: Answers) -> Iterator[Check]:
    yield role_may_only_log_in(a[role])


def role_owns_it(a: Answers) -> Iterator[Check]:
    yield database_belongs_to(a[database], a[role])


@recipe.step("install", check=answers_queries)
def install(a: Answers) -> Iterator[Operation]:
    yield one_postgres()
    # where PostgreSQL is there without Debian's `postgresql`, that would bring another version beside it
    name = f"postgresql-{a.server.postgresql}" if a.server.postgresql else "postgresql"
    # until it is told otherwise it listens on this server alone, and Debian's package makes the cluster that is needed
    yield packages(name, start=[name])
    yield cluster()


@recipe.step("settings", check=local_only)
def server_settings(a: Answers) -> Iterator[Operation]:
    yield settings("wizard.conf", recipe.template("wizard.conf", a))


@recipe.step("role", check=role_is_plain)
def site_role(a: Answers) -> Iterator[Operation]:
    yield a.keep("database_password")
    yield role_with(a[role], a.secret("database_password"))


@recipe.step("database", check=role_owns_it)
def site_database(a: Answers) -> Iterator[Operation]:
    yield database_of(a[database], owner=a[role])


recipe.output("title", lambda a: "PostgreSQL")
recipe.output("units", lambda a: ("postgresql.service",))
recipe.output("engine", lambda a: "django.db.backends.postgresql")
recipe.output("name", lambda a: a[database])
recipe.output("user", lambda a: a[role])
recipe.output("password", lambda a: a.secret("database_password"))
recipe.output("host", lambda a: HOST)
recipe.output("port", lambda a: PORT)
recipe.output("url", url)
recipe.output("by_variables", lambda a: bool(a.found and a.found.database_by_variables))
recipe.output("row_check", lambda a: row_written_and_read(a[role], a[database], a.secret("database_password")))
recipe.contribute(PythonPackages, driver)
recipe.contribute(Variables, chosen_engine)
