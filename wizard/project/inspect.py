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
from wizard.project import git, judge
from wizard.project.found import DependencyFile, EnvName, Found, Page, Problem
from wizard.project.names import literal
from wizard.project.settings import Settings
from wizard.project.source import Source, dotted
from wizard.project.startup import Startup, app_files
from wizard.project.urls import UrlPatterns

__all__ = ["DependencyFile", "EnvName", "Found", "Page", "Problem", "inspect"]

# An application by its name or by its configuration's, which may be the project's own ("mysite.apps.MyAdminConfig")
ADMIN, AUTH, STATICFILES = (
    rf"django\.contrib\.{name}(\.apps\.\w+)?|.*\.\w*{config}"
    for name, config in (("admin", "AdminConfig"), ("auth", "AuthConfig"), ("staticfiles", "StaticFilesConfig"))
)
DEVELOPMENT = re.compile(r"dev|develop(ment)?|local|tests?|testing|ci|debug|docker_?dev|docs?|example|template", re.I)
PRODUCTION = re.compile(r"prod|production|live|deploy(ment)?", re.I)
ASIDE = {"tests", "test", "testing", "docs", "doc", "examples", "example", "demo", "sandbox"}


def inspect(folder: Path, *, subdirectory: str | None = None, settings_module: str | None = None) -> Found:
    """What is in this folder. Odd projects give Problems; UsageError only where there is no Django project at all.

    subdirectory: where manage.py is, and settings_module: what the site runs with, where a person has said so.
    """
    if not folder.is_dir():
        raise UsageError(f"cannot look at {folder}: it is not a folder", hint="give the project's own folder")
    source = Source(folder)
    chosen = posixpath.normpath(subdirectory) if subdirectory else ""
    inside = "" if chosen == "." else f"{chosen}/"
    if chosen and any(f.startswith(inside) and f.endswith("manage.py") for f in source.files):
        return _Look(source, chosen, [], settings_module).found()
    return _Look(source, *_root(source, folder), settings_module).found()


def _root(source: Source, folder: Path) -> tuple[str, list[Problem]]:
    """The folder that Django's imports start from: manage.py's, or else the one above wsgi.py's package."""
    manage = [f for f in source.files if posixpath.basename(f) == "manage.py" and "django" in _lower(source, f)]
    manage.sort(key=_depth)
    if manage:
        near = [f for f in manage if _depth(f)[:2] == _depth(manage[0])[:2]]
        problems = [Problem("several_manage_py", *near)] if len(near) > 1 else []
        return posixpath.dirname(manage[0]) or ".", problems
    for name, mark in (
        ("wsgi.py", "get_wsgi_application"),
        ("asgi.py", "get_asgi_application"),
        ("settings.py", "INSTALLED_APPS"),
    ):
        entries = [f for f in source.files if posixpath.basename(f) == name and mark in (source.text(f) or "")]
        if entries:
            package = posixpath.dirname(min(entries, key=_depth))
            while posixpath.join(package, "__init__.py") in source and package:
                package = posixpath.dirname(package)
            return package or ".", []
    raise UsageError(
        f"cannot find a Django project in {folder}",
        details="looked for manage.py, wsgi.py, asgi.py and settings.py, also in the folders below",
        hint="give the folder that has manage.py in it, or the one above",
    )


def _lower(source: Source, path: str) -> str:
    return (source.text(path) or "").lower()


def _depth(path: str) -> tuple[bool, int, str]:
    parts = path.split("/")
    return bool(ASIDE & set(parts[:-1]) or "{{" in path), len(parts), path


