"""What a person must know of a project before it goes to a server: Problems, from what was found in its files.

Must not run anything. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from wizard.project import dependencies as deps
from wizard.project.engine import KIND
from wizard.project.found import DependencyFile, EnvName, Problem
from wizard.project.names import literal
from wizard.project.settings import Settings, Value
from wizard.project.source import MAX_ENTRIES, Source
from wizard.project.startup import Startup, app_folders
from wizard.project.versions import admits

APP_SERVERS = {"gunicorn", "uvicorn", "uwsgi", "daphne", "hypercorn", "waitress", "granian"}
DRIVERS = {"psycopg", "psycopg2", "psycopg-binary", "psycopg2-binary", "psycopg-c"}
MYSQL_DRIVERS = {"mysqlclient", "pymysql"}
# The application by its name or by its configuration's, which may be the project's own ("mysite.apps.MyStaticFilesConfig")
STATICFILES = r"django\.contrib\.staticfiles(\.apps\.\w+)?|.*\.\w*StaticFilesConfig"
NEWEST_PYTHON = (3, 13)
# What Python 3.12 and 3.13 read and an older one on this computer does not (PEP 695; PEP 701 for f-strings)
NEWER_SYNTAX = re.compile(r"\s*(type\s+\w+.*=|(async\s+)?def\s+\w+\s*\[|class\s+\w+\s*\[)")
OLDEST_PYTHON = (3, 11)  # of the Debian releases that are set up: 12 has 3.11, 13 has 3.13


# Settings ---------------------------------------------------------------------------------------------------------


def settings_problems(
    settings: Settings,
    env_names: tuple[EnvName, ...],
    engine: str | None,
    *,
    by_variables: bool,
    fixed: tuple[str, ...],
) -> Iterator[Problem]:
    """What must differ on a server. by_variables: the database can be set by variables alone."""
    by_purpose = {name.purpose: name for name in reversed(env_names)}
    for setting, code in (("SECRET_KEY", "secret_key_in_source"), ("DEBUG", "debug_true")):
        value = settings.values.get(setting)
        if value and isinstance(value.main, ast.Constant) and value.main.value not in ("", None, False):
            yield Problem(code, value.path, value.line)
    key = by_purpose.get("secret_key")
    if key and not key.required and "SECRET_KEY" in settings.values and _has_literal(settings, key.name):
        yield Problem("secret_key_has_default", *key.where.rsplit(":", 1))
    debug = by_purpose.get("debug")
    if debug and (debug.default or "").strip().lower() in {"true", "1", "yes", "on"}:
        yield Problem("debug_defaults_to_true", *debug.where.rsplit(":", 1))
    hosts = settings.values.get("ALLOWED_HOSTS")
    if hosts and ("allowed_hosts" not in by_purpose or "ALLOWED_HOSTS" in fixed):
        everybody = "*" in settings.strings("ALLOWED_HOSTS")
        yield Problem("allowed_hosts_open" if everybody else "allowed_hosts_in_source", hosts.path, hosts.line)
    databases = settings.values.get("DATABASES")
    for name in env_names:
        if name.required and name.purpose is None and KIND.fullmatch(name.name):
            yield Problem("database_choice_unclear", *name.where.rsplit(":", 1), name.name)
    if databases and not by_variables:
        yield Problem("database_in_source", databases.path, databases.line, engine or "")
    if settings.text("STATIC_ROOT") is None and settings.has("INSTALLED_APPS", STATICFILES) is not False:
        yield Problem("no_static_root")
    yield from _https_problems(settings)


def _https_problems(settings: Settings) -> Iterator[Problem]:
    """What makes a site useless as long as it has no HTTPS."""
    if redirect := _is_on(settings, "SECURE_SSL_REDIRECT"):
        yield Problem("https_redirect", redirect.path, redirect.line)
    for setting in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if value := _is_on(settings, setting):
            yield Problem("secure_cookies", value.path, value.line, setting)
            return  # either of them keeps people from logging in


def _is_on(settings: Settings, name: str) -> Value | None:
    """The value of a setting that will be true on a server, where DEBUG is off, as far as that can be seen."""
    value = settings.values.get(name)
    if value is None:
        return None
    for _ in range(5):
        node = value.main
        if isinstance(node, ast.Name) and node.id in settings.values and node.id != "DEBUG":
            value = settings.values[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and ast.unparse(node.operand) == "DEBUG":
        return settings.values[name]
    if isinstance(node, ast.Constant):
        return settings.values[name] if node.value is True else None
    # os.environ.get("…", "True") == "True", env.bool("…", default=True)
    defaults = [
        literal(other)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for other in (*call.args[1:], *(word.value for word in call.keywords))
    ]
    return settings.values[name] if "True" in defaults or "true" in defaults else None


def _has_literal(settings: Settings, name: str) -> bool:
    """Whether the call that reads this variable has another text in it, its default."""
    for value in settings.values.values():
        for node in ast.walk(value.main):
            if isinstance(node, ast.Call) and node.args and literal(node.args[0]) == name:
                others = (*node.args[1:], *(word.value for word in node.keywords))
                if any(isinstance(other, ast.Constant) and other.value for other in others):
                    return True
    return False


# Files ------------------------------------------------------------------------------------------------------------


def file_problems(source: Source, startup: Startup, along: GoingAlong) -> Iterator[Problem]:
    """Files that are no Python, and those that Django needs and that are not there, or not on the server."""
    for path, (line, said) in source.broken.items():
        yield _broken(source, path, line, said, needed=path in startup.files)
    for one in startup.imports:
        if one.path is None:
            if one.needed:
                yield Problem("module_missing", one.file, one.line, one.module)
        elif one.path not in along:
            code = "module_left_out" if one.needed else "optional_module_left_out"
            yield Problem(code, one.file, one.line, one.module, one.path)
    if not source.complete:
        yield Problem("not_all_read", MAX_ENTRIES)


def _broken(source: Source, path: str, line: int, said: str, *, needed: bool) -> Problem:
    if not needed:
        return Problem("cannot_parse_aside", path, line, said)
    for number in range(max(1, line - 1), line + 2):
        if source.line(path, number).startswith(("<<<<<<< ", ">>>>>>> ")):
            return Problem("merge_conflict", path, number)
    if sys.version_info < NEWEST_PYTHON and (NEWER_SYNTAX.match(source.line(path, line)) or "f-string" in said):
        return Problem("newer_syntax", path, line)
    if re.search(r"Missing parentheses in call to '(print|exec)|multiple exception types must be paren|`", said):
        return Problem("python2", path, line)
    return Problem("cannot_parse", path, line, said)


class GoingAlong:
    """Which files go to the server. listed: those that git has or would take; None where there is no git, and all do."""

    def __init__(self, listed: Iterable[str] | None) -> None:
        self._known = {name.rstrip("/") for name in listed or ()}

    def __contains__(self, path: str) -> bool:
        """Git names a submodule or a nested repository only as a folder."""
        known = self._known
        return not known or path in known or any(str(parent) in known for parent in PurePosixPath(path).parents)


def migration_problems(
    source: Source, apps: tuple[str, ...], bases: tuple[str, ...], along: GoingAlong
) -> Iterator[Problem]:
    """Apps with models whose tables would not be made."""
    for app, folder in app_folders(source, apps, bases).items():
        models = source.find("models", folder)
        texts = [
            source.text(f) or "" for f in source.files if models and f.startswith(models.removesuffix("__init__.py"))
        ]
        if not any(re.search(r"^class \w+\(.*\bModel\b.*\):", text, re.MULTILINE) for text in texts):
            continue
        made = [f for f in source.files if re.fullmatch(rf"{re.escape(folder)}/migrations/(?!__init__)\w+\.py", f)]
        if not made:
            yield Problem("no_migrations", models, app)
        elif not any(path in along for path in made):
            yield Problem("migrations_left_out", made[0], app)


# Packages ---------------------------------------------------------------------------------------------------------


def dependency_problems(
    source: Source,
    root: str,
    file: DependencyFile | None,
    packages: deps.Packages,
    python: str | None,
    *,
    mysql: bool = False,
) -> Iterator[Problem]:
    if file is None:
        for path in deps.unsupported(source, root):
            yield Problem("unsupported_dependencies", path)
        yield Problem("no_dependencies")
    else:
        if not APP_SERVERS & set(file.packages):
            yield Problem("no_app_server")
        if mysql and not MYSQL_DRIVERS & set(file.packages):
            yield Problem("no_mysql_driver", "mysqlclient")
        if not mysql and not DRIVERS & set(file.packages):
            yield Problem("no_database_driver", deps.driver(packages.specifiers.get("django")))
    if deps.too_old(django := packages.specifiers.get("django")):
        yield Problem("django_too_old", django)
    if python and not admits(python, OLDEST_PYTHON):
        wanted = next((m for m in range(6, 40) if admits(python, (3, m))), None)
        yield Problem("needs_python", f"3.{wanted}" if wanted else python)
