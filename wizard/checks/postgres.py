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
        return Finding(row == (word, role), f"wrote {word} as {role} and read {row[0] if row else 'nothing'}")

    set_in = f"the role {role} and the database {database} in PostgreSQL (\\du, \\l), and pg_hba.conf"
    return from_outside(
        "the site's role writes and reads a row", look, wanted=f"a row written and read as {role}", set_in=set_in
    )


def answers() -> Check:
    """PostgreSQL answers a query."""
    return on_server(
        "PostgreSQL answers",
        _query("SHOW server_version"),
        wanted="its version",
        set_in="PostgreSQL's cluster (pg_lsclusters)",
    )


def listens_locally() -> Check:
    """PostgreSQL listens on this server only."""
    return on_server(
        "PostgreSQL listens on this server only",
        r"""listening=$(ss -Hltnp | awk '/"postgres"/ { print $4 }'); echo $listening
[ -n "$listening" ] && ! echo "$listening" | grep -qv -e '^127\.' -e '^\[::1\]'""",
        wanted="127.0.0.1 and [::1] only",
        set_in="listen_addresses in /etc/postgresql/…/main/conf.d/wizard.conf",
    )


def network_logins_need_scram() -> Check:
    """No line of pg_hba.conf lets anybody in over the network without a password kept as SCRAM."""
    return _says(
        "every login over TCP needs a password, kept as SCRAM",
        "SELECT current_setting('password_encryption'), count(*) FROM pg_catalog.pg_hba_file_rules"
        " WHERE error IS NOT NULL OR type <> 'local' AND auth_method NOT IN ('scram-sha-256', 'reject')",
        "scram-sha-256|0",
        set_in="/etc/postgresql/…/main/conf.d/wizard.conf (password_encryption) and pg_hba.conf (the lines of type host)",
    )


def role_may_only_log_in(role: str) -> Check:
    """The role may log in, and nothing else: no superuser, no other databases or roles."""
    return _says(
        f"the role {role} may log in and nothing more",
        "SELECT rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls,"
        f" left(rolpassword, 13) FROM pg_catalog.pg_authid WHERE rolname = {sql_literal(role)}",
        "t|f|SCRAM-SHA-256",
        set_in=f"the role {role} in PostgreSQL (\\du)",
    )


def database_belongs_to(database: str, role: str) -> Check:
    """The database is there, and this role owns it."""
    return _says(
        f"the database {database} belongs to {role}, and others cannot connect to it",
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), has_database_privilege('public', oid, 'CONNECT')"
        f" FROM pg_catalog.pg_database WHERE datname = {sql_literal(database)}",
        f"{role}|UTF8|f",
        set_in=f"the database {database} in PostgreSQL (\\l)",
    )


def _says(name: str, sql: str, expected: str, *, set_in: str) -> Check:
    script = f'{PSQL}found=$(psql_ -d postgres -c {sh(sql)}); echo "$found"; [ "$found" = {sh(expected)} ]'
    return on_server(name, script, wanted=expected, set_in=set_in)


def _query(sql: str) -> str:
    return f"{PSQL}psql_ -d postgres -c {sh(sql)}"
