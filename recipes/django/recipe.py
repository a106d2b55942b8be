"""The database's tables, the static files, the first superuser, and what Django itself says about the settings."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Account,
    Answers,
    Check,
    Operation,
    OutsideChecks,
    Question,
    Recipe,
    Secret,
    Vantage,
    addresses,
    admin_logs_in,
    content,
    migrations,
    no_migration_left,
    on_server,
    static_files,
    superuser,
)

recipe = Recipe("django", needs=["env_vars"])


def first_name(a: Answers) -> str:
    """Nobody needs an account for the admin of a project that has none."""
    return "" if a.found is not None and False in (a.found.has_admin, a.found.has_auth) else "admin"


superuser_name = recipe.ask(
    Question("superuser", str, first_name, optional=True, pattern=r"[\w.@+-]{1,150}", example="admin")
)
superuser_email = recipe.ask(
    Question(
        "superuser_email", str, lambda a: f"{a[superuser_name] or 'admin'}@example.org",
        optional=True, pattern=r"[^@\s]+@[^@\s]+", example="you@example.org",
    )
)  # fmt: skip
superuser_password = recipe.ask(Question("superuser_password", Secret, optional=True))


def has_static_files(a: Answers) -> bool:
    return a.found is None or a.found.has_staticfiles is not False


def all_applied(a: Answers) -> Iterator[Check]:
    yield on_server(
        recipe.text("applied"),
        f"{no_migration_left(a.site.manage_next)} && say django/all_applied",
        wanted=recipe.text("all_applied"),
        set_in=recipe.text("applied_by"),
    )


def files_are_there(a: Answers) -> Iterator[Check]:
    static = a.site.static
    yield on_server(
        recipe.text("static"),
        f"{a.site.manage_next} help collectstatic >/dev/null 2>&1 || {{ say django/static_none; exit 0; }}\n"
        f'n=$(runuser -u nobody -- find {static} -type f -readable | wc -l) && [ $n -gt 0 ] && say django/static_files n="$n"',
        wanted=recipe.text("static_wanted"),
        set_in=recipe.text("static_set_in", folder=static),
    )


def deploy_check(a: Answers) -> Iterator[Check]:
    # warnings do not fail: most of them are about HTTPS, which comes later; the guide explains each
    yield on_server(
        "manage.py check --deploy",
        f'said=$({a.site.manage_next} check --deploy 2>&1); ended=$?; echo "$said"; '
        "n=$(echo \"$said\" | grep -c '^?:\\|^[^ ]*: ('); "
        "codes=$(echo \"$said\" | grep -o '[a-z_]*\\.[WE][0-9]\\{3\\}' | sort -u | tr '\\n' ' '); "
        'say django/remarks n="$n" codes="$codes"; [ $ended = 0 ]',
    )


@recipe.step("migrate", check=all_applied)
def migrate(a: Answers) -> Iterator[Operation]:
    database = a.database
    yield migrations(a.site.name, database=database.name, engine=database.engine, account=database.user)


@recipe.step("content", when=lambda a: bool(a.project.content))
def content_of_project(a: Answers) -> Iterator[Operation]:
    database = a.database
    yield content(a.site.name, a.project.content, database=database.name, engine=database.engine, account=database.user)


@recipe.step("collectstatic", check=files_are_there, when=has_static_files)
def collectstatic(a: Answers) -> Iterator[Operation]:
    yield static_files(a.site.name, a.site.static)


@recipe.step("superuser", when=lambda a: bool(a[superuser_name]))
def first_superuser(a: Answers) -> Iterator[Operation]:
    password = a[superuser_password]
    if not password:
        yield a.keep("superuser_password")
        password = a.secret("superuser_password")
    database = a.database
    yield superuser(
        a.site.name, a[superuser_name], a[superuser_email], password,
        database=database.name, engine=database.engine, account=database.user,
    )  # fmt: skip


@recipe.step("deploy_check", check=deploy_check, again=True)
def settings_check(a: Answers) -> Iterator[Operation]:
    yield from ()


def admin_password(a: Answers) -> Secret:
    return a[superuser_password] or a.secret("superuser_password")


def admin_page(a: Answers) -> str:
    found = a.found.page("admin") if a.found is not None else None
    return found.address if found else "/admin/"


def login_of_superuser(a: Answers) -> OutsideChecks:
    if not a[superuser_name]:
        return OutsideChecks()

    def where_admin_is(vantage: Vantage) -> str | None:
        said = addresses(vantage, a.site.manage).get("admin", [""])[-1]
        return {"none": "", "": None}.get(said, said)

    account = Account(a[superuser_name], a[superuser_email], admin_password(a))
    return OutsideChecks(
        (admin_logs_in(a.project.domain, admin_page(a), where_admin_is, manage=a.site.manage, account=account),)
    )


def where_it_is(a: Answers) -> str:
    return "" if a[superuser_password] else "sudo cat /var/lib/wizard/secrets/superuser_password"


def admin(a: Answers) -> str:
    return (
        recipe.text(
            "admin_page", address=a.web_server.address.removesuffix("/") + admin_page(a), user=a[superuser_name]
        )
        if a[superuser_name]
        else ""
    )


recipe.output("admin", admin, afterwards=True)
recipe.output("admin_password", lambda a: admin_password(a) if a[superuser_name] else "", afterwards=True)
recipe.output("where_the_password_is", lambda a: where_it_is(a) if a[superuser_name] else "", afterwards=True)
recipe.output("manage", lambda a: f"sudo {a.site.manage} help", afterwards=True)
recipe.contribute(OutsideChecks, login_of_superuser)
