"""Roles and databases of the PostgreSQL on this server. SQL goes to psql over stdin, as the user `postgres`.

Must not know passwords beyond turning them into SCRAM verifiers: no statement, log or observation holds one.
"""
# ruff: noqa: S608  (every name and value passes quoting.sql_literal or sql_identifier)

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations import scram
from wizard.operations.base import Blob, Foreign, Operation, State, not_journalled
from wizard.operations.quoting import for_a_person, sh, sql_identifier, sql_literal
from wizard.secret import Secret
from wizard.text import text as in_words

SALT = secrets.token_hex(16)  # stands before a password in a blob, so that the blob's name tells nothing of it
NOTHING_MORE = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"

# A failing statement would stand in PostgreSQL's log in full, so these sessions switch that off. The rest is what a role can
# set for whoever enters its database (ALTER DATABASE … SET), postgres too: without a search_path no function, operator or
# table of the role's can stand in for one of PostgreSQL's.
PSQL = """\
psql_() {
    (cd /; PGOPTIONS='-c search_path= -c role=none -c default_transaction_read_only=off -c statement_timeout=0
        -c lock_timeout=0 -c standard_conforming_strings=on -c transform_null_equals=off -c client_min_messages=warning
        -c row_security=on -c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1' \\
        PGCLIENTENCODING=UTF8 runuser -u postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 "$@")
}
"""
OWNER = PSQL + resources.files("wizard.operations").joinpath("shell/owner.sh").read_text(encoding="utf-8")
# Where PostgreSQL is not installed, or does not answer, nothing is found rather than an error.
ASK = "if command -v psql >/dev/null && id postgres >/dev/null 2>&1; then psql_ 2>/dev/null <<'SQL' || :\n{}\nSQL\nfi"


def _run(*statements: str) -> str:
    return f"{PSQL}psql_ <<'SQL'\n" + "\n".join(statements) + "\nSQL"


def _ask(query: str) -> str:
    return PSQL + ASK.format(query)


def _unless(exists: str, statement: str) -> str:
    """psql's \\gexec runs what the query returns: here the statement, or nothing."""
    return f"SELECT {sql_literal(statement)} WHERE NOT EXISTS ({exists}) \\gexec"


# A role that a database or a table belongs to cannot be dropped. Where that is somebody's, it stays as well, and is said.
AUTHID = "'pg_catalog.pg_authid'::pg_catalog.regclass"
NEEDED = f"EXISTS (SELECT FROM pg_catalog.pg_shdepend WHERE refclassid = {AUTHID} AND refobjid = r.oid)"
DROP_ROLE = f"""\
SELECT {{statement}} FROM pg_catalog.pg_roles r WHERE rolname = {{literal}} AND NOT {NEEDED} \\gexec
SELECT 'the role ' || rolname || ' stays: something in the database ' || string_agg(DISTINCT datname, ', ') || ' is its own'
FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_shdepend ON refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND refobjid = r.oid
    JOIN pg_catalog.pg_database d ON d.oid IN (dbid, objid)
WHERE rolname = {{literal}} GROUP BY rolname;"""


@dataclass(frozen=True)
class RoleState(State):
    """verifier: the SHA-256 of what PostgreSQL keeps of the password, never that itself. powers: beyond logging in."""

    exists: bool = False
    login: bool = False
    powers: tuple[str, ...] = ()
    verifier: str = ""


