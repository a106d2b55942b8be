"""What a look at a Django project finds: plain frozen data, without a sentence for a person in it.

Must not know how it was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The purposes of variables that the set-up itself gives a value to
PROVIDED = frozenset({
    "secret_key", "debug", "allowed_hosts", "csrf", "static_root", "media_root",
    "database_url", "database_name", "database_user", "database_password", "database_host", "database_port",
    "database_engine", "environment",
})  # fmt: skip


@dataclass(frozen=True)
class EnvName:
    """One environment variable that the settings read.

    required: the settings fail without it (where `when` holds). default: its text where it is a literal, but never
    one that looks like a secret. kind: how the text is used: "text", "bool" (compared with words like True), "truthy"
    (any text but the empty one means yes), "int", "list" (split at `separator`), "url", "json".
    when: the conditions around the read, as Python text; None where it is always read. secret: what a person gives for it
    is hidden, masked, and kept nowhere in clear.
    """

    name: str
    required: bool
    default: str | None
    where: str  # file:line, relative to the source's top
    purpose: str | None = None
    kind: str = "text"
    separator: str = ","
    when: str | None = None
    secret: bool = False
    postgres: str | None = None  # the text that makes the project use PostgreSQL, where this variable decides on that
    production: str | None = (
        None  # the text that chooses the settings of production, where this variable decides on that
    )
    mysql: str | None = None  # the same for MySQL and MariaDB
    role: str = ""  # the role whose recipe gives it a value, where one that is not in PROVIDED has one

    @property
    def is_open(self) -> bool:
        """Whether no recipe gives it a value: the person must, or may."""
        return self.purpose not in PROVIDED and not self.role


@dataclass(frozen=True)
class RedisVariable:
    """A variable that says where Redis is. part: "url", "address" (host:port), "host", "port", "password" or "database".

    scheme and database: of an address, as the project's default has them; database "" where it names none.
    """

    name: str
    part: str
    scheme: str = "redis"
    database: str = ""


@dataclass(frozen=True)
class Redis:
    """How the project gets at Redis, so far as the set-up can decide on that."""

    variables: tuple[RedisVariable, ...]
    written: str | None = None  # file:line where its address stands in the code: no password can be asked for
    package: str | None = None  # the requirement for Redis's Python client, where the project names none


@dataclass(frozen=True)
class Celery:
    """The project's Celery app: its tasks are worked off by a program of its own."""

    app: str  # as `celery --app` takes it: "config.celery:app"
    where: str  # file:line
    broker: str | None  # "redis", another scheme, or None where the files do not tell
    beat: str = ""  # how the schedule is kept: "file", "database" (django_celery_beat), or "" for no schedule


@dataclass(frozen=True)
class DependencyFile:
    """Where the dependencies are named. `packages` are normalised names (PEP 503), as far as they can be known."""

    kind: str  # "uv.lock", "Pipfile.lock", "requirements.txt", "pyproject.toml", "Pipfile" or "setup.cfg"
    path: str  # relative to the source's top
    reason: str  # "locked", "production", "only", "first": why this one was taken
    packages: tuple[str, ...]
    others: tuple[str, ...] = ()  # other files that name dependencies too


@dataclass(frozen=True)
class Page:
    """An address of the site, without parameters. kind: "front" (`/`), "admin", "login", or "page" for any other."""

    address: str  # with a slash in front: "/", "/admin/"
    kind: str
    where: str  # file:line, relative to the source's top


