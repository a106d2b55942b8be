"""Which settings module a site runs with: what wsgi.py, asgi.py and manage.py name, and modules that look like settings.

Looks at syntax trees only. Must not know what the settings hold.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wizard.project.names import literal
from wizard.project.source import Source, dotted

VARIABLE = "DJANGO_SETTINGS_MODULE"
DEVELOPMENT = re.compile(r"dev|develop(ment)?|local|tests?|testing|ci|debug|docker_?dev|docs?|example|template", re.I)
PRODUCTION = re.compile(r"prod|production|live|deploy(ment)?|server", re.I)
ASIDE = {"tests", "test", "testing", "docs", "doc", "examples", "example", "demo", "sandbox"}


@dataclass(frozen=True)
class Assigned:
    """A line that puts a settings module in place of whatever the environment says. module: its text, or the expression's."""

    line: int
    module: str


def depth(path: str) -> tuple[bool, int, str]:
    """What to sort files by: a project's own before examples and tests, the nearest to the top first."""
    parts = path.split("/")
    return bool(ASIDE & set(parts[:-1]) or "{{" in path), len(parts), path


# What an entry point names ------------------------------------------------------------------------------------------


def modules_named(tree: ast.Module | None) -> list[str]:
    """The texts that stand next to DJANGO_SETTINGS_MODULE in a call or an assignment."""
    found: list[str | None] = []
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and node.args and literal(node.args[0]) == VARIABLE:
            found += [literal(value) for value in (*node.args[1:], *(word.value for word in node.keywords))]
        elif isinstance(node, ast.Assign) and f"'{VARIABLE}'" in ast.unparse(node.targets[0]):
            found.append(literal(node.value))
    return [module for module in found if module and re.fullmatch(r"\w+(\.\w+)*", module)]


def assigned(tree: ast.Module | None) -> Assigned | None:
    """The last line that sets DJANGO_SETTINGS_MODULE for good; None where it only has a say when nothing else has."""
    found = list(_assignments(tree.body)) if tree else []
    return found[-1] if found else None


def _assignments(body: list[ast.stmt]) -> Iterator[Assigned]:
    for node in body:
        value: ast.expr | None = None
        if isinstance(node, ast.Assign):
            value = node.value if any(_is_variable(target) for target in node.targets) else None
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            value = _updated(node.value)
        elif isinstance(node, ast.If) and VARIABLE in ast.unparse(node.test):
            continue  # it asks first
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _assignments(getattr(node, part, []))
        if value is not None and VARIABLE not in ast.unparse(value):  # os.environ.get("DJANGO_SETTINGS_MODULE", …) asks
            yield Assigned(node.lineno, literal(value) or ast.unparse(value)[:100])


