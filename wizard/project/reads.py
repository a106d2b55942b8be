"""Which environment variables a piece of Python reads, and how: os.environ, django-environ, environs, decouple,
starlette, dj-database-url, pydantic-settings, and a project's own functions around these.

Looks at syntax trees only. Must not know settings: what a variable is for is said elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wizard.project.names import (
    CASTS,
    Names,
    Wrapper,
    cast_of,
    is_cast,
    keyword,
    literal,
    names_in,
    path_of,
    with_imported,
)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# django-environ and environs: methods that read a variable with a name of its own when none is given
URLS = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "dj_db_url": "DATABASE_URL", "cache": "CACHE_URL"}
URLS |= {"cache_url": "CACHE_URL", "dj_cache_url": "CACHE_URL", "email": "EMAIL_URL", "email_url": "EMAIL_URL"}
URLS |= {"dj_email_url": "EMAIL_URL", "search_url": "SEARCH_URL", "channels_url": "CHANNELS_URL"}


@dataclass(frozen=True)
class Read:
    """One place where a variable is read. `target` and `key`: the name and the dict key that its value goes to."""

    name: str
    required: bool
    default: str | None
    line: int
    kind: str = "text"
    separator: str = ","
    when: str | None = None
    target: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class _Match:
    """A read as it stands, before a look at what is around it."""

    name: str
    default: ast.expr | None
    required: bool
    kind: str = "text"
    separator: str = ","


# Reads ------------------------------------------------------------------------------------------------------------


def reads_in(tree: ast.Module, wrappers: dict[str, Wrapper], others: Sequence[Names] = ()) -> list[Read]:
    """Every read of a variable whose name stands in this file, in the order of its lines.

    others: what names stand for in the project's other files, which this one may import.
    """
    names = with_imported(names_in(tree), tree, others)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        match = _match(node, names, wrappers)
        if match and NAME.fullmatch(match.name):
            found.append(_placed(match, node, parents))
        elif isinstance(node, ast.ClassDef) and any("BaseSettings" in path_of(base) for base in node.bases):
            found += _fields(node)
    return sorted(found, key=lambda read: read.line)


def _match(node: ast.AST, names: Names, wrappers: dict[str, Wrapper]) -> _Match | None:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and path_of(node.value) in names.environ:
        return _Match(literal(node.slice) or "", None, True)
    if isinstance(node, ast.Compare) and path_of(node.comparators[0]) in names.environ:
        return _Match(literal(node.left) or "", None, False, "present")
    return _call_match(node, names, wrappers) if isinstance(node, ast.Call) else None


def _call_match(node: ast.Call, names: Names, wrappers: dict[str, Wrapper]) -> _Match | None:
    path = path_of(node.func)
    owner, _, method = path.rpartition(".")
    first = literal(node.args[0]) if node.args else None
    if path in names.getters or (owner in names.environ and method in {"get", "setdefault", "pop"}):
        default = node.args[1] if len(node.args) > 1 else keyword(node, "default")
        return _Match(first or "", default, False)
    if path in names.db_configs or path == "dj_database_url.config":
        name = literal(keyword(node, "env")) or first or "DATABASE_URL"
        default = keyword(node, "default")
        return _Match(name, default, default is None, "url")
    if path in names.envs or owner in names.envs:
        return _env_match(node, names, method if owner in names.envs else "", first)
    if method in wrappers and (not owner or owner in names.modules):
        return _wrapped(node, wrappers[method])
    return None


def _env_match(call: ast.Call, names: Names, method: str, first: str | None) -> _Match | None:
    """`env("X", default=…)`, `env.bool("X")`, `config("X", cast=bool)` and the like."""
    name = first or URLS.get(method)
    if name is None or method in {"read_env", "read_envfile", "prefixed", "parse_value", "seal"}:
        return None
    kind, default = names.schemes.get(name, ("text", None))
    cast = keyword(call, "cast", "subcast") if method != "list" else None
    for extra in call.args[1:]:
        if is_cast(extra):
            cast = extra
        else:
            default = extra
    default = keyword(call, "default") or default
    if method.endswith("url") or method in URLS:
        kind = "url"
    elif method in CASTS:
        kind = CASTS[method]
    elif cast is not None:
        kind = cast_of(cast)
    return _Match(names.prefix + name, default, default is None, kind)


def _wrapped(call: ast.Call, wrapper: Wrapper) -> _Match | None:
    if len(call.args) <= wrapper.position:
        return None
    default = keyword(call, wrapper.default_name) if wrapper.default_name else None
    if default is None and len(call.args) > wrapper.position + 1 and wrapper.default_name:
        default = call.args[wrapper.position + 1]
    default = default or wrapper.default
    name = literal(call.args[wrapper.position]) or ""
    # A default of None is how such functions say that there is none.
    fails = wrapper.required and (default is None or (isinstance(default, ast.Constant) and default.value is None))
    return _Match(name, default, fails, wrapper.kind, wrapper.separator)


# Around a read ----------------------------------------------------------------------------------------------------


@dataclass
class _Around:
    kind: str
    separator: str = ","
    target: str | None = None
    key: str | None = None
    required: bool = False
    default: ast.expr | None = None
    conditions: list[str] = field(default_factory=list)
    prefix: str = ""


def _placed(match: _Match, node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Read:
    """The read, with what the syntax around it says: its use, its conditions, where its value goes."""
    around = _Around(match.kind, match.separator, required=match.required, default=match.default)
    child: ast.AST = node
    while (parent := parents.get(child)) is not None:
        _used(around, match, child, parent)
        _conditional(around, match.name, child, parent)
        _going_to(around, child, parent)
        child = parent
    kind = "text" if around.kind == "present" else around.kind
    when = " and ".join(reversed(around.conditions))[:200] or None
    line = getattr(node, "lineno", 1)
    default = literal(around.default)
    return Read(
        around.prefix + match.name,
        around.required,
        default,
        line,
        kind,
        around.separator,
        when,
        around.target,
        around.key,
    )


def _used(around: _Around, match: _Match, child: ast.AST, parent: ast.AST) -> None:
    """What the value is turned into."""
    if around.target is not None or around.kind != "text":
        return
    if isinstance(parent, ast.Attribute):
        around.required |= around.default is None  # None has none of a text's methods
        if parent.attr == "split":
            around.kind = "list"
    elif isinstance(parent, ast.Compare):
        around.kind = "bool"
    elif isinstance(parent, ast.Call) and child in parent.args:
        around.kind = cast_of(parent.func)
        if path_of(parent.func) in {"dj_database_url.parse", "parse_database_url"}:
            around.kind = "url"
        elif path_of(parent.func) == "bool":
            around.kind = "truthy"
        elif path_of(parent.func) in {"int", "float", "json.loads"}:
            around.required |= around.default is None
    elif isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        around.kind = "truthy"
    elif isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or) and child is not parent.values[-1]:
        around.default = around.default or parent.values[-1]


def _conditional(around: _Around, name: str, child: ast.AST, parent: ast.AST) -> None:
    """Whether the read happens always, and whether a missing variable does harm."""
    if isinstance(parent, ast.Call) and isinstance(child, ast.Attribute) and child.attr == "split":
        around.separator = (literal(parent.args[0]) if parent.args else None) or " "
    if isinstance(parent, ast.If | ast.IfExp) and child is not parent.test:
        body = parent.body if isinstance(parent.body, list) else [parent.body]
        text = ast.unparse(parent.test)
        if re.search(rf"['\"]{re.escape(name)}['\"]", text):
            around.required = False
        else:
            around.conditions.append(text if child in body else f"not ({text})")
    elif isinstance(parent, ast.With):  # environs: with env.prefixed("MAIL_"): …
        calls = [item.context_expr for item in parent.items if isinstance(item.context_expr, ast.Call)]
        prefixes = [
            literal(call.args[0]) or "" for call in calls if path_of(call.func).endswith(".prefixed") and call.args
        ]
        around.prefix = "".join(prefixes) + around.prefix
    elif isinstance(parent, ast.Try) and child in parent.body:
        for handler in parent.handlers:
            caught = ast.unparse(handler.type) if handler.type else "Exception"
            raises = any(isinstance(part, ast.Raise) for part in ast.walk(handler))
            if re.search(r"KeyError|Exception|ImproperlyConfigured|EnvError", caught) and not raises:
                around.required = False


def _going_to(around: _Around, child: ast.AST, parent: ast.AST) -> None:
    if around.target is not None:
        return
    if isinstance(parent, ast.Dict) and around.key is None and child in parent.values:
        around.key = literal(parent.keys[parent.values.index(child)])
    elif isinstance(parent, ast.keyword) and around.key is None:
        around.key = parent.arg
    elif isinstance(parent, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and child is parent.value:
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        while isinstance(target, ast.Subscript):
            around.key = around.key or literal(target.slice)
            target = target.value
        around.target = path_of(target) or None


def _fields(node: ast.ClassDef) -> Iterator[Read]:
    """The variables of a pydantic-settings class: its fields in upper case, with the prefix that it names."""
    prefix = ""
    for part in ast.walk(node):
        named = isinstance(part, ast.keyword) and part.arg == "env_prefix"
        assigned = isinstance(part, ast.Assign) and path_of(part.targets[0]) == "env_prefix"
        if isinstance(part, ast.keyword | ast.Assign) and (named or assigned):
            prefix = literal(part.value) or ""
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or path_of(part.target) in {"", "model_config"}:
            continue
        name, default = (prefix + path_of(part.target)).upper(), part.value
        if isinstance(default, ast.Call) and path_of(default.func).endswith("Field"):
            name = literal(keyword(default, "validation_alias", "alias", "env")) or name
            default = keyword(default, "default", "default_factory") or (default.args[0] if default.args else None)
        missing = default is None or (isinstance(default, ast.Constant) and default.value is Ellipsis)
        kind = cast_of(part.annotation.value if isinstance(part.annotation, ast.Subscript) else part.annotation)
        kind = "json" if kind == "list" else kind  # pydantic reads lists as JSON
        yield Read(name, missing, literal(default), part.lineno, kind, target=path_of(part.target).upper())