PLACE = ("file", "line")
# Each code of a Problem, and what its fields are, in this order. `…` stands for any number of others.
FIELDS: dict[str, tuple[str, ...]] = {
    # the settings module
    "no_settings": (),
    "settings_missing": ("module",),
    "several_settings": ("chosen", "…"),
    "several_manage_py": ("chosen", "…"),
    "wsgi_sets_settings": (*PLACE, "module"),
    "manage_sets_settings": (*PLACE, "module"),
    # what keeps Django from starting
    "cannot_parse": (*PLACE, "reason"),
    "cannot_parse_aside": (*PLACE, "reason"),
    "python2": PLACE,
    "newer_syntax": PLACE,
    "merge_conflict": PLACE,
    "module_left_out": (*PLACE, "module", "left_out"),
    "module_missing": (*PLACE, "module"),
    "optional_module_left_out": (*PLACE, "module", "left_out"),
    "migrations_left_out": ("file", "app"),
    "no_migrations": ("file", "app"),
    "template_placeholders": ("file",),
    "folder_name": ("folder",),
    "not_all_read": ("limit",),
    "no_wsgi": (),
    "asgi_only": ("file",),
    "makes_folder": (*PLACE, "folder"),
    "log_file_in_project": (*PLACE, "path"),
    # what must differ on a server
    "secret_key_in_source": PLACE,
    "secret_key_has_default": PLACE,
    "debug_true": PLACE,
    "debug_defaults_to_true": PLACE,
    "allowed_hosts_in_source": PLACE,
    "allowed_hosts_open": PLACE,
    "database_in_source": (*PLACE, "engine"),
    "database_choice_unclear": (*PLACE, "variable"),
    "database_content_stays": ("file",),
    "database_content_comes": ("file",),
    "secure_cookies": (*PLACE, "setting"),
    "https_redirect": PLACE,
    "no_static_root": (),
    "static_root_tracked": (*PLACE, "folder"),
    # packages
    "no_dependencies": (),
    "unsupported_dependencies": ("file",),
    "no_app_server": (),
    "no_database_driver": ("package",),
    "no_mysql_driver": ("package",),
    "old_app_server": ("package", "version"),
    "old_package": ("package", "version", "pythons"),
    "replaced_package": ("package", "python", "instead"),
    "django_too_old": ("version",),
    "needs_python": ("version",),
    "python_of_server": ("wanted", "found"),
    "needs_worker": ("package",),
    "uses_celery": (*PLACE, "app"),
    "uses_celery_beat": (*PLACE, "app"),
    "needs_broker": (*PLACE, "scheme"),
    "uses_redis": (*PLACE, "setting"),
    "redis_without_password": (*PLACE, "setting"),
    "needs_redis": (*PLACE, "setting", "host"),
    "needs_build": ("file", "command"),
}
# With these Django cannot start, or its pages cannot work, whatever is answered: nothing on a server is begun.
STOPS = frozenset({
    "cannot_parse", "python2", "merge_conflict", "module_left_out", "module_missing", "migrations_left_out",
    "template_placeholders", "folder_name", "django_too_old",
})  # fmt: skip
# A person is shown these and asked; where nobody can be asked, one of these answers (recipe, question) must be given.
ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "no_wsgi": (("project", "wsgi"),),
    "no_settings": (("project", "settings_module"),),
    "several_manage_py": (("project", "subdirectory"),),
    "unsupported_dependencies": (("virtualenv", "requirements"), ("virtualenv", "extra_packages")),
}


@dataclass(frozen=True, init=False)
class Problem:
    """Something a learner must know. `code` names it, `fields` say where and what, in the order that FIELDS gives."""

    code: str
    fields: tuple[str, ...]

    def __init__(self, code: str, *fields: object) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "fields", tuple(map(str, fields)))

    @property
    def named(self) -> dict[str, str | list[str]]:
        """The fields by their names."""
        names = FIELDS.get(self.code, ())
        result: dict[str, str | list[str]] = dict(zip(names, self.fields, strict=False))
        if names[-1:] == ("…",):
            result.pop("…", None)
            result["others"] = list(self.fields[len(names) - 1 :])
        return result

    @property
    def file(self) -> str | None:
        """Relative to the source's top."""
        return str(self.named["file"]) if "file" in self.named else None

    @property
    def line(self) -> int | None:
        line = str(self.named.get("line", ""))
        return int(line) if line.isdecimal() else None

    @property
    def stops(self) -> bool:
        """Whether nothing can be begun with this project."""
        return self.code in STOPS

    def to_json(self) -> dict[str, object]:
        fields = {name: value for name, value in self.named.items() if name not in PLACE}
        return {"code": self.code, "file": self.file, "line": self.line, "fields": fields, "stops": self.stops}


