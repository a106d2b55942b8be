"""PostgreSQL with one role and one database for the site, reachable from this server only."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check
from wizard.checks.postgres import (
    answers,
    database_belongs_to,
    listens_locally,
    network_logins_need_scram,
    role_may_only_log_in,
)
from wizard.operations.apt import packages
from wizard.operations.base import Operation
from wizard.operations.claims_postgres import one_postgres
from wizard.operations.postgres import database as database_of
from wizard.operations.postgres import role as role_with
from wizard.operations.postgres_cluster import cluster, settings
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("postgres", __file__, needs=["hardening"])


def underscored(a: Answers) -> str:
    return str(a.project.name).replace("-", "_")


def reserved(name: str) -> str | None:
    taken = name.startswith("pg_") or name in ("postgres", "template0", "template1", "public", "none")
    return "must not be a name that PostgreSQL keeps for itself" if taken else None


NAME = r"[a-z_][a-z0-9_]{0,62}"
database = recipe.ask(Question("database", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))
role = recipe.ask(Question("role", str, underscored, pattern=NAME, valid=reserved, example="guestbook"))


def answers_queries(a: Answers) -> Iterator[Check]:
    yield answers()


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
