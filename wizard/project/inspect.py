"""Looks at a Django project without running it: where it is, what it reads from the environment, what it needs.

Must not import or run the project, and must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from wizard.errors import UsageError
from wizard.project import dependencies as deps
from wizard.project import entry, git, native, validate
from wizard.project.engine import by_variables, engine_of, with_choice
from wizard.project.entry import depth
from wizard.project.found import DependencyFile, EnvName, Found, Page, Problem, is_mysql
from wizard.project.purposes import SETTINGS
from wizard.project.queues import celery_app, celery_problems
from wizard.project.redis import given, redis_use
from wizard.project.settings import FOLLOWED, Settings
from wizard.project.source import Source, dotted
from wizard.project.stage import with_stage
from wizard.project.startup import Startup, app_files
from wizard.project.urls import UrlPatterns
from wizard.project.validate_server import old_gunicorn, server_problems, written_paths
from wizard.text import text

__all__ = ["DependencyFile", "EnvName", "Found", "Page", "Problem", "inspect"]

# As validate.STATICFILES
ADMIN, AUTH = (
    rf"django\.contrib\.{name}(\.apps\.\w+)?|.*\.\w*{config}"
    for name, config in (("admin", "AdminConfig"), ("auth", "AuthConfig"))
)


def inspect(folder: Path, *, subdirectory: str | None = None, settings_module: str | None = None) -> Found:
    """What is in this folder. Odd projects give Problems; UsageError only where there is no Django project at all.

    subdirectory: where manage.py is, and settings_module: what the site runs with, where a person has said so.
    """
    if not folder.is_dir():
        raise UsageError("project.no_folder", folder=folder)
    source = Source(folder)
    chosen = posixpath.normpath(subdirectory) if subdirectory else ""
    inside = "" if chosen == "." else f"{chosen}/"
    if chosen and any(f.startswith(inside) and f.endswith("manage.py") for f in source.files):
        return _Look(source, chosen, [], settings_module).found()
    return _Look(source, *_root(source, folder), settings_module).found()


class NoSource(UsageError):
    """What was given is neither a folder of this computer nor the address of a git repository."""


def inspect_source(source: str, branch: str = "", **chosen: str | None) -> Found | None:
    """What is in a folder of this computer, or in a git repository; None where this computer cannot get at that one.

    chosen: see `inspect`. NoSource where it is neither.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return inspect(folder, **chosen)
    if "://" in source or "@" in source:
        from wizard.project.clone import cloned

        with cloned(source, branch) as clone:
            return inspect(clone, **chosen) if clone is not None else None
    raise NoSource("project.source_is_file" if folder.exists() else "project.source_missing", source=repr(source))


def _root(source: Source, folder: Path) -> tuple[str, list[Problem]]:
    """The folder that Django's imports start from: manage.py's, or else the one above wsgi.py's package."""
    manage = [f for f in source.files if posixpath.basename(f) == "manage.py" and "django" in _lower(source, f)]
    manage.sort(key=depth)
    if manage:
        near = [f for f in manage if depth(f)[:2] == depth(manage[0])[:2]]
        near.sort(key=lambda f: _signs_of_a_site(source, posixpath.dirname(f)), reverse=True)
        problems = [Problem("several_manage_py", *near)] if len(near) > 1 else []
        return posixpath.dirname(near[0]) or ".", problems
    for name, mark in (
        ("wsgi.py", "get_wsgi_application"),
        ("asgi.py", "get_asgi_application"),
        ("settings.py", "INSTALLED_APPS"),
    ):
        entries = [f for f in source.files if posixpath.basename(f) == name and mark in (source.text(f) or "")]
        if entries:
            package = posixpath.dirname(min(entries, key=depth))
            while posixpath.join(package, "__init__.py") in source and package:
                package = posixpath.dirname(package)
            return package or ".", []
    raise UsageError("project.not_django", folder=folder, details=text("project.looked_for"))


def _signs_of_a_site(source: Source, folder: str) -> int:
    """How much speaks for this folder where several have a manage.py: a list of packages, templates."""
    inside = f"{folder}/" if folder else ""
    lists = any(inside + name in source for name in (*deps.PLAIN, *deps.PRODUCTION, "pyproject.toml", *deps.LISTED))
    templates = any(f.startswith(inside) and "/templates/" in f"/{f}" for f in source.files)
    return 2 * lists + templates


def _lower(source: Source, path: str) -> str:
    return (source.text(path) or "").lower()


