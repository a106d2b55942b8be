"""Which database the settings use, and which text of a variable makes it PostgreSQL, as syntax trees.

Must not run anything. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wizard.project.found import EnvName
from wizard.project.names import literal
from wizard.project.settings import Settings

POSTGRES = re.compile(r"post?gre|postgis|psycopg|psql|timescale|^pg(sql)?$", re.I)
# the names of variables that say which database it is: DB_ENGINE, DATABASE_TYPE, SQL_BACKEND …
KIND = re.compile(
    r"(.*_)?(DB|DATABASES?|SQL|RDBMS)_?(DEFAULT_)?"
    r"(ENGINE|TYPE|BACKEND|VENDOR|DRIVER|KIND|CONNECTION|ADAPTER|PROVIDER|DIALECT)",
    re.I,
)
SWITCH_ON = re.compile(
    r"(.*_)?(USE|ENABLE|WITH|HAS|IS)_?(POSTGRES(QL)?|PG|PSQL)(_DB)?|(POSTGRES(QL)?|PG)_ENABLED?", re.I
)
SWITCH_OFF = re.compile(r"(.*_)?(USE|ENABLE|WITH|IS)_?SQLITE3?(_DB)?|SQLITE3?_ENABLED?", re.I)
WORD = re.compile(r"post?gre(s|sql|sql_psycopg2)?|postgis|psql|pg(sql)?", re.I)
BACKEND = "django.db.backends.postgresql"
MYSQL = re.compile(r"mysql|mariadb", re.I)
MYSQL_BACKEND = "django.db.backends.mysql"
LOCAL = {"localhost", "127.0.0.1"}


def engine_of(settings: Settings, env_names: tuple[EnvName, ...]) -> str | None:
    """The database backend, from DATABASES or from the default URL."""
    for key, value in _entries(settings):
        text = literal(value)
        if key == "ENGINE" and text:
            return text
    by_purpose = {name.purpose: name.default for name in reversed(env_names)}
    if by_purpose.get("database_engine"):
        return by_purpose["database_engine"]
    scheme = (by_purpose.get("database_url") or "").partition(":")[0]
    return {"sqlite": "django.db.backends.sqlite3", "mysql": MYSQL_BACKEND}.get(scheme) or (
        BACKEND if scheme.startswith("postgres") else None
    )


def by_variables(settings: Settings, env_names: tuple[EnvName, ...], *, mysql: bool = False) -> bool:
    """Whether variables alone bring the site to a database of PostgreSQL, or of MariaDB, with a name, role and password of

    the server's.
    """
    purposes = {name.purpose for name in env_names}
    if "database_url" in purposes:
        return True
    entries = list(_entries(settings))
    engines = [literal(value) or "" for key, value in entries if key == "ENGINE"]
    texts = [name.mysql if mysql else name.postgres for name in env_names if name.purpose == "database_engine"]
    chosen = any(text is not None for text in texts)
    hosts = {literal(value) for key, value in entries if key == "HOST"} - {None}
    if any(literal(value) for key, value in entries if key in {"NAME", "USER", "PASSWORD"}):
        return False  # whatever is read elsewhere
    told = {"database_name", "database_user", "database_password"} <= purposes
    reached = "database_host" in purposes or (bool(hosts) and hosts <= LOCAL)
    return told and reached and (chosen or any(map((MYSQL if mysql else POSTGRES).search, engines)))


def _entries(settings: Settings) -> Iterator[tuple[str | None, ast.expr]]:
    """The keys and values of DATABASES, whatever they are nested in."""
    databases = settings.values.get("DATABASES")
    for part in databases.parts if databases else ():
        for node in ast.walk(part):
            if isinstance(node, ast.Dict):
                yield from ((literal(key), value) for key, value in zip(node.keys, node.values, strict=True))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dict":
                yield from ((word.arg, word.value) for word in node.keywords)


# The variable that decides -----------------------------------------------------------------------------------------


def with_choice(trees: Iterable[ast.Module], settings: Settings, env_names: tuple[EnvName, ...]) -> tuple[EnvName, ...]:
    """The variables, those that decide on the database with the text that means PostgreSQL.

    One whose text cannot be told is required and of no purpose, so that a person is asked for it.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    behind = settings.names_behind("DATABASES")
    databases = settings.values.get("DATABASES")
    inside = {id(node) for part in (databases.parts if databases else ()) for node in ast.walk(part)}
    words = any(isinstance(n, ast.Constant) and WORD.fullmatch(str(n.value)) for n in nodes)
    return tuple(_chosen(name, nodes, behind, inside, words=words) for name in env_names)


