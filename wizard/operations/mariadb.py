"""Accounts and databases of the MariaDB on this server. SQL goes to its client over stdin, as MariaDB's root.

Must not know passwords beyond hashing them: no statement, log or observation holds one in clear.
"""
# ruff: noqa: S608  (a name has letters, digits and underscores alone; everything else is a constant)

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations.base import Blob, Foreign, Operation, State, not_journalled
from wizard.operations.quoting import for_a_person, sh
from wizard.secret import Secret
from wizard.text import text as in_words

SALT = secrets.token_hex(16)  # stands before a password in a blob, so that the blob's name tells nothing of it
CLIENT = resources.files("wizard.operations").joinpath("shell/mariadb.sh").read_text(encoding="utf-8")
NAME = r"[A-Za-z0-9_]{1,63}"
RESERVED = {"mysql", "information_schema", "performance_schema", "sys", "test", "root", "mariadb"}


def _run(*statements: str) -> str:
    return f"{CLIENT}my_ <<'SQL'\n" + "\n".join(statements) + "\nSQL"


def _ask(query: str) -> str:
    """Where MariaDB is not installed, or does not answer, nothing is found rather than an error."""
    return f"{CLIENT}if command -v mariadb >/dev/null; then my_ 2>/dev/null <<'SQL' || :\n{query}\nSQL\nfi"


def _is(query: str, wanted: str) -> str:
    return f"{CLIENT}[ \"$(my_ <<'SQL'\n{query}\nSQL\n)\" = {sh(wanted)} ]"


def _checked(name: str) -> str:
    if not re.fullmatch(NAME, name) or name.lower() in RESERVED:
        raise UsageError("operations.mariadb.reserved", name=repr(name))
    return name


@dataclass(frozen=True)
class AccountState(State):
    """hash: the SHA-256 of what MariaDB keeps of the password, never that itself. powers: rights on all databases.

    databases: those that it has rights on, as GRANT writes them.
    """

    exists: bool = False
    hash: str = ""
    powers: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account(Operation):
    """An account of this server alone, with all rights on one database and none on any other.

    hash is as in AccountState; the blobs are known by name, since a change is finished from the journal alone.
    """

    kind: ClassVar[str] = "mariadb_account"
    state = AccountState
    name: str
    database: str
    hash: str
    statements_blob: str
    password_blob: str
    secrets: tuple[Blob, ...] = not_journalled(default=(), repr=False)

    @property
    def identity(self) -> str:
        return self.name

    @property
    def _pattern(self) -> str:
        """The database as GRANT takes it: a bare underscore would stand for any character."""
        return self.database.replace("_", "\\_")

    def observe(self) -> str:
        whose = f"(User,Host)=('{self.name}','localhost')"
        return _ask(
            f"SELECT 'account', SHA2(authentication_string, 256) FROM mysql.user WHERE {whose};\n"
            "SELECT 'power', privilege_type FROM information_schema.user_privileges\n"
            f"WHERE grantee = '''{self.name}''@''localhost''' AND privilege_type <> 'USAGE' ORDER BY 2;\n"
            # the client writes a backslash twice
            f"SELECT 'database', REPLACE(Db, CHAR(92), '/') FROM mysql.db WHERE {whose} ORDER BY 2;"
        )

    def parse(self, text: str) -> AccountState:
        said = [line.split("\t", 1) for line in text.splitlines() if "\t" in line]
        found = {kind: tuple(value for k, value in said if k == kind) for kind in ("account", "power", "database")}
        if not found["account"]:
            return AccountState()
        databases = tuple(name.replace("/", "\\") for name in found["database"])
        return AccountState(True, found["account"][0], found["power"], databases)

    def foreign(self, found: AccountState) -> Iterable[Foreign]:
        if found.exists:
            what = in_words("operations.mariadb.account", name=self.name)
            does = in_words("operations.mariadb.account_does", database=self.database)
            yield Foreign(f"account:{self.name}", what, does, instead="mariadb.account")

    def wanted(self, found: AccountState) -> AccountState:
        return AccountState(True, self.hash, (), (self._pattern,))

    def blobs(self, found: AccountState) -> tuple[Blob, ...]:
        return self.secrets

    def apply(self, before: AccountState, after: AccountState) -> str:
        account = f"'{self.name}'@'localhost'"
        if not after.exists:
            return _run(f"DROP USER IF EXISTS {account};")
        if after != self.wanted(before):
            drop = _run(f"DROP USER IF EXISTS {account};")
            return f'[ -s "$change/account" ]\n{drop}\nmy_ <"$change/account"'
        keep = self._keep(account) if before.exists else ""
        return f'{CLIENT}{keep}my_ <"$blobs/{self.statements_blob}"'

    def _keep(self, account: str) -> str:
        return f"""\
# the account as it is now, to be put back on undo
if [ ! -e "$change/account" ]; then
    (umask 077; printf '%s\\n' "SHOW CREATE USER {account}; SHOW GRANTS FOR {account};" | my_ --raw |
        sed 's/$/;/' >"$change/account.new")
    sync "$change/account.new"
    mv "$change/account.new" "$change/account"
fi
"""

    def verify(self, after: AccountState) -> str:
        if after != self.wanted(after):
            count = f"SELECT COUNT(*) FROM mysql.user WHERE User = '{self.name}' AND Host = 'localhost';"
            return _is(count, "1" if after.exists else "0")
        return f"""{CLIENT}# a real login with the password, as the site will do it
as_account {sh(self.name)} "$(tail -n 1 "$blobs/{self.password_blob}")" mariadb --execute='SELECT CURRENT_USER()'"""


