"""What of a project needs more than this set-up gives, or does what a server forbids: Problems, from its files.

Must not run anything. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import copy
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from wizard.project import dependencies as deps
from wizard.project import native
from wizard.project.found import Celery, DependencyFile, Problem
from wizard.project.names import literal, path_of
from wizard.project.settings import Settings
from wizard.project.source import Source
from wizard.project.versions import admits, pinned

WORKERS: tuple[str, ...] = ("celery", "django-rq", "rq", "huey", "dramatiq", "django-dramatiq", "django-q", "django-q2")
WORKERS += ("procrastinate", "django-background-tasks", "apscheduler", "django-apscheduler", "django-cron")
FIRST_GUNICORN = 22  # older ones call setuid() in every worker, which the service may not
KEPT = re.compile(
    r"/(\.[^/]*|README[^/]*)$|\.(log|txt)$", re.I
)  # what keeps an empty folder in git, and logs themselves
OWN_FOLDER = re.compile(r"\b\w*(BASE|ROOT|PROJECT|APP|HERE)\w*(_DIR|_PATH|_ROOT|DIR)?\b")


def server_problems(
    source: Source, root: str, settings: Settings, file: DependencyFile | None, packages: deps.Packages, engine: str | None,
    listed: list[str] | None, celery: Celery | None, tracked: list[str] | None,
) -> Iterator[Problem]:  # fmt: skip
    """listed: the files that git has or would take; None where there is no git. tracked: those that git has.

    celery: the app that a worker is set up for."""
    yield from _packages(file, packages, celery)
    yield from _written_beside_the_code(source, root, settings, listed)
    yield from _content(source, engine, tracked)
    yield from _static_root(source, root, settings, listed)
    yield from _build(source, root)


def _packages(file: DependencyFile | None, packages: deps.Packages, celery: Celery | None) -> Iterator[Problem]:
    if file is None:
        return
    for name in WORKERS:
        if name in packages.specifiers and not (name == "celery" and celery is not None):
            yield Problem("needs_worker", name)
            break
    gunicorn = packages.specifiers.get("gunicorn", "")
    if old_gunicorn(packages):
        yield Problem("old_app_server", "gunicorn", gunicorn)
    for name, specifier in packages.specifiers.items():
        version = pinned(specifier)
        replaced = {python: native.replacements({name: specifier}, python) for python in native.PYTHONS}
        for python, instead in replaced.items():
            for one in instead:
                yield Problem("replaced_package", f"{name}{specifier}", python, one)
        pythons = [python for python in native.compiled_for(name, specifier) if not replaced[python]]
        if version and pythons:
            yield Problem("old_package", name, ".".join(map(str, version)), ", ".join(pythons))


def old_gunicorn(packages: deps.Packages) -> bool:
    specifier = packages.specifiers.get("gunicorn")
    newer = ((major, minor) for major in range(FIRST_GUNICORN, 40) for minor in range(6))
    return bool(specifier) and not any(admits(specifier or "", version) for version in newer)


# What a server forbids ---------------------------------------------------------------------------------------------


def _written_beside_the_code(
    source: Source, root: str, settings: Settings, listed: list[str] | None
) -> Iterator[Problem]:
    """Folders that the settings make, and log files that they open, in a release: the site may only read there."""
    for path in settings.files:
        tree = source.module(path)
        for call in _calls_at_import(tree) if tree else ():
            folder = _made_folder(call, settings)
            if folder and not _is_there(source, root, folder, listed):
                yield Problem("makes_folder", path, call.lineno, folder)
    logging = settings.values.get("LOGGING")
    for part in logging.parts if logging else ():
        for inner in ast.walk(part):
            if isinstance(inner, ast.Dict):
                entries = {literal(key): value for key, value in zip(inner.keys, inner.values, strict=True)}
                written = entries.get("filename")
                if logging and written is not None and (inside := _inside(written, settings)):
                    yield Problem("log_file_in_project", logging.path, written.lineno, inside)


def written_paths(source: Source, root: str, problems: Iterable[Problem], listed: list[str] | None) -> tuple[str, ...]:
    """What these problems say that the code writes beside itself, relative to the source's top: folders, and where a folder
    holds code as well, the file alone."""
    found = []
    for problem in problems:
        if problem.code == "makes_folder":
            found.append(str(problem.named["folder"]))
        elif problem.code == "log_file_in_project":
            path = str(problem.named["path"])
            folder = posixpath.dirname(path)
            found.append(folder if folder and not _is_there(source, root, folder, listed, kept=KEPT) else path)
    paths = {posixpath.normpath(posixpath.join(root, path)) for path in found}
    return tuple(sorted(path for path in paths if not paths & {str(p) for p in PurePosixPath(path).parents}))


def _calls_at_import(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls that are statements of their own, in the order of the text, outside functions and classes."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node.value
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For):
            waiting[:0] = [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt)]


def _made_folder(call: ast.Call, settings: Settings) -> str | None:
    """The folder of `(BASE_DIR / "var").mkdir()` and `os.makedirs(os.path.join(BASE_DIR, "var"))`."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if isinstance(call.func, ast.Attribute) and method == "mkdir" and path_of(call.func) != "os.mkdir":
        return _inside(call.func.value, settings)
    if path_of(call.func) in {"os.mkdir", "os.makedirs", "makedirs"} and call.args:
        return _inside(call.args[0], settings)
    return None