def is_mysql(engine: str | None) -> bool:
    """Whether this is a backend of Django's for MySQL and MariaDB: its own, or one that is made of it."""
    return (engine or "").rpartition(".")[2] == "mysql"


@dataclass(frozen=True)
class Found:
    """A Django project as its files show it. Paths are relative to the source's top; None means: not found."""

    root: str  # the folder of manage.py, "." at the top
    settings_module: str | None
    settings_candidates: tuple[str, ...]
    wsgi: str | None  # as gunicorn wants it: "config.wsgi:application"
    asgi: str | None
    dependencies: DependencyFile | None
    requires_python: str | None  # a version specifier
    django: str | None  # a version specifier; "" where Django is named without one
    env_names: tuple[EnvName, ...]
    static_root: str | None  # this and the next three: the literal, or else the expression's text
    static_url: str | None
    media_root: str | None
    media_url: str | None
    apps: tuple[str, ...]
    databases_engine: str | None
    native_packages: tuple[str, ...]  # Debian packages that the dependencies need to be built or to run
    has_app_server: bool
    has_database_driver: bool  # for PostgreSQL
    problems: tuple[Problem, ...]
    entry_sets_settings: str | None = None  # the settings module that wsgi.py puts in place of whatever was asked for
    manage_sets_settings: str | None = None  # the same of manage.py
    driver: str = "psycopg[binary]"  # the requirement for a driver for PostgreSQL that this Django can use
    python_at_least: tuple[int, int] | None = None  # the oldest Python that the project, or its Django, runs with
    # by Python ("3.11"): requirements in the place of those of which no admitted release works with it
    replacements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # by Python: requirements for what this Python has no more and its Django imports
    additions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    old_django: bool = False  # older than 3.1: it cannot read the time zone of psycopg2 2.9, which newer Pythons need
    old_app_server: bool = False  # gunicorn is pinned to a release that cannot run as a service that is shut in
    fixed: tuple[str, ...] = ()  # settings that are a literal in the end, although a variable is read for them
    database_by_variables: bool = True  # variables alone bring the site to its PostgreSQL database
    mysql_by_variables: bool = False  # the same for MySQL and MariaDB
    has_mysql_driver: bool = False
    # whether INSTALLED_APPS has it; None where that cannot be told
    has_admin: bool | None = None
    has_auth: bool | None = None
    has_staticfiles: bool | None = None
    redis: Redis | None = None
    celery: Celery | None = None
    written: tuple[str, ...] = ()  # folders and files that the code writes beside itself, relative to the source's top
    content: str | None = None  # an SQLite file that git tracks: the site's content, relative to the source's top
    media_folder: str | None = (
        None  # where uploads are kept, relative to the source's top, where that is a folder of it
    )
    pages: tuple[Page, ...] = ()
    pages_complete: bool = False  # every URL pattern was understood: what is not in `pages` is not there

    @property
    def uses_mysql(self) -> bool:
        """Whether its settings are for MySQL or MariaDB."""
        return is_mysql(self.databases_engine)

    @property
    def needs_asgi(self) -> bool:
        """Whether an app server for ASGI is to run it: it has no other entry point, or its packages are for ASGI alone."""
        packages = set(self.dependencies.packages) if self.dependencies else set()
        for_asgi = packages & {"channels", "daphne"} or ("uvicorn" in packages and "gunicorn" not in packages)
        return self.asgi is not None and (self.wsgi is None or bool(for_asgi))

    @property
    def writes_static(self) -> bool:
        """Whether a package of it puts style sheets into STATIC_ROOT while pages are made."""
        packages = set(self.dependencies.packages) if self.dependencies else set()
        return bool(packages & {"django-compressor", "django-sass-processor", "django-static-precompiler"})

    def page(self, kind: str) -> Page | None:
        """The first page of this kind."""
        return next((page for page in self.pages if page.kind == kind), None)

    @property
    def stops(self) -> tuple[Problem, ...]:
        """What keeps this project from ever running as it is."""
        return tuple(problem for problem in self.problems if problem.stops)

    def env(self, purpose: str) -> EnvName | None:
        """The first variable with this purpose."""
        return next((name for name in self.env_names if name.purpose == purpose), None)