@dataclass(frozen=True)
class Role(Operation):
    """A role that may log in with this password and nothing more.

    verifier is as in RoleState; the blobs are known by name, since a change is finished from the journal alone.
    """

    kind: ClassVar[str] = "postgres_role"
    state = RoleState
    name: str
    verifier: str
    verifier_blob: str
    pgpass_blob: str
    secrets: tuple[Blob, ...] = not_journalled(default=(), repr=False)

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        powers = ["super", "createdb", "createrole", "replication", "bypassrls"]
        listed = ", ".join(f"CASE WHEN rol{p} THEN '{p}' END" for p in powers)
        return _ask(
            f"SELECT rolcanlogin, concat_ws(' ', {listed}), encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex')\n"
            f"FROM pg_catalog.pg_authid WHERE rolname = {sql_literal(self.name)};"
        )

    def parse(self, text: str) -> RoleState:
        if not text.strip():
            return RoleState()
        login, powers, verifier_hash = text.strip("\n").split("|")
        return RoleState(True, login == "t", tuple(powers.split()), verifier_hash)

    def foreign(self, found: RoleState) -> Iterable[Foreign]:
        if found.exists:
            role = "powerful_role" if found.powers else "role"
            what = in_words(f"operations.postgres.{role}", name=self.name, powers=found.powers)
            does = in_words(f"operations.postgres.{role}_does")
            yield Foreign(f"role:{self.name}", what, does, instead="postgres.role")

    def wanted(self, found: RoleState) -> RoleState:
        return RoleState(True, True, (), self.verifier)

    def blobs(self, found: RoleState) -> tuple[Blob, ...]:
        return self.secrets

    def apply(self, before: RoleState, after: RoleState) -> str:
        name, literal = sql_identifier(self.name), sql_literal(self.name)
        if not after.exists:
            return _run(DROP_ROLE.format(statement=sql_literal(f"DROP ROLE {name}"), literal=literal))
        create = _unless(f"SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal}", f"CREATE ROLE {name}")
        alter = f"ALTER ROLE {name} {_powers(after)}"
        ours = after == self.wanted(before)
        if not ours and not after.verifier:
            return _run("BEGIN;", create, f"{alter} PASSWORD NULL;", "COMMIT;")
        source = f"$blobs/{self.verifier_blob}" if ours else '"$change/verifier"'
        lines = [PSQL + self._keep_verifier()] if ours and before.verifier else [PSQL.rstrip()]
        statements = "\n".join(["BEGIN;", create, f"{alter} PASSWORD :'verifier';", "COMMIT;"])
        lines.append(f"{{ cat {source}; cat <<'SQL'\n{statements}\nSQL\n}} | psql_")
        return "\n".join(lines)

    def _keep_verifier(self) -> str:
        name = sql_literal(self.name)
        query = f"SELECT '\\set verifier ''' || rolpassword || '''' FROM pg_catalog.pg_authid WHERE rolname = {name};"
        return f"""\
# the password that it has now (its verifier: PostgreSQL knows no more), to be put back on undo
if [ ! -e "$change/verifier" ]; then
    (umask 077; psql_ >"$change/verifier.new" <<'SQL'
{query}
SQL
    )
    sync "$change/verifier.new"
    mv "$change/verifier.new" "$change/verifier"
fi"""

    def verify(self, after: RoleState) -> str:
        if after != self.wanted(after):
            wanted = 1 if after.exists else 0
            query = f"SELECT count(*) FROM pg_catalog.pg_roles r WHERE rolname = {sql_literal(self.name)}"
            query += "" if after.exists else f" AND NOT {NEEDED}"
            return f"{PSQL}[ \"$(psql_ <<'SQL'\n{query}\nSQL\n)\" = {wanted} ]"
        return f"""{PSQL}# a real login with the password, as the site will do it
port=$(psql_ -c 'SHOW port')
PGPASSFILE=$blobs/{self.pgpass_blob} PGCONNECT_TIMEOUT=10 \
psql -X -w -A -t -h 127.0.0.1 -p "$port" -U {sh(self.name)} -d postgres -c 'SELECT current_user'"""


def _powers(state: RoleState) -> str:
    words = {"super": "SUPERUSER"}
    granted = " ".join(words.get(p, p.upper()) for p in state.powers)
    denied = " ".join(w for w in NOTHING_MORE.split() if w.removeprefix("NO") not in granted.split())
    return f"{'LOGIN' if state.login else 'NOLOGIN'} {granted} {denied}".replace("  ", " ").strip()


def back_into(database: str) -> str:
    """The commands that put a dump back, as one word for `end_save`. What the set-up has made anew in it meanwhile is replaced:

    all of it, or nothing when that fails.
    """
    return sh(f'{for_a_person(OWNER)}restore_into {sh(database)} "$saved" clean')


@dataclass(frozen=True)
class DatabaseState(State):
    """public: what everybody who can log in may do with it, out of CONNECT and TEMPORARY."""

    exists: bool = False
    owner: str = ""
    encoding: str = ""
    public: tuple[str, ...] = ()


