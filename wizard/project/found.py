"""What a look at a Django project finds: plain frozen data, without a sentence for a person in it.

Must not know how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True)
class DependencyFile:
    """Where the dependencies are named. `packages` are normalised names (PEP 503), as far as they can be known."""

    kind: str  # "uv.lock", "requirements.txt" or "pyproject.toml"
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


@dataclass(frozen=True, init=False)
class Problem:
    """Something a learner must know. `code` names it, `fields` say where and what, in the order given below.

    no_settings · settings_missing(module) · several_settings(chosen, others…) · several_manage_py(chosen, others…)
    cannot_parse(file, line) · not_all_read(limit) · no_wsgi
    secret_key_in_source, secret_key_has_default, debug_true, debug_defaults_to_true, allowed_hosts_in_source (file, line)
    database_in_source(file, line, engine) · no_static_root
    no_dependencies · unsupported_dependencies(file) · no_app_server · no_database_driver · needs_python(version)
    """

    code: str
    fields: tuple[str, ...]

    def __init__(self, code: str, *fields: object) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "fields", tuple(map(str, fields)))


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
    # whether INSTALLED_APPS has it; None where that cannot be told
    has_admin: bool | None = None
    has_auth: bool | None = None
    has_staticfiles: bool | None = None
    pages: tuple[Page, ...] = ()
    pages_complete: bool = False  # every URL pattern was understood: what is not in `pages` is not there

    def page(self, kind: str) -> Page | None:
        """The first page of this kind."""
        return next((page for page in self.pages if page.kind == kind), None)

    def env(self, purpose: str) -> EnvName | None:
        """The first variable with this purpose."""
        return next((name for name in self.env_names if name.purpose == purpose), None)
