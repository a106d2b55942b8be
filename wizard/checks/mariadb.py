"""What MariaDB says of itself on the server; and a row, written and read as the site's own account. Nothing stays of the row.

Must not know what the site keeps in its tables.
"""
# ruff: noqa: S608  (a name has letters, digits and underscores alone)

from __future__ import annotations

import secrets

from wizard.checks.base import Check, on_server
from wizard.operations.mariadb import CLIENT
from wizard.operations.quoting import sh
from wizard.text import text


def mariadb_answers() -> Check:
    """MariaDB answers a query."""
    script = f"{CLIENT}echo 'SELECT VERSION();' | my_"
    return on_server(
        text("checks.mariadb.answers"), script,
        wanted=text("checks.postgres.version"), set_in="mariadb.service (journalctl -u mariadb)",
    )  # fmt: skip


def mariadb_listens_locally() -> Check:
    """MariaDB listens on this server only."""
    return on_server(
        text("checks.mariadb.listens"),
        r"""listening=$(ss -Hltnp | awk '/"(mariadbd|mysqld)"/ { print $4 }'); echo $listening
[ -n "$listening" ] && ! echo "$listening" | grep -qv -e '^127\.' -e '^\[::1\]'""",
        wanted=text("checks.postgres.local_only"),
        set_in=text("checks.mariadb.bind_address"),
    )


def account_has_one_database(account: str, database: str) -> Check:
    """The account comes from this server only, with rights on this database and on nothing else."""
    query = (
        f"SELECT GROUP_CONCAT(DISTINCT Host) FROM mysql.user WHERE User = '{account}';"
        f"SELECT GROUP_CONCAT(DISTINCT REPLACE(Db, CHAR(92), '')) FROM mysql.db WHERE User = '{account}';"
        "SELECT COUNT(*) FROM information_schema.user_privileges WHERE privilege_type <> 'USAGE'"
        f" AND grantee LIKE '''{account}''@%';"
        f"SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = '{database}';"
    )
    wanted = f"localhost {database} 0 utf8mb4"
    script = (
        f"{CLIENT}found=$(echo {sh(query)} | my_ | tr '\\n' ' '); echo \"$found\"; [ \"$found\" = {sh(wanted + ' ')} ]"
    )
    name = text("checks.mariadb.account", account=account, database=database)
    return on_server(name, script, wanted=wanted, set_in=text("checks.mariadb.account_set_in", account=account))


def mariadb_row_written_and_read(account: str, database: str) -> Check:
    """As the site's account, over TCP as the site does it, in a table of its own that is gone with the connection."""
    word = secrets.token_hex(8)
    sql = (
        "CREATE TEMPORARY TABLE wizard_proof (word VARCHAR(40)); "
        f"INSERT INTO wizard_proof VALUES ('{word}'); SELECT word, CURRENT_USER() FROM wizard_proof;"
    )
    script = f"""\
{CLIENT}found=$(echo {sh(sql)} | as_account {sh(account)} "$(kept_password)" mariadb --batch --skip-column-names \\
    --database={sh(database)} 2>&1)
echo "$found"
[ "$found" = "{word}	{account}@localhost" ]"""
    return on_server(
        text("checks.mariadb.row"), script,
        wanted=text("checks.mariadb.row_wanted", account=account),
        set_in=text("checks.mariadb.account_set_in", account=account),
    )  # fmt: skip