@dataclass(frozen=True)
class Database(Operation):
    """A database that belongs to one role; others may not even connect."""

    kind: ClassVar[str] = "postgres_database"
    state = DatabaseState
    name: str
    owner: str

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        public = ", ".join(
            f"CASE WHEN has_database_privilege('public', oid, '{p}') THEN '{p}' END" for p in ("CONNECT", "TEMPORARY")
        )
        return _ask(
            f"SELECT pg_encoding_to_char(encoding), concat_ws(' ', {public}), pg_get_userbyid(datdba)\n"
            f"FROM pg_catalog.pg_database WHERE datname = {sql_literal(self.name)};"
        )

    def parse(self, text: str) -> DatabaseState:
        if not text.strip():
            return DatabaseState()
        encoding, public, owner = text.strip("\n").split("|", 2)
        return DatabaseState(True, owner, encoding, tuple(public.split()))

    def foreign(self, found: DatabaseState) -> Iterable[Foreign]:
        if found.exists:
            what = in_words("operations.postgres.database", name=self.name, owner=found.owner)
            does = in_words("operations.postgres.database_does", owner=self.owner)
            yield Foreign(f"database:{self.name}", what, does, instead="postgres.database")

    def wanted(self, found: DatabaseState) -> DatabaseState:
        return DatabaseState(True, self.owner, found.encoding or "UTF8", ())

    def apply(self, before: DatabaseState, after: DatabaseState) -> str:
        name = sql_identifier(self.name)
        if not after.exists:
            drop = _run("SET client_min_messages = warning;", f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")
            return f"{self._dump()}\n{drop}"
        create = f"CREATE DATABASE {name} OWNER {sql_identifier(after.owner)} ENCODING 'UTF8' TEMPLATE template0"
        statements = [
            _unless(f"SELECT FROM pg_catalog.pg_database WHERE datname = {sql_literal(self.name)}", create),
            f"ALTER DATABASE {name} OWNER TO {sql_identifier(after.owner)};",
        ]
        denied = [p for p in ("CONNECT", "TEMPORARY") if p not in after.public]
        if denied:
            statements.append(f"REVOKE {', '.join(denied)} ON DATABASE {name} FROM PUBLIC;")
        if after.public:
            statements.append(f"GRANT {', '.join(after.public)} ON DATABASE {name} TO PUBLIC;")
        return _run(*statements)

    def _dump(self) -> str:
        file = re.sub(r"[^A-Za-z0-9_-]", "_", self.name)
        return f"""\
# data that came later is never just dropped: where there is anything in it, a dump is made first
{OWNER}there=$(psql_ -d postgres <<'SQL'
SELECT count(*) FROM pg_catalog.pg_database WHERE datname = {sql_literal(self.name)};
SQL
)
used=f
[ "$there" = 0 ] || used=$(psql_ -d {self._connection} <<'SQL'
SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm', 'v', 'S', 'f') AND relnamespace NOT IN
    (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast')))
    OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata);
SQL
)
if [ "$used" = t ]; then
    begin_save {file} .dump
    dump_of {sh(self.name)} >"$saved.part"
    pg_restore --list "$saved.part" >/dev/null
    end_save {sh(in_words("operations.django.database", database=self.name))} {back_into(self.name)}
fi"""

    @property
    def _connection(self) -> str:
        """libpq takes a bare name with a `=` in it for a connection string, so it gets a real one."""
        escaped = re.sub(r"([\\'])", r"\\\1", self.name)
        return sh(f"dbname='{escaped}'")

    def verify(self, after: DatabaseState) -> str:
        if after.exists:
            return f"{PSQL}[ \"$(psql_ -d {self._connection} -c 'SELECT 1')\" = 1 ]\n" + self._owned(after)
        return self._owned(after)

    def _owned(self, after: DatabaseState) -> str:
        query = f"SELECT pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = {sql_literal(self.name)};"
        return f"{PSQL}[ \"$(psql_ <<'SQL'\n{query}\nSQL\n)\" = {sh(after.owner)} ]"


def role(name: str, password: Secret) -> Role:
    """A role for one site. UsageError for names that PostgreSQL keeps for itself, and passwords that SCRAM cannot take."""
    if name == "postgres" or name.startswith("pg_"):
        raise UsageError("operations.postgres.role_reserved", name=repr(name))
    sql_identifier(name)
    verifier = scram.verifier(name, password).reveal()
    set_verifier = Blob(f"\\set verifier '{verifier}'\n".encode(), secret=True)
    user, word = (re.sub(r"([\\:])", r"\\\1", text) for text in (name, password.reveal()))
    pgpass = Blob(f"# {SALT}\n127.0.0.1:*:*:{user}:{word}\n".encode(), secret=True)
    digest = hashlib.sha256(verifier.encode()).hexdigest()
    return Role(name, digest, set_verifier.name, pgpass.name, (set_verifier, pgpass))


def database(name: str, owner: str) -> Database:
    """A database in UTF-8 that belongs to the role `owner`. UsageError for PostgreSQL's own ones."""
    if name in ("postgres", "template0", "template1"):
        raise UsageError("operations.postgres.database_reserved", name=repr(name))
    sql_identifier(name)
    return Database(name, owner)