def _chosen(name: EnvName, nodes: list[ast.AST], behind: set[str], inside: set[int], *, words: bool) -> EnvName:
    """behind, inside: the names and the expressions that DATABASES is made of. words: the settings hold a word for
    PostgreSQL that some variable may be compared with."""
    telling = KIND.fullmatch(name.name) or SWITCH_ON.fullmatch(name.name) or SWITCH_OFF.fullmatch(name.name)
    engine = re.search(r"\bbackends\.|^sqlite3?$", name.default or "")
    if name.purpose not in {None, "database_engine"} or not (name.purpose or telling or engine or words):
        return name
    uses = Uses(name.name, nodes)
    if SWITCH_ON.fullmatch(name.name) or SWITCH_OFF.fullmatch(name.name):
        on = SWITCH_ON.fullmatch(name.name) is not None
        return replace(name, purpose="database_engine", postgres=uses.switch(name.kind, on=on), required=False)
    names_engine = engine and uses.holders & behind
    if not (name.purpose or KIND.fullmatch(name.name) or names_engine or uses.knows_postgres()):
        return name
    text = uses.text(name.default, direct=name.purpose is not None or bool(names_engine))
    if text is None and not (uses.holders & behind or uses.is_read_in(inside)):
        return name
    if text is None:
        return replace(name, purpose=None, required=True, when=None)
    return replace(name, purpose="database_engine", postgres=text, mysql=uses.mysql(name.default, text))