class _Look:
    """One look at one project."""

    def __init__(self, source: Source, root: str, problems: list[Problem], module: str | None = None) -> None:
        self.source = source
        self.chosen = module
        self.root = root
        self.problems = problems
        self.bases = tuple(posixpath.normpath(base) for base in (root, posixpath.join(root, "src"), "."))

    def found(self) -> Found:
        entries = {name: self._below(f"{name}.py")[:1] for name in ("wsgi", "asgi", "manage")}
        module, candidates = self._settings_module(entries)
        sets = {name: self._sets_settings(name, path) for name, paths in entries.items() for path in paths}
        path = self.source.find(module, *self.bases) if module else None
        settings = Settings(self.source, path, self.bases) if path else None
        urls = UrlPatterns(self.source, settings, module or "", self.bases) if settings else None
        apps = settings.strings("INSTALLED_APPS") if settings else ()
        wsgi, asgi = (self._entry(settings, kind) for kind in ("wsgi", "asgi"))
        file, packages = deps.dependency_file(self.source, self.root)
        django = packages.specifiers.get("django")
        env_names = with_choice(settings.trees, settings, settings.env_names()) if settings else ()
        env_names = with_stage(settings.trees, env_names) if settings else ()
        celery = celery_app(self.source, settings, self.bases, apps, packages) if settings else None
        redis, services = redis_use(settings, env_names, celery, packages) if settings else (None, [])
        env_names = given(env_names, redis)
        python = deps.requires_python(self.source, self.root, django)
        engine = engine_of(settings, env_names) if settings else None
        by_env = by_variables(settings, env_names) if settings else True
        by_mysql = by_variables(settings, env_names, mysql=True) if settings else False
        fixed = _fixed(settings, env_names) if settings else ()
        if settings and path not in self.source.broken:
            self.problems += validate.settings_problems(
                settings,
                env_names,
                engine,
                by_variables=by_mysql if is_mysql(engine) else by_env,
                fixed=_fixed(settings, env_names),
            )
        if wsgi is None and not set(self._below("wsgi.py")) & set(self.source.broken):
            file_of = self.source.find(asgi.partition(":")[0], *self.bases) if asgi else None
            self._problem(*(("asgi_only", file_of) if file_of else ("no_wsgi",)))
        self.problems += validate.dependency_problems(
            self.source, self.root, file, packages, python, mysql=is_mysql(engine)
        )
        listed, tracked = (git.listed(self.source.top, untracked=untracked) for untracked in (True, False))
        self._judge_files(settings, self._first(settings, urls, apps, wsgi, asgi), apps, listed)
        if settings:
            self.problems += server_problems(
                self.source, self.root, settings, file, packages, engine, listed, celery, tracked
            )
            self.problems += [*celery_problems(celery), *services]
        return Found(
            root=self.root,
            settings_module=module,
            settings_candidates=candidates,
            wsgi=wsgi,
            asgi=asgi,
            dependencies=file,
            requires_python=python,
            django=django,
            env_names=env_names,
            static_root=settings.text("STATIC_ROOT") if settings else None,
            static_url=settings.text("STATIC_URL") if settings else None,
            media_root=settings.text("MEDIA_ROOT") if settings else None,
            media_url=settings.text("MEDIA_URL") if settings else None,
            apps=apps,
            databases_engine=engine,
            native_packages=deps.native_packages(packages, apps),
            has_app_server=bool(validate.APP_SERVERS & set(packages.specifiers)),
            has_database_driver=bool(validate.DRIVERS & set(packages.specifiers)),
            problems=tuple(dict.fromkeys(self.problems)),
            database_by_variables=by_env,
            mysql_by_variables=by_mysql,
            has_mysql_driver=bool(validate.MYSQL_DRIVERS & set(packages.specifiers)),
            python_at_least=deps.python_at_least(self.source, self.root, django),
            replacements={python: native.replacements(packages.specifiers, python) for python in native.PYTHONS},
            additions={python: deps.additions(django, python) for python in native.PYTHONS},
            old_django=deps.old_django(django),
            old_app_server=old_gunicorn(packages),
            fixed=fixed,
            driver=deps.driver(django),
            entry_sets_settings=sets.get("wsgi"),
            manage_sets_settings=sets.get("manage"),
            has_admin=settings.has("INSTALLED_APPS", ADMIN) if settings else None,
            has_auth=settings.has("INSTALLED_APPS", AUTH) if settings else None,
            has_staticfiles=settings.has("INSTALLED_APPS", validate.STATICFILES) if settings else None,
            redis=redis,
            celery=celery,
            written=written_paths(self.source, self.root, self.problems, listed),
            content=next((str(p.named["file"]) for p in self.problems if p.code == "database_content_comes"), None),
            media_folder=self._media_folder(settings),
            pages=urls.pages if urls else (),
            pages_complete=bool(urls and urls.complete),
        )

    def _judge_files(
        self, settings: Settings | None, first: Iterator[str], apps: tuple[str, ...], listed: list[str] | None
    ) -> None:
        if "{{" in self.root:
            self._problem("template_placeholders", self.root)
        elif not re.fullmatch(r"[\w./-]+", self.root):
            self._problem("folder_name", self.root)
        along = validate.GoingAlong(listed)
        startup = Startup(self.source, self.root, self.bases, first)
        self.problems += validate.file_problems(self.source, startup, along)
        if settings and "MIGRATION_MODULES" not in settings.values:
            self.problems += validate.migration_problems(self.source, apps, self.bases, along)

    def _settings_module(self, entries: dict[str, list[str]]) -> tuple[str | None, tuple[str, ...]]:
        found = entry.candidates(self.source, self.bases, [path for paths in entries.values() for path in paths])
        for module in found.missing:
            self._problem("settings_missing", module)
        if not found.order:
            self._problem("no_settings")
        if self.chosen and self.source.find(self.chosen, *self.bases):
            return self.chosen, tuple(dict.fromkeys([self.chosen, *found.order]))
        if len(found.order) > 1:
            self._problem("several_settings", *found.order)
        return found.chosen, found.order

    def _sets_settings(self, name: str, path: str) -> str | None:
        """The settings module that an entry point puts in place of whatever was asked for."""
        assigned = entry.assigned(self.source.module(path))
        if assigned is None:
            return None
        if name != "asgi":
            self._problem(f"{name}_sets_settings", path, assigned.line, assigned.module)
        return assigned.module

    def _media_folder(self, settings: Settings | None) -> str | None:
        text = (settings.text("MEDIA_ROOT") if settings else None) or ""
        # `BASE_DIR / "media"`, `os.path.join(BASE_DIR, "media")`, or such a default of a variable
        quoted = re.findall(r"'([^']*)'", text)
        name = (quoted[-1] if quoted else text).strip("/")
        path = posixpath.normpath(posixpath.join(self.root, name))
        return (
            path if name and path != "." and not path.startswith("..") and (self.source.top / path).is_dir() else None
        )

    def _below(self, name: str) -> list[str]:
        inside = "" if self.root == "." else self.root + "/"
        paths = [f for f in self.source.files if posixpath.basename(f) == name and f.startswith(inside)]
        return sorted(paths, key=depth)

    def _first(
        self, settings: Settings | None, urls: UrlPatterns | None, apps: tuple[str, ...], *entries: str | None
    ) -> Iterator[str]:
        """The files that Django reads by itself when it starts; imports lead to the others."""
        yield posixpath.normpath(posixpath.join(self.root, "manage.py"))
        yield from self._below("wsgi.py")[:1]
        for name in entries:
            if name and (path := self.source.find(name.partition(":")[0], *self.bases)):
                yield path
        yield from settings.files if settings else ()
        yield from urls.files if urls else ()
        yield from app_files(self.source, apps, self.bases)

    def _problem(self, code: str, *fields: object) -> None:
        self.problems.append(Problem(code, *fields))

    # WSGI and ASGI ------------------------------------------------------------------------------------------------

    def _entry(self, settings: Settings | None, kind: str) -> str | None:
        """`module:name` of the application."""
        setting = (settings.text(f"{kind.upper()}_APPLICATION") if settings else None) or ""
        module, _, name = setting.partition(":") if ":" in setting else setting.rpartition(".")
        if re.fullmatch(r"[\w.]+", module) and self.source.find(module, *self.bases):
            return f"{module}:{name}"
        for path in self._below(f"{kind}.py"):
            if f"get_{kind}_application" in (self.source.text(path) or "") and (tree := self.source.module(path)):
                names = [_target(node) for node in tree.body if isinstance(node, ast.Assign)]
                name = next((n for n in ("application", "app") if n in names), "")
                base = next((b for b in self.bases if b == "." or path.startswith(b + "/")), ".")
                if name:
                    return f"{dotted(path, base)}:{name}"
        return None


def _target(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _fixed(settings: Settings, env_names: tuple[EnvName, ...]) -> tuple[str, ...]:
    found = []
    for setting in FOLLOWED:
        reads = [name for name in env_names if name.purpose == SETTINGS[setting]]
        if reads and settings.fixed(setting, reads):
            found.append(setting)
    return tuple(found)