def back_into(account: str, database: str) -> str:
    """The commands that put a dump back, as one word for `end_save`."""
    return sh(f'{for_a_person(CLIENT)}mariadb_restore {sh(account)} {sh(database)} "$saved"')


@dataclass(frozen=True)
class MariadbDatabaseState(State):
    """charset: the character set of new tables."""

    exists: bool = False
    charset: str = ""


@dataclass(frozen=True)
class MariadbDatabase(Operation):
    """A database in utf8mb4; `account` is the one that works in it."""

    kind: ClassVar[str] = "mariadb_database"
    state = MariadbDatabaseState
    name: str
    account: str

    @property
    def identity(self) -> str:
        return self.name

    @property
    def _query(self) -> str:
        return f"SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = '{self.name}';"

    def observe(self) -> str:
        return _ask(self._query)

    def parse(self, text: str) -> MariadbDatabaseState:
        return MariadbDatabaseState(True, text.strip()) if text.strip() else MariadbDatabaseState()

    def foreign(self, found: MariadbDatabaseState) -> Iterable[Foreign]:
        if found.exists:
            what = in_words("operations.mariadb.database", name=self.name)
            does = in_words("operations.mariadb.database_does", account=self.account)
            yield Foreign(f"database:{self.name}", what, does, instead="mariadb.database")

    def wanted(self, found: MariadbDatabaseState) -> MariadbDatabaseState:
        return MariadbDatabaseState(True, "utf8mb4")

    def apply(self, before: MariadbDatabaseState, after: MariadbDatabaseState) -> str:
        if not after.exists:
            return f"{self._dump()}\n" + _run(f"DROP DATABASE IF EXISTS `{self.name}`;")
        return _run(
            f"CREATE DATABASE IF NOT EXISTS `{self.name}` CHARACTER SET {after.charset};",
            f"ALTER DATABASE `{self.name}` CHARACTER SET {after.charset};",
        )

    def _dump(self) -> str:
        places = (("tables", "table_schema"), ("routines", "routine_schema"), ("events", "event_schema"))
        counts = " + ".join(
            f"(SELECT COUNT(*) FROM information_schema.{view} WHERE {column} = '{self.name}')"
            for view, column in places
        )
        return f"""\
# data that came later is never just dropped: where there is anything in it, a dump is made first
{CLIENT}used=$(my_ <<'SQL'
SELECT {counts};
SQL
)
if [ "$used" != 0 ]; then
    begin_save {self.name} .sql
    mariadb_dump_of {sh(self.account)} {sh(self.name)} "$saved.part"
    end_save {sh(in_words("operations.django.database", database=self.name))} {back_into(self.account, self.name)}
fi"""

    def verify(self, after: MariadbDatabaseState) -> str:
        return _is(self._query, after.charset)


def mariadb_account(name: str, password: Secret, *, database: str) -> Account:
    """An account `name`@localhost for one database. UsageError for names that MariaDB keeps for itself, or cannot have.

    https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/: kept is SHA1(SHA1(password)).
    """
    _checked(name), _checked(database)
    word = password.reveal().encode()
    kept = "*" + hashlib.sha1(hashlib.sha1(word).digest()).hexdigest().upper()  # noqa: S324  (MariaDB's own way)
    account, pattern = f"'{name}'@'localhost'", database.replace("_", "\\_")
    statements = Blob(
        (
            f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY PASSWORD '{kept}';\n"
            f"ALTER USER {account} IDENTIFIED BY PASSWORD '{kept}';\n"
            f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account};\n"
            f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO {account};\n"
        ).encode(),
        secret=True,
    )
    in_clear = Blob(f"{SALT}\n{password.reveal()}\n".encode(), secret=True)
    digest = hashlib.sha256(kept.encode()).hexdigest()
    return Account(name, database, digest, statements.name, in_clear.name, (statements, in_clear))


def mariadb_database(name: str, *, account: str) -> MariadbDatabase:
    """A database in utf8mb4. UsageError for MariaDB's own ones. `account`: as whom it is dumped and put back."""
    return MariadbDatabase(_checked(name), _checked(account))
