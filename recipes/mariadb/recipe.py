"""MariaDB with one account and one database for the site, reachable from this server only."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from wizard.api import (
    Answers,
    Check,
    Found,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    Variables,
    account_has_one_database,
    file,
    mariadb_account,
    mariadb_answers,
    mariadb_database,
    mariadb_listens_locally,
    mariadb_row_written_and_read,
    one_mariadb,
    packages,
    restart,
    service,
)


def asked_for(found: Found | None) -> bool:
    return found is not None and found.uses_mysql


recipe = Recipe("mariadb", role="database", needs=["hardening"], fits=asked_for)


def underscored(a: Answers) -> str:
    return a.site.name.replace("-", "_")


def reserved(name: str) -> str | None:
    taken = name in ("mysql", "information_schema", "performance_schema", "sys", "test", "root", "mariadb")
    return recipe.text("reserved") if taken else None


NAME = r"[a-z_][a-z0-9_]{0,62}"
database = recipe.ask(Question("database", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))
account = recipe.ask(Question("account", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))

HOST, PORT = "127.0.0.1", 3306
CONFIGURATION = "/etc/mysql/mariadb.conf.d/90-wizard.cnf"
TO_BUILD = ("default-libmysqlclient-dev", "pkg-config", "gcc", "python3-dev")


def needs_driver(a: Answers) -> bool:
    return a.found is None or not a.found.has_mysql_driver


def driver(a: Answers) -> PythonPackages:
    """Django's own driver for MariaDB, where the project names none."""
    return PythonPackages(("mysqlclient",) if needs_driver(a) else ())


def chosen_engine(a: Answers) -> Variables:
    """Where a variable of the project decides on the engine, it is told to use MySQL's, which is MariaDB's as well."""
    names = a.found.env_names if a.found else ()
    return Variables({name.name: name.mysql for name in names if name.mysql is not None})


def url(a: Answers) -> str:
    password = a.secret("database_password").reveal()
    return f"mysql://{quote(a[account], '')}:{quote(password, '')}@{HOST}:{PORT}/{quote(a[database], '')}"


def local_only(a: Answers) -> Iterator[Check]:
    yield mariadb_answers()
    yield mariadb_listens_locally()


def one_database(a: Answers) -> Iterator[Check]:
    yield account_has_one_database(a[account], a[database])


@recipe.step("install")
def install(a: Answers) -> Iterator[Operation]:
    yield one_mariadb(packages="mariadb-server")
    yield packages("mariadb-server")
    if needs_driver(a):
        yield packages(*TO_BUILD)


@recipe.step("settings", check=local_only)
def server_settings(a: Answers) -> Iterator[Operation]:
    yield file(CONFIGURATION, recipe.template("wizard.cnf", a), notify=restart("mariadb"))
    yield service("mariadb")


@recipe.step("account")
def site_account(a: Answers) -> Iterator[Operation]:
    yield a.keep("database_password")
    yield mariadb_account(a[account], a.secret("database_password"), database=a[database])


@recipe.step("database", check=one_database)
def site_database(a: Answers) -> Iterator[Operation]:
    yield mariadb_database(a[database], account=a[account])


recipe.output("title", lambda a: "MariaDB")
recipe.output("units", lambda a: ("mariadb.service",))
recipe.output("engine", lambda a: "django.db.backends.mysql")
recipe.output("name", lambda a: a[database])
recipe.output("user", lambda a: a[account])
recipe.output("password", lambda a: a.secret("database_password"))
recipe.output("host", lambda a: HOST)
recipe.output("port", lambda a: PORT)
recipe.output("url", url)
recipe.output("by_variables", lambda a: bool(a.found and a.found.mysql_by_variables))
recipe.output("row_check", lambda a: mariadb_row_written_and_read(a[account], a[database]))
recipe.contribute(PythonPackages, driver)
recipe.contribute(Variables, chosen_engine)