def _is_variable(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and literal(target.slice) == VARIABLE


def _updated(call: ast.Call) -> ast.expr | None:
    """`os.environ.update({"DJANGO_SETTINGS_MODULE": …})` and `os.environ.update(DJANGO_SETTINGS_MODULE=…)`."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in {"update", "__setitem__"}):
        return None
    if call.func.attr == "__setitem__":
        return call.args[1] if len(call.args) > 1 and literal(call.args[0]) == VARIABLE else None
    for word in call.keywords:
        if word.arg == VARIABLE:
            return word.value
    for argument in call.args:
        if isinstance(argument, ast.Dict):
            for key, value in zip(argument.keys, argument.values, strict=True):
                if literal(key) == VARIABLE:
                    return value
    return None


# The choice ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidates:
    """chosen: None where there is none. order: the best first. missing: named, but not there."""

    chosen: str | None
    order: tuple[str, ...]
    missing: tuple[str, ...]


def candidates(source: Source, bases: tuple[str, ...], entries: Iterable[str]) -> Candidates:
    """The module to run the site with: what wsgi.py names, unless that is for development; all others too.

    entries: wsgi.py, asgi.py and manage.py, as far as there are any, in the order in which they count.
    """
    named: list[str] = []
    open_to_choice = False  # wsgi.py makes its choice when it runs: what manage.py names is for a laptop
    for path in entries:
        tree = source.module(path)
        found = modules_named(tree)
        open_to_choice |= path.endswith("wsgi.py") and not found and VARIABLE in (source.text(path) or "")
        named += found
    there = {module: at for module in dict.fromkeys(named) if (at := source.find(module, *bases))}
    existing = [
        module for module, at in there.items() if not (at.endswith("/__init__.py") and _is_empty(source.module(at)))
    ]
    missing = tuple(module for module in dict.fromkeys(named) if module not in there)
    alike = _alike(source, bases, {module.partition(".")[0] for module in existing})
    every = tuple(dict.fromkeys([*existing, *alike]))
    if not every:
        return Candidates(named[0] if named else None, (), missing)

    def rank(module: str) -> int:
        path = source.find(module, *bases)
        development = path is not None and _leads_to_development(source.module(path))
        return _rank(module, [] if open_to_choice else existing, development=development)

    order = tuple(sorted(every, key=lambda module: (rank(module), every.index(module))))
    return Candidates(order[0], order, missing)


def _alike(source: Source, bases: tuple[str, ...], own: set[str]) -> list[str]:
    """Modules that look like settings: settings.py, settings/*.py, settings_*.py, and files that begin with such a one's
    content; an example's only if our own."""
    found = []
    for path in source.files:
        folder, name = posixpath.split(path)
        if not name.endswith(".py") or _of_another_project(source, bases[0], folder):
            continue
        in_package = posixpath.basename(folder) == "settings"
        alone = re.fullmatch(r"(.*_)?settings(_.*)?\.py", name)
        beside = PRODUCTION.fullmatch(name.removesuffix(".py")) or DEVELOPMENT.fullmatch(name.removesuffix(".py"))
        if not (in_package or alone or beside):
            continue
        text = source.text(path) or ""
        wanted = r"INSTALLED_APPS|import \*|DATABASES|include\("
        if not (in_package or alone):
            wanted = r"(?m)^from \S*(settings|base|common)\S* import \*"
        if re.search(wanted, text):
            base = next((b for b in bases if b == "." or path.startswith(b + "/")), ".")
            module = dotted(path, base)
            ours = not depth(path)[0] or module.partition(".")[0] in own
            if ours and re.fullmatch(r"\w+(\.\w+)*", module):
                found.append(module)
    return found


def _of_another_project(source: Source, root: str, folder: str) -> bool:
    """Whether the folder lies in a project with a manage.py of its own: several lessons or sites in one repository."""
    inside, ours = folder, "" if root == "." else root
    while posixpath.join(inside, "manage.py") not in source and inside:
        inside = posixpath.dirname(inside)
    return inside != ours and posixpath.join(inside, "manage.py") in source


def _is_empty(tree: ast.Module | None) -> bool:
    """The __init__.py of a package whose modules are the settings: named by mistake, and no settings itself."""
    return tree is not None and all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body
    )


def _leads_to_development(tree: ast.Module | None) -> bool:
    """A module that is nothing by itself and takes over the settings for development first."""
    if tree is None or any(isinstance(node, ast.Name) and node.id == "INSTALLED_APPS" for node in ast.walk(tree)):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            last = (node.module or "").rpartition(".")[2]
            return DEVELOPMENT.fullmatch(last) is not None
    return False


def _rank(module: str, named: list[str], *, development: bool) -> int:
    """0 is best: named and not for development, then production's by name, then any other, then development's."""
    last = module.rpartition(".")[2]
    words = set(last.split("_"))
    if development or any(DEVELOPMENT.fullmatch(word) for word in words):
        return 5 if module in named else 6
    if module in named and named.index(module) == 0:
        return 0
    if any(PRODUCTION.fullmatch(word) for word in words):
        return 1
    if module in named:
        return 2
    return 4 if words & {"base", "common", "defaults", "shared"} else 3