class _Look:
    """One look at one project."""

    def __init__(self, source: Source, root: str, problems: list[Problem], module: str | None = None) -> None:
        self.source = source
        self.chosen = module
        self.root = root
        self.problems = problems
        self.bases = tuple(posixpath.normpath(base) for base in (root, posixpath.join(root, "src"), "."))

    def found(self) -> Found:
        module, candidates = self._settings_module()
        path = self.source.find(module, *self.bases) if module else None
        settings = Settings(self.source, path, self.bases) if path else None
        urls = UrlPatterns(self.source, settings, module or "", self.bases) if settings else None
        apps = settings.strings("INSTALLED_APPS") if settings else ()
        wsgi, asgi = (self._entry(settings, kind) for kind in ("wsgi", "asgi"))
        file, packages = deps.dependency_file(self.source, self.root)
        django = packages.specifiers.get("django")
        env_names = settings.env_names() if settings else ()
        python = deps.requires_python(self.source, self.root, django)
        engine = _engine(settings, env_names) if settings else None
        startup = Startup(self.source, self.root, self.bases, self._first(settings, urls, apps, wsgi, asgi))
        if settings and path not in self.source.broken:
            self.problems += judge.settings_problems(settings, env_names, engine)
        if wsgi is None and not set(self._below("wsgi.py")) & set(self.source.broken):
            file_of = self.source.find(asgi.partition(":")[0], *self.bases) if asgi else None
            self._problem(*(("asgi_only", file_of) if file_of else ("no_wsgi",)))
        self.problems += judge.dependency_problems(self.source, self.root, file, packages, python)
        listed = git.listed(self.source.top)
        self.problems += judge.file_problems(self.source, startup, listed)
        if settings and "MIGRATION_MODULES" not in settings.values:
            self.problems += judge.migration_problems(self.source, apps, self.bases, listed)
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
            has_app_server=bool(judge.APP_SERVERS & set(packages.specifiers)),
            has_database_driver=bool(judge.DRIVERS & set(packages.specifiers)),
            problems=tuple(dict.fromkeys(self.problems)),
            has_admin=settings.has("INSTALLED_APPS", ADMIN) if settings else None,
            has_auth=settings.has("INSTALLED_APPS", AUTH) if settings else None,
            has_staticfiles=settings.has("INSTALLED_APPS", STATICFILES) if settings else None,
            pages=urls.pages if urls else (),
            pages_complete=bool(urls and urls.complete),
        )

    def _first(
        self, settings: Settings | None, urls: UrlPatterns | None, apps: tuple[str, ...], *entries: str | None
    ) -> Iterator[str]:
        """The files that Django reads by itself when it starts; imports lead to the others."""
        yield posixpath.normpath(posixpath.join(self.root, "manage.py"))
        yield from self._below("wsgi.py")[:1]
        for entry in entries:
            if entry and (path := self.source.find(entry.partition(":")[0], *self.bases)):
                yield path
        yield from settings.files if settings else ()
        yield from urls.files if urls else ()
        yield from app_files(self.source, apps, self.bases)

    def _problem(self, code: str, *fields: object) -> None:
        self.problems.append(Problem(code, *fields))

    # Settings module ----------------------------------------------------------------------------------------------

    def _settings_module(self) -> tuple[str | None, tuple[str, ...]]:
        """The module to run the site with: what wsgi.py names, unless that is for development; all others too."""
        named: list[str] = []
        for name in ("wsgi.py", "asgi.py", "manage.py"):
            for path in self._below(name)[:1]:
                named += _modules_named(self.source.module(path))
        existing = [module for module in dict.fromkeys(named) if self.source.find(module, *self.bases)]
        for module in dict.fromkeys(named):
            if module not in existing:
                self._problem("settings_missing", module)
        candidates = tuple(dict.fromkeys([*existing, *self._alike({module.partition(".")[0] for module in existing})]))
        if not candidates:
            self._problem("no_settings")
            return (named[0] if named else None), ()
        if self.chosen and self.source.find(self.chosen, *self.bases):
            return self.chosen, tuple(dict.fromkeys([self.chosen, *candidates]))
        order = sorted(candidates, key=lambda module: (_rank(module, existing), candidates.index(module)))
        if len(order) > 1:
            self._problem("several_settings", *order)
        return order[0], tuple(order)

    def _below(self, name: str) -> list[str]:
        inside = "" if self.root == "." else self.root + "/"
        paths = [f for f in self.source.files if posixpath.basename(f) == name and f.startswith(inside)]
        return sorted(paths, key=_depth)

    def _alike(self, own: set[str]) -> list[str]:
        """Modules that look like settings: settings.py, settings/*.py, settings_*.py; an example's only if our own."""
        found = []
        for path in self.source.files:
            folder, name = posixpath.split(path)
            in_package = posixpath.basename(folder) == "settings" and name.endswith(".py")
            alone = re.fullmatch(r"(.*_)?settings(_.*)?\.py", name)
            text = self.source.text(path) or ""
            if (in_package or alone) and re.search(r"INSTALLED_APPS|import \*|DATABASES|include\(", text):
                base = next((b for b in self.bases if b == "." or path.startswith(b + "/")), ".")
                module = dotted(path, base)
                ours = not _depth(path)[0] or module.partition(".")[0] in own
                if ours and re.fullmatch(r"\w+(\.\w+)*", module):
                    found.append(module)
        return found

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


def _modules_named(tree: ast.Module | None) -> list[str]:
    """The texts that stand next to DJANGO_SETTINGS_MODULE in a call or an assignment."""
    found: list[str | None] = []
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and node.args and literal(node.args[0]) == "DJANGO_SETTINGS_MODULE":
            found += [literal(value) for value in (*node.args[1:], *(word.value for word in node.keywords))]
        elif isinstance(node, ast.Assign) and "'DJANGO_SETTINGS_MODULE'" in ast.unparse(node.targets[0]):
            found.append(literal(node.value))
    return [module for module in found if module and re.fullmatch(r"\w+(\.\w+)*", module)]


def _rank(module: str, named: list[str]) -> int:
    """0 is best: named and not for development, then production's by name, then any other, then development's."""
    last = module.rpartition(".")[2]
    words = set(last.split("_"))
    if any(DEVELOPMENT.fullmatch(word) for word in words):
        return 5 if module in named else 6
    if module in named and named.index(module) == 0:
        return 0
    if any(PRODUCTION.fullmatch(word) for word in words):
        return 1
    if module in named:
        return 2
    return 4 if words & {"base", "common", "defaults", "shared"} else 3


def _target(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _engine(settings: Settings, env_names: tuple[EnvName, ...]) -> str | None:
    """The database backend, from DATABASES or from the default URL."""
    databases = settings.values.get("DATABASES")
    for part in databases.parts if databases else ():
        for node in ast.walk(part):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    text = literal(value)
                    if literal(key) == "ENGINE" and text:
                        return text
    by_purpose = {name.purpose: name.default for name in reversed(env_names)}
    if by_purpose.get("database_engine"):
        return by_purpose["database_engine"]
    scheme = (by_purpose.get("database_url") or "").partition(":")[0]
    return {"sqlite": "django.db.backends.sqlite3"}.get(scheme) or (
        "django.db.backends.postgresql" if scheme.startswith("postgres") else None
    )
