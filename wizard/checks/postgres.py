"""What PostgreSQL says of itself on the server; and a row, written and read from outside as the site's own role.

Nothing stays of the row: its transaction is rolled back. Must not know what the site keeps in its tables.
"""

# ruff: noqa: S608  (every name passes quoting.sql_literal)

from __future__ import annotations

import secrets

from wizard.checks.base import Check, Finding, Vantage, from_outside, on_server
from wizard.operations.postgres import PSQL
from wizard.operations.quoting import sh, sql_literal
from wizard.secret import Secret
from wizard.text import text

PATIENCE = 15  # seconds


def row_written_and_read(role: str, database: str, password: Secret, *, port: int = 5432) -> Check:
    """Through an SSH tunnel, since the port must not be reachable otherwise; in a table of its own in schema public."""

    def look(vantage: Vantage) -> Finding:
        import psycopg

        word = secrets.token_hex(8)
        try:
            with (
                vantage.transport.tunnel(port) as local,
                psycopg.connect(
                    host="127.0.0.1", port=local, user=role, dbname=database, password=password.reveal(),
                    connect_timeout=PATIENCE, application_name="wizard", options="-c statement_timeout=15s",
                ) as connection,
            ):  # fmt: skip
                connection.execute("CREATE TABLE public.wizard_proof (word text)")
                connection.execute("INSERT INTO public.wizard_proof VALUES (%s)", [word])
                row = connection.execute("SELECT word, current_user FROM public.wizard_proof").fetchone()
                connection.rollback()
        except psycopg.Error as e:
            return Finding(False, (str(e).strip().splitlines() or [type(e).__name__])[0])
        if row is None:
            return Finding(False, text("checks.postgres.wrote_only", word=word, role=role))
        return Finding(row == (word, role), text("checks.postgres.wrote_read", word=word, role=role, row=row[0]))

    set_in = text("checks.postgres.row_set_in", role=role, database=database)
    return from_outside(
        text("checks.postgres.row"),
        look,
        wanted=text("checks.postgres.row_wanted", role=role),
        set_in=set_in,
    )


def answers() -> Check:
    """PostgreSQL answers a query."""
    return on_server(
        "PostgreSQL answers",
        _query("SHOW server_version"),
        wanted=text("checks.postgres.version"),
        set_in=text("checks.postgres.cluster"),
    )


def listens_locally() -> Check:
    """PostgreSQL listens on this server only."""
    return on_server(
        text("checks.postgres.listens"),
        r"""listening=$(ss -Hltnp | awk '/"postgres"/ { print $4 }'); echo $listening
[ -n "$listening" ] && ! echo "$listening" | grep -qv -e '^127\.' -e '^\[::1\]'""",
        wanted=text("checks.postgres.local_only"),
        set_in=text("checks.postgres.listen_addresses"),
    )


def network_logins_need_scram() -> Check:
    """No line of pg_hba.conf lets anybody in over the network without a password kept as SCRAM."""
    return _says(
        text("checks.postgres.scram"),
        "SELECT current_setting('password_encryption'), count(*) FROM pg_catalog.pg_hba_file_rules"
        " WHERE error IS NOT NULL OR type <> 'local' AND auth_method NOT IN ('scram-sha-256', 'reject')",
        "scram-sha-256|0",
        set_in=text("checks.postgres.scram_set_in"),
    )


def role_may_only_log_in(role: str) -> Check:
    """The role may log in, and nothing else: no superuser, no other databases or roles."""
    return _says(
        text("checks.postgres.plain_role", role=role),
        "SELECT rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls,"
        f" left(rolpassword, 13) FROM pg_catalog.pg_authid WHERE rolname = {sql_literal(role)}",
        "t|f|SCRAM-SHA-256",
        set_in=text("checks.postgres.role", role=role),
    )


def database_belongs_to(database: str, role: str) -> Check:
    """The database is there, and this role owns it."""
    return _says(
        text("checks.postgres.owner", database=database, role=role),
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), has_database_privilege('public', oid, 'CONNECT')"
        f" FROM pg_catalog.pg_database WHERE datname = {sql_literal(database)}",
        f"{role}|UTF8|f",
        set_in=text("checks.postgres.database", database=database),
    )


def _says(name: str, sql: str, expected: str, *, set_in: str) -> Check:
    script = f'{PSQL}found=$(psql_ -d postgres -c {sh(sql)}); echo "$found"; [ "$found" = {sh(expected)} ]'
    return on_server(name, script, wanted=expected, set_in=set_in)


def _query(sql: str) -> str:
    return f"{PSQL}psql_ -d postgres -c {sh(sql)}"
