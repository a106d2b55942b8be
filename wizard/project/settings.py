"""What a settings module assigns, its star imports followed, as syntax trees; and the variables it reads, with
their purpose.

Must not run anything. Must not know dependencies or the server.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from wizard.project.found import EnvName
from wizard.project.names import Wrapper, literal, names_in, wrappers_in
from wizard.project.purposes import QUEUES, env_name, merged
from wizard.project.reads import reads_in
from wizard.project.source import Source

MAX_FILES = 60
IGNORED = {"DJANGO_SETTINGS_MODULE", "PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV"}
# What a setting is under these conditions is not what it usually is.
EXCEPTIONAL = re.compile(r"^(DEBUG|DEV|TEST|TESTING)$|sys\.argv|environ|getenv")
# A path below the project's own folder, with no variable in it
PLACE = re.compile(
    r"(str\()?((os\.path\.|path\.)?join\(\w+(, '[^']*')+\)|\w+( / '[^']*')+|\w+\.joinpath\('[^']*'\))\)?"
)
# Settings whose variable may go by any name: it is found through what the setting is made of.
FOLLOWED = ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DATABASES", "STATIC_ROOT", "MEDIA_ROOT")


@dataclass(frozen=True)
class Value:
    """What is assigned to a setting: the assignment that counts, and whatever adds to it later."""

    parts: tuple[ast.expr, ...]
    path: str
    line: int

    @property
    def main(self) -> ast.expr:
        return self.parts[0]


Values = dict[str, Value]


class Settings:
    """A settings module with all that it pulls in. `bases`: the folders that imports are looked up from."""

    def __init__(self, source: Source, path: str, bases: tuple[str, ...]) -> None:
        self._source = source
        self._bases = bases
        self._loaded: dict[str, Values] = {}
        self.values = self._load(path)

    # Assignments --------------------------------------------------------------------------------------------------

    def _load(self, path: str) -> Values:
        if path not in self._loaded and len(self._loaded) < MAX_FILES:
            self._loaded[path] = {}  # first, so that modules which import each other come to an end
            tree = self._source.module(path)
            if tree is not None:
                self._run(tree.body, self._loaded[path], path, weak=False)
        return self._loaded.get(path, {})

    def _run(self, body: list[ast.stmt], values: Values, path: str, *, weak: bool) -> None:
        """Follows the statements; what is weak (an exceptional condition's) does not replace what is there."""
        for node in body:
            if isinstance(node, ast.ImportFrom | ast.Import):
                self._import(node, values, path, weak=weak)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                _assign(node, values, path, weak=weak)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._call(node.value, values, path)
            elif isinstance(node, ast.If):
                self._branch(node, values, path, weak=weak)
            elif isinstance(node, ast.Try):
                for part in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                    self._run(part, values, path, weak=weak)
            elif isinstance(node, ast.With):
                self._run(node.body, values, path, weak=weak)

    def _branch(self, node: ast.If, values: Values, path: str, *, weak: bool) -> None:
        test = ast.unparse(node.test)
        exceptional = bool(EXCEPTIONAL.search(test))
        before = dict(values)
        self._run(node.body, values, path, weak=weak or exceptional)
        first = {name: value for name, value in values.items() if value is not before.get(name)}
        self._run(node.orelse, values, path, weak=weak or test == "not DEBUG")
        for name, value in first.items():
            if exceptional and values[name] is not value:  # what else it may be is worth knowing too
                values[name] = replace(values[name], parts=(*values[name].parts, *value.parts))

    def _import(self, node: ast.ImportFrom | ast.Import, values: Values, path: str, *, weak: bool) -> None:
        for found, names in self._imported(node, path):
            for name, value in list(self._load(found).items()):
                if "*" in names or name in names:
                    _put(values, name, value, weak=weak)

    def _imported(self, node: ast.ImportFrom | ast.Import, path: str) -> Iterator[tuple[str, set[str]]]:
        """The project's own files that an import reaches, each with the names taken from it."""
        if isinstance(node, ast.Import):
            modules = [(alias.name, set[str]()) for alias in node.names]
            bases = self._bases
        else:
            names = {alias.name for alias in node.names}
            prefix = f"{node.module}." if node.module else ""
            modules = [(prefix + name, set()) for name in sorted(names) if name != "*"]
            modules += [(node.module, names)] if node.module else []
            bases = (
                self._bases if not node.level else (posixpath.join(posixpath.dirname(path), "../" * (node.level - 1)),)
            )
            if node.level and not node.module:
                modules.append(("__init__", names))
        for module, names in modules:
            if found := self._source.find(module, *bases):
                yield found, names

    def _call(self, call: ast.Call, values: Values, path: str) -> None:
        """`INSTALLED_APPS.append("x")`, and django-split-settings' `include("components/*.py")`."""
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            name = call.func.value.id
            if name in values and call.func.attr in {"append", "extend", "insert", "update"}:
                _add(values, name, call.args[-1:])
        elif isinstance(call.func, ast.Name) and call.func.id == "include":
            for node in ast.walk(call):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    pattern = posixpath.normpath(posixpath.join(posixpath.dirname(path), node.value))
                    for found in sorted(f for f in self._source.files if fnmatch(f, pattern)):
                        values.update(self._load(found))

    @property
    def files(self) -> tuple[str, ...]:
        """The module's own file and those that it pulls in."""
        return tuple(self._loaded)

    @property
    def _trees(self) -> dict[str, ast.Module]:
        return {path: tree for path in self._loaded if (tree := self._source.module(path)) is not None}

    @property
    def trees(self) -> tuple[ast.Module, ...]:
        return tuple(self._trees.values())

    # Reading values -----------------------------------------------------------------------------------------------

    def text(self, name: str) -> str | None:
        """The literal that a setting has, or else the expression as text; None where it is not set, or to None."""
        if name not in self.values:
            return None
        node = self.values[name].main
        if isinstance(node, ast.Constant):
            return literal(node)
        return ast.unparse(node)[:200]

    def literal(self, name: str) -> str | None:
        """The text that a setting has, through names of other settings; None for anything else."""
        for _ in range(10):
            value = self.values.get(name)
            node = value.main if value else None
            if not isinstance(node, ast.Name):
                return literal(node)
            name = node.id
        return None

    def has(self, name: str, wanted: str) -> bool | None:
        """Whether a text of this form is in a list; None where it is not and the list could not be read whole."""
        if any(re.fullmatch(wanted, text) for text in self.strings(name)):
            return True
        parts = self.values[name].parts if name in self.values else ()
        seen = {name}
        whole = bool(parts) and all(self._is_plain(part, seen) for part in parts)
        return False if whole else None

    def _is_plain(self, node: ast.expr, seen: set[str]) -> bool:
        """Whether `strings` finds all that is in this value."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            if node.id in seen:
                return True
            seen.add(node.id)
            parts = self.values[node.id].parts if node.id in self.values else ()
            return bool(parts) and all(self._is_plain(part, seen) for part in parts)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return all(self._is_plain(item, seen) for item in node.elts)
        if isinstance(node, ast.BinOp):
            return self._is_plain(node.left, seen) and self._is_plain(node.right, seen)
        if isinstance(node, ast.Starred):
            return self._is_plain(node.value, seen)
        if isinstance(node, ast.Attribute):  # base.INSTALLED_APPS: its parts are ours too, see _put
            return node.attr in seen
        return (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in {"list", "tuple", "sorted"}
            and bool(node.args)
            and self._is_plain(node.args[0], seen)
        )

    def strings(self, name: str) -> tuple[str, ...]:
        """The texts in a list, through sums of lists, `+=` and names of other lists."""
        return tuple(dict.fromkeys(self._strings_of(name, set())))

    def _strings_of(self, name: str, seen: set[str]) -> Iterator[str]:
        """seen: names that were followed, each once: lists of lists of lists would have no end."""
        if name in self.values and name not in seen:
            seen.add(name)
            for part in self.values[name].parts:
                yield from self._strings(part, seen)

    def _strings(self, node: ast.expr, seen: set[str]) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield from self._strings_of(node.id, seen)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            for item in node.elts:
                yield from self._strings(item, seen)
        elif isinstance(node, ast.BinOp):
            yield from self._strings(node.left, seen)
            yield from self._strings(node.right, seen)
        elif isinstance(node, ast.Starred):
            yield from self._strings(node.value, seen)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"list", "tuple", "sorted"} and node.args:
            yield from self._strings(node.args[0], seen)

    def fixed(self, setting: str, reads: list[EnvName]) -> bool:
        """Whether a setting has a literal value in the end, although a variable is read for it elsewhere or before."""
        value = self.values.get(setting)
        if (
            value is None
            or not (_is_literal(value.main) or PLACE.fullmatch(ast.unparse(value.main)))
            or value.path != next(iter(self._loaded))
        ):
            return False
        places = [name.where.rpartition(":") for name in reads]
        return all(path != value.path or int(line) < value.line for path, _, line in places)

    def names_behind(self, setting: str) -> set[str]:
        """The names that a setting's value is made of, and those that these are made of."""
        behind: set[str] = set()
        waiting = [setting]
        while waiting:
            name = waiting.pop()
            if name not in behind and name in self.values:
                parts = self.values[name].parts
                waiting += [n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)]
            behind.add(name)
        return behind

    # The environment ----------------------------------------------------------------------------------------------

    def env_names(self) -> tuple[EnvName, ...]:
        """Every variable that these files read, in the order met; several reads of one name are one."""
        trees = self._trees
        wrappers: dict[str, Wrapper] = {}
        for tree in trees.values():
            wrappers |= wrappers_in(tree)
        own = [names_in(tree) for tree in trees.values()]
        reads = [(path, read) for path, tree in trees.items() for read in reads_in(tree, wrappers, own)]
        behind = {setting: self.names_behind(setting) for setting in (*FOLLOWED, *sorted(QUEUES))}
        found: dict[str, EnvName] = {}
        for path, read in reads:
            if read.name not in IGNORED:
                new = self._split(env_name(path, read, behind))
                found[new.name] = merged(found[new.name], new) if new.name in found else new
        return tuple(found.values())

    def _split(self, name: EnvName) -> EnvName:
        """A list of hosts may be split only where the setting is made: `if v := getenv("X"): HOSTS = v.split(",")`."""
        setting = {"allowed_hosts": "ALLOWED_HOSTS", "csrf": "CSRF_TRUSTED_ORIGINS"}.get(name.purpose or "")
        if name.kind == "text" and setting in self.values:
            texts = " ".join(ast.unparse(part) for part in self.values[setting].parts)
            if match := re.search(r"\.split\((?:'([^']+)')?", texts):
                return replace(name, kind="list", separator=match[1] or " ")
        return name


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(map(_is_literal, node.elts))
    return isinstance(node, ast.Constant) and node.value is not None


def _assign(node: ast.Assign | ast.AnnAssign | ast.AugAssign, values: Values, path: str, *, weak: bool) -> None:
    if node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        whole: ast.expr = target
        while isinstance(whole, ast.Subscript):
            whole = whole.value
        if not isinstance(whole, ast.Name):
            continue
        if isinstance(node, ast.AugAssign) or whole is not target:
            _add(values, whole.id, [node.value])
        else:
            _put(values, whole.id, Value((node.value,), path, node.lineno), weak=weak)


def _put(values: Values, name: str, value: Value, *, weak: bool) -> None:
    """Assigns. A value made of the one before it (`APPS = base.APPS + […]`) keeps that one's parts."""
    before = values.get(name)
    if before is None or not weak:
        mentioned = {getattr(n, "id", getattr(n, "attr", None)) for n in ast.walk(value.main)}
        parts = before.parts if before and before is not value and name in mentioned else ()
        values[name] = replace(value, parts=(*value.parts, *parts)) if parts else value


def _add(values: Values, name: str, parts: list[ast.expr]) -> None:
    if name in values:
        before = values[name]
        values[name] = Value((*before.parts, *parts), before.path, before.line)
