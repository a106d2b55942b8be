"""What a file's names stand for when it reads the environment: os.environ by another name, django-environ's `env`,
decouple's `config`, a project's own function around one of these.

Looks at syntax trees only. Must not know what is read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CASTS = {"bool": "bool", "int": "int", "float": "int", "list": "list", "tuple": "list", "dict": "json", "Csv": "list"}
CASTS |= {"json": "json", "str": "text", "strtobool": "bool", "Secret": "text", "CommaSeparatedStrings": "list"}
READERS = ("decouple", "starlette.config", "prettyconf")


@dataclass(frozen=True)
class Wrapper:
    """A project's own function that reads the variable whose name it is given."""

    position: int  # of the name among the arguments
    default_name: str | None  # its parameter for a default
    default: ast.expr | None
    required: bool
    kind: str
    separator: str


@dataclass
class Names:
    """What the names in one file stand for, as far as reading the environment goes."""

    environ: set[str] = field(default_factory=set)  # os.environ
    getters: set[str] = field(default_factory=set)  # os.getenv, os.environ.get
    envs: set[str] = field(default_factory=set)  # environ.Env(…), decouple's config, starlette's Config(…)
    config_classes: set[str] = field(default_factory=set)  # decouple's and starlette's Config
    db_configs: set[str] = field(default_factory=set)  # dj_database_url.config
    modules: set[str] = field(default_factory=set)  # whatever else was imported
    schemes: dict[str, tuple[str, ast.expr | None]] = field(default_factory=dict)  # Env(DEBUG=(bool, False))
    prefix: str = ""


def literal(node: ast.expr | None) -> str | None:
    """The text that stands for a literal; None for expressions and for None itself."""
    if isinstance(node, ast.Constant) and node.value is not None and node.value is not Ellipsis:
        return str(node.value)
    if isinstance(node, ast.List | ast.Tuple):
        items = [literal(item) for item in node.elts]
        return None if None in items else ",".join(item for item in items if item is not None)
    return None


def path_of(node: ast.AST) -> str:
    """`a.b.c` for such an expression, else an empty text."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg in names), None)


def is_cast(node: ast.expr) -> bool:
    return path_of(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2] in CASTS


def cast_of(node: ast.expr | None) -> str:
    path = path_of(node.func if isinstance(node, ast.Call) else node) if node else ""
    return CASTS.get(path.rpartition(".")[2], "text")


def names_in(tree: ast.Module) -> Names:
    """What this file calls the environment and the things that read it."""
    names = Names({"os.environ"}, {"os.getenv", "os.environ.get"}, {"decouple.config"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.modules |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                _imported(names, node.module or "", alias.name, alias.asname or alias.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = path_of(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if target:
                _assigned(names, target, node.value)
    return names


def with_imported(names: Names, tree: ast.Module, others: Sequence[Names]) -> Names:
    """The names, and those of other files that this one imports: `from .base import env`, `from .base import *`."""
    stars = any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names) for node in ast.walk(tree)
    )
    for other in others:
        for kind in ("environ", "getters", "envs", "db_configs", "config_classes"):
            own: set[str] = getattr(names, kind)
            for name in getattr(other, kind):
                if stars or name in names.modules:
                    own.add(name)
                own |= {f"{module}.{name}" for module in names.modules if "." not in name}
        if stars or other.envs & names.modules:
            names.schemes = {**other.schemes, **names.schemes}
            names.prefix = names.prefix or other.prefix
    return names


def _imported(names: Names, module: str, name: str, known_as: str) -> None:
    if module == "os" and name == "environ":
        names.environ.add(known_as)
    elif module == "os" and name == "getenv":
        names.getters.add(known_as)
    elif module in READERS:
        (names.envs if name[0].islower() else names.config_classes).add(known_as)
    elif module == "dj_database_url" and name == "config":
        names.db_configs.add(known_as)
    else:
        names.modules.add(known_as)


def _assigned(names: Names, target: str, value: ast.expr) -> None:
    path = path_of(value)
    if path in names.environ:
        names.environ.add(target)
    elif path in names.getters or path.removesuffix(".get") in names.environ:
        names.getters.add(target)
    elif isinstance(value, ast.Call) and path_of(value.func).rpartition(".")[2] in {"Env", "FileAwareEnv"}:
        names.envs.add(target)
        for word in value.keywords:
            if word.arg and isinstance(word.value, ast.Tuple) and len(word.value.elts) == 2:
                names.schemes[word.arg] = (cast_of(word.value.elts[0]), word.value.elts[1])
            elif word.arg:
                names.schemes[word.arg] = (cast_of(word.value), None)
    elif isinstance(value, ast.Call) and path_of(value.func) in names.config_classes:
        names.envs.add(target)
    elif target.rpartition(".")[2] == "prefix" and target.rpartition(".")[0] in names.envs:
        names.prefix = literal(value) or ""


def wrappers_in(tree: ast.Module) -> dict[str, Wrapper]:
    """The functions of this file that read the variable which one of their parameters names."""
    names = names_in(tree)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (wrapper := _wrapper(node, names)):
            found[node.name] = wrapper
    return found


def _wrapper(node: ast.FunctionDef, names: Names) -> Wrapper | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    parameters = [argument.arg for argument in arguments]
    position = next((parameters.index(read) for read in _parameters_read(node, names) if read in parameters), None)
    if position is None:
        return None
    defaults = dict(zip(reversed(parameters), reversed(node.args.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d}
    every = [*parameters, *(argument.arg for argument in node.args.kwonlyargs)]
    default_name = next((name for name in every if "default" in name or name == "fallback"), None)
    default = defaults.get(default_name or "")
    return Wrapper(position, default_name, default, _fails(node, names), *_result(node))


def _result(node: ast.FunctionDef) -> tuple[str, str]:
    """The kind that such a function makes of the text, and where it splits: from its body, or its annotation."""
    body = "\n".join(ast.unparse(part) for part in node.body)
    if split := re.search(r"\.split\((?:sep=)?('([^']+)'|\w+)?", body):
        parameter = (
            re.search(rf"\b{re.escape(split[1])}\b[^=,]*='([^']+)'", ast.unparse(node.args)) if split[1] else None
        )
        return "list", split[2] or (parameter[1] if parameter else "," if split[1] else " ")
    returns = ast.unparse(node.returns) if node.returns else ""
    first = re.match(r"\w*", returns)
    kind = CASTS.get(first[0] if first else "", "text").replace("json", "url")
    if kind == "text" and re.search(r"return .* in [\[({]|return .* == ", body):
        kind = "bool"
    return kind, ","


def _fails(node: ast.FunctionDef, names: Names) -> bool:
    """Whether a missing variable is an error: os.environ[…], or a raise when the value is not there."""
    compares = [child for child in ast.walk(node) if isinstance(child, ast.Compare)]
    asks_first = any(path_of(compare.comparators[0]) in names.environ for compare in compares)
    for child in ast.walk(node):
        if isinstance(child, ast.Subscript) and path_of(child.value) in names.environ:
            return not asks_first
        if isinstance(child, ast.If) and any(isinstance(part, ast.Raise) for part in child.body):
            missing = re.fullmatch(r"not \w+|\w+ (is|==) (None|'')", ast.unparse(child.test))
            if missing:
                return True
    return False


def _parameters_read(node: ast.FunctionDef, names: Names) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Subscript) and path_of(child.value) in names.environ:
            yield path_of(child.slice)
        elif isinstance(child, ast.Call) and child.args:
            path = path_of(child.func)
            if path in names.getters | names.envs or path.removesuffix(".get") in names.environ:
                yield path_of(child.args[0])