def _inside(node: ast.expr, settings: Settings) -> str | None:
    """The path within the project that an expression gives; None where it lies elsewhere, or a variable decides on it."""
    for _ in range(5):
        node = _Named(settings).visit(copy.deepcopy(node))
    text = ast.unparse(node)
    if re.search(r"environ|getenv|\benv\b|config\(|tempfile|home\(", text) or not OWN_FOLDER.search(
        re.sub(r"'[^']*'", "", text)
    ):
        return None
    placed = re.findall(r"'([^']*)'", text)
    joined = posixpath.normpath("/".join(placed)) if placed else ""
    return joined if joined and not joined.startswith(("/", "..")) else None


class _Named(ast.NodeTransformer):
    """Settings that an expression names, but for the project's own folder, as what they were set to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = None if OWN_FOLDER.fullmatch(node.id) else self._settings.values.get(node.id)
        return value.main if value else node


def _is_there(
    source: Source, root: str, folder: str, listed: list[str] | None, kept: re.Pattern[str] | None = None
) -> bool:
    """Whether files of this folder go to the server, others than those that `kept` matches."""
    prefix = posixpath.normpath(posixpath.join(root, folder)) + "/"
    along = source.files if listed is None else listed
    return any(file.startswith(prefix) and not (kept and kept.search(file)) for file in along)


# What stays behind -------------------------------------------------------------------------------------------------


def _content(source: Source, engine: str | None, tracked: list[str] | None) -> Iterator[Problem]:
    """A database that is kept with the code: what git tracks is the site's content, another is this computer's own."""
    if "sqlite" not in (engine or ""):
        return
    for path in source.files:
        if re.search(r"\.(sqlite3?|db)$", path) and (tracked is None or path in tracked):
            yield Problem("database_content_stays" if tracked is None else "database_content_comes", path)
            return


def _static_root(source: Source, root: str, settings: Settings, listed: list[str] | None) -> Iterator[Problem]:
    value = settings.values.get("STATIC_ROOT")
    folder = _inside(value.main, settings) if value else None
    if value is None or folder is None:
        return
    prefix = posixpath.normpath(posixpath.join(root, folder)) + "/"
    kept = {f for f in source.files if f.startswith(prefix)} & set(listed or ())
    if kept or f"{prefix}staticfiles.json" in source:
        yield Problem("static_root_tracked", value.path, value.line, folder)


def _build(source: Source, root: str) -> Iterator[Problem]:
    """A style sheet that a JavaScript program makes: https://docs.npmjs.com/cli/using-npm/scripts"""
    for base in dict.fromkeys((root, ".")):
        path = posixpath.normpath(posixpath.join(base, "package.json"))
        try:
            data = json.loads(source.text(path) or "{}")
        except (ValueError, RecursionError):
            continue
        scripts = data.get("scripts") if isinstance(data, dict) else None
        if isinstance(scripts, dict) and isinstance(scripts.get("build"), str):
            yield Problem("needs_build", path, "npm run build")
            return
