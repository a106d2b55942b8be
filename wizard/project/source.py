"""A folder of source text, read without running any of it: bounded, each file once, never outside the folder.

Must not know Django.
"""

from __future__ import annotations

import ast
import codecs
import os
import posixpath
import tomllib
import warnings
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

from wizard.text import text

MAX_ENTRIES = 50_000
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 12
MAX_NESTING = 150  # deeper syntax trees are not written by people, and would exhaust Python's stack
SKIPPED = {"node_modules", "bower_components", "__pycache__", "site-packages", "__pypackages__"}
KEPT_DOTFILES = {".python-version"}
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def is_venv(folder: Path) -> bool:
    """Whether this is a virtual environment, by what is in it."""
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


class Source:
    """The text files below `top`. Paths are relative to it, with slashes; the nearest to the top come first."""

    def __init__(self, top: Path) -> None:
        self.top = top.resolve()
        self.complete = True
        self.broken: dict[str, tuple[int, str]] = {}  # files that are no Python, the line, and what Python says
        self.files = tuple(self._walk())
        self._known = frozenset(self.files)
        self.text = cache(self._text)
        self.module = cache(self._module)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def _walk(self) -> list[str]:
        found: list[str] = []
        waiting, seen = deque([("", 0)]), 0
        while waiting:
            folder, depth = waiting.popleft()
            for entry in self._entries(folder):
                seen += 1
                if seen > MAX_ENTRIES:
                    self.complete = False
                    return found
                path = posixpath.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if depth < MAX_DEPTH and self._is_source(entry):
                        waiting.append((path, depth + 1))
                elif self._is_inside(entry) and (not entry.name.startswith(".") or entry.name in KEPT_DOTFILES):
                    found.append(path)
        return found

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.top / folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return []

    @staticmethod
    def _is_source(entry: os.DirEntry[str]) -> bool:
        return not (entry.name.startswith(".") or entry.name in SKIPPED or is_venv(Path(entry.path)))

    def _is_inside(self, entry: os.DirEntry[str]) -> bool:
        try:
            if not entry.is_file():
                return False
            return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self.top)
        except (OSError, RuntimeError):  # RuntimeError: a loop of symlinks, before Python 3.13
            return False

    def _text(self, path: str) -> str | None:
        """The file's text, whatever its encoding; None when there is no such file or it is too large."""
        data = self._bytes(path)
        if data is None:
            return None
        # PowerShell's `pip freeze > requirements.txt` writes UTF-16.
        encoding = next((name for bom, name in BOMS if data.startswith(bom)), "utf-8")
        return data.decode(encoding, errors="replace")

    def _bytes(self, path: str) -> bytes | None:
        if path not in self:
            return None
        try:
            with (self.top / path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            return None
        return data if len(data) <= MAX_BYTES else None

    def _module(self, path: str) -> ast.Module | None:
        """The file's syntax tree; None, and an entry in `broken`, when it has none."""
        data = self._bytes(path)
        if data is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(data)  # of bytes: Python looks at the encoding too
                if _nesting(tree) > MAX_NESTING:
                    raise RecursionError
                compile(tree, path, "exec", dont_inherit=True)  # finds what is wrong beyond the grammar; runs nothing
        except SyntaxError as error:
            self.broken[path] = (error.lineno or 1, error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            self.broken[path] = (1, str(error) if isinstance(error, ValueError) else text("project.nested"))
        else:
            return tree
        return None

    def line(self, path: str, number: int) -> str:
        """One line of a file, counted from 1; empty where there is none."""
        lines = (self.text(path) or "").splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def toml(self, path: str) -> dict[str, Any]:
        """The file's content; empty when there is no such file or it is no TOML."""
        try:
            return tomllib.loads(self.text(path) or "")
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def find(self, module: str, *bases: str) -> str | None:
        """The file of a dotted module name, looked up from the first of these folders that has it."""
        name = module.replace(".", "/")
        for base in bases:
            for end in (".py", "/__init__.py"):
                path = posixpath.normpath(posixpath.join(base, name + end))
                if path in self:
                    return path
        return None


def _nesting(tree: ast.AST) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


def dotted(path: str, base: str) -> str:
    """A file's module name, as seen from the folder `base`."""
    name = posixpath.relpath(path, base).removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")