class Uses:
    """What becomes of a variable: the expressions that read it, the names that hold it, and what these meet."""

    def __init__(self, name: str, nodes: list[ast.AST]) -> None:
        self._nodes = nodes
        self._reads = [node for node in nodes if _reads(node, name)]
        inside = set(map(id, self._reads))
        assigned = (n for n in nodes if isinstance(n, ast.Assign | ast.AnnAssign) and n.value is not None)
        self.holders = {
            target.id
            for node in assigned
            if any(id(part) in inside for part in ast.walk(node.value or node))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and not isinstance(node.value, ast.Dict | ast.Compare)
        }
        self._inside = inside

    def _is_held(self, node: ast.AST | None) -> bool:
        parts = ast.walk(node) if node is not None else ()
        return any(
            id(part) in self._inside or (isinstance(part, ast.Name) and part.id in self.holders) for part in parts
        )

    def text(self, default: str | None, *, direct: bool) -> str | None:
        """The text that means PostgreSQL; None where that cannot be told. direct: it is what ENGINE is set to."""
        for before in self._texts_before():
            if before and BACKEND.startswith(before):
                return BACKEND.removeprefix(before)
        tables = list(self._tables())
        for key, value in tables:
            if re.search(r"postg|psycopg", value, re.I):
                return key
        options = [*(key for key, _ in tables), *self.options()]
        for option in options:
            if POSTGRES.search(option):
                return option
        if options:  # `if kind == "sqlite": … else: …`
            return "postgresql"
        if direct and default and POSTGRES.search(default):
            return default
        if direct and (default is None or "." in default):
            # others' backends keep their place: django_prometheus.db.backends.sqlite3
            own = re.sub(r"\.(sqlite3|mysql|oracle|spatialite)$", ".postgresql", default or "")
            return own.replace("gis.db.backends.postgresql", "gis.db.backends.postgis") if "postgre" in own else BACKEND
        return None

    def mysql(self, default: str | None, postgres: str) -> str | None:
        """The text that means MySQL, where the project knows it: its own default, what the text is compared with, or the

        backend, where it is named in full or in part. postgres: the text that means PostgreSQL.
        """
        if default and MYSQL.search(default):
            return default
        options = [*(key for key, value in self._tables() if MYSQL.search(key + value)), *self.options()]
        if known := [option for option in options if MYSQL.search(option)]:
            return known[0]
        named = {BACKEND: MYSQL_BACKEND, "postgresql": "mysql" if any(self._texts_before()) else None}
        return named.get(postgres)

    def is_read_in(self, expressions: set[int]) -> bool:
        return bool(self._inside & expressions)

    def knows_postgres(self) -> bool:
        return any(map(POSTGRES.search, self.options()))

    def _texts_before(self) -> Iterator[str]:
        """What the variable's text is added to: f"django.db.backends.{kind}" and the like."""
        for node in self._nodes:
            if isinstance(node, ast.JoinedStr):
                for before, part in zip(node.values, node.values[1:], strict=False):
                    if isinstance(part, ast.FormattedValue) and self._is_held(part.value):
                        yield literal(before) or ""
            elif isinstance(node, ast.BinOp) and self._is_held(node.right):
                yield (literal(node.left) or "").partition("%")[0]
            elif (call := _method(node, "format")) and any(map(self._is_held, call.args)):
                yield (literal(_owner(call)) or "").partition("{")[0]

    def options(self) -> Iterator[str]:
        """The texts that the variable is compared with, or looked up among; those that lead to PostgreSQL first."""
        for node in self._nodes:
            if isinstance(node, ast.Compare) and (
                self._is_held(node.left) or any(map(self._is_held, node.comparators))
            ):
                for side in (node.left, *node.comparators):
                    yield from _literals(side)
            elif isinstance(node, ast.Match) and self._is_held(node.subject):
                for case in node.cases:
                    values = (part.value for part in ast.walk(case.pattern) if isinstance(part, ast.MatchValue))
                    yield from (text for value in values if (text := literal(value)))

    def _tables(self) -> Iterator[tuple[str, str]]:
        """The keys, and the values as text, of a dict in which the variable's text is looked up."""
        for node in self._nodes:
            if isinstance(node, ast.Subscript) and self._is_held(node.slice):
                yield from self._pairs(node.value)
            elif (call := _method(node, "get")) and call.args and self._is_held(call.args[0]):
                yield from self._pairs(_owner(call))

    def _pairs(self, table: ast.expr) -> Iterator[tuple[str, str]]:
        """Of a dict, by itself or by its name."""
        found: list[ast.expr] = [table]
        if isinstance(table, ast.Name):
            assigned = (n for n in self._nodes if isinstance(n, ast.Assign))
            found += [n.value for n in assigned if any(getattr(t, "id", "") == table.id for t in n.targets)]
        for node in found:
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                yield from ((text, ast.unparse(value)) for key, value in pairs if (text := literal(key)))

    def switch(self, kind: str, *, on: bool) -> str:
        """The text that turns a switch on or off, as the project compares it."""
        if not on:
            return {"truthy": "", "int": "0", "json": "false"}.get(kind, "False")
        words = [text for text in self.options() if re.fullmatch(r"1|true|yes|on|y|t", text, re.I)]
        return words[0] if words else {"int": "1", "json": "true"}.get(kind, "True")


def _reads(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call):
        return bool(node.args) and literal(node.args[0]) == name
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and literal(node.slice) == name


def _method(node: ast.AST, name: str) -> ast.Call | None:
    """The node where it is `something.name(…)`."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    return node if is_call and isinstance(node, ast.Call) else None


def _owner(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        for item in node.elts:
            yield from _literals(item)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
