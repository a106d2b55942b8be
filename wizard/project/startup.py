"""What Python reads when Django starts: the project's own files, from manage.py, the settings, the URL patterns and the
apps on, imports followed, as syntax trees; and imports that lead nowhere.

Must not run anything. Must not know the server.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wizard.project.source import Source

MAX_FILES = 2000
CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
APP_FILES = ("__init__", "apps", "models", "admin")


@dataclass(frozen=True)
class Import:
    """One of the project's own modules, as a file asks for it. path: its file; None where there is none.

    needed: the import is made always, and where it fails, all does.
    """

    file: str
    line: int
    module: str
    path: str | None
    needed: bool


class Startup:
    """The files that are read, and their imports of the project's own modules."""

    def __init__(self, source: Source, root: str, bases: tuple[str, ...], first: Iterable[str]) -> None:
        self._source, self._bases = source, bases
        # a folder without __init__.py is not surely a package: it may bear the name of something that is installed
        self._own = {name for base in (root, posixpath.join(root, "src")) for name in _packages(source, base)}
        self._folders = {parent for file in source.files for parent in _parents(file)}
        self.imports: list[Import] = []
        self.files: dict[str, None] = {}
        waiting = list(first)
        while waiting and len(self.files) < MAX_FILES:
            path = waiting.pop()
            if path in self.files or path not in source:
                continue
            self.files[path] = None
            found = list(self._imports(path))
            self.imports += found
            waiting += [one.path for one in found if one.path is not None]

    def _imports(self, path: str) -> Iterator[Import]:
        tree = self._source.module(path)
        if tree is not None:
            for node, needed in _statements(tree.body, needed=True):
                for module, found in self._modules(node, path):
                    yield Import(path, node.lineno, module, found, needed)

    def _modules(self, node: ast.Import | ast.ImportFrom, path: str) -> Iterator[tuple[str, str | None]]:
        """The project's own modules that a statement asks for, each with its file."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from self._module(alias.name, self._bases)
            return
        if node.level:
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), "../" * (node.level - 1)))
            bases: tuple[str, ...] = (folder,)
        else:
            bases = self._bases
        if node.module:
            yield from self._module(node.module, bases, own=bool(node.level))
        for alias in node.names:
            name = f"{node.module}.{alias.name}" if node.module else alias.name
            if found := self._source.find(name, *bases):
                yield name, found
            elif node.level and not node.module and not self._has(bases[0], alias.name):
                yield f"{'.' * node.level}{alias.name}", None

    def _module(self, name: str, bases: tuple[str, ...], *, own: bool = False) -> Iterator[tuple[str, str | None]]:
        """The module, and the packages around it, which are run before it."""
        if not own and name.partition(".")[0] not in self._own:
            return
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            whole = ".".join(parts[:length])
            path = self._source.find(whole, *bases)
            if path is not None:
                yield whole, path
            elif not self._is_elsewhere(whole, bases):
                yield name, None
                return

    def _is_elsewhere(self, module: str, bases: tuple[str, ...]) -> bool:
        """Whether it is a folder without __init__.py, a link to a folder, or compiled; or not all files were looked at."""
        if not self._source.complete:
            return True
        paths = [posixpath.normpath(posixpath.join(base, module.replace(".", "/"))) for base in bases]
        compiled = (f.startswith(f"{path}.") for path in paths for f in self._source.files)
        folders = any(path in self._folders or (self._source.top / path).is_dir() for path in paths)
        return folders or any(compiled)

    def _has(self, folder: str, name: str) -> bool:
        """Whether `from . import name` finds it: a folder, or a name that the package's own file may give."""
        path = posixpath.normpath(posixpath.join(folder, "__init__.py"))
        if path not in self._source:
            return posixpath.normpath(posixpath.join(folder, name)) in self._folders
        text = self._source.text(path) or ""
        return name in text or "import *" in text or "__getattr__" in text or self._is_elsewhere(name, (folder,))


def _packages(source: Source, base: str) -> Iterator[str]:
    prefix = "" if posixpath.normpath(base) == "." else f"{posixpath.normpath(base)}/"
    for file in source.files:
        parts = file.removeprefix(prefix).split("/")
        if file.startswith(prefix) and len(parts) == 2 and parts[1] == "__init__.py":
            yield parts[0]


def app_files(source: Source, apps: Iterable[str], bases: tuple[str, ...]) -> Iterator[str]:
    """The files of the project's own apps that Django imports by itself."""
    for folder in app_folders(source, apps, bases).values():
        for name in APP_FILES:
            if path := source.find(name, folder):
                yield path
        prefix = f"{folder}/migrations/"
        yield from (f for f in source.files if f.startswith(prefix) and f.endswith(".py"))


def app_folders(source: Source, apps: Iterable[str], bases: tuple[str, ...]) -> dict[str, str]:
    """The project's own apps, each with its folder."""
    found = {}
    for app in apps:
        parts = app.split(".")
        if len(parts) > 1 and parts[-1].endswith("Config"):  # "notes.apps.NotesConfig"
            parts = parts[:-2] if parts[-2] == "apps" else parts[:-1]
        for base in bases:
            folder = posixpath.normpath(posixpath.join(base, *parts))
            if parts and any(f"{folder}/{name}.py" in source for name in APP_FILES):
                found[".".join(parts)] = folder
                break
    return found


def _statements(body: list[ast.stmt], *, needed: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports that running this text makes, and whether each must succeed. Functions are not run by it."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, needed
        elif isinstance(node, ast.If | ast.For | ast.While):
            yield from _statements([*node.body, *node.orelse], needed=False)
        elif isinstance(node, ast.Try):
            yield from _statements(node.body, needed=needed and not _catches(node))
            handlers = [part for handler in node.handlers for part in handler.body]
            yield from _statements(handlers, needed=False)
            yield from _statements([*node.orelse, *node.finalbody], needed=needed and not node.handlers)
        elif isinstance(node, ast.With | ast.ClassDef):
            yield from _statements(node.body, needed=needed and not _suppresses(node))


def _catches(node: ast.Try) -> bool:
    """Whether an import that fails in there is got over."""
    for handler in node.handlers:
        names = {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)} if handler.type else CAUGHT
        raises = any(isinstance(part, ast.Raise) for part in handler.body)
        if names & CAUGHT and not raises:
            return True
    return False


def _suppresses(node: ast.With | ast.ClassDef) -> bool:
    return isinstance(node, ast.With) and any("suppress" in ast.unparse(item.context_expr) for item in node.items)


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
