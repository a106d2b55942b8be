"""A dump of a site's MariaDB database before Django changes it, and its way back: shell for the operations in django.py."""

from __future__ import annotations

from wizard.operations.mariadb import CLIENT, back_into
from wizard.operations.quoting import sh
from wizard.text import text

SAVE = """\
begin_save {database} .sql
if ! mariadb_dump_of {account} {database} "$saved.part"; then
    rm "$saved.part"; say operations.django.cannot_dump database={database} >&2; exit 1
fi
end_save {what} {back}
"""
DUMP = """\
umask 077
if [ ! -s "$change/database.sql" ]; then
    mariadb_dump_of {account} {database} "$change/database.new"
    sync "$change/database.new"
    mv "$change/database.new" "$change/database.sql"
fi
if grep -q '^INSERT INTO' "$change/database.sql"; then
    begin_save {database}-before-"$(basename "$change")" .sql
    cat "$change/database.sql" >"$saved.part"
    end_save {what} {back}
fi
umask 022
"""
RESTORE = """\
there=yes
# somebody may have dropped it, and then nothing is to be put right; an undo that broke off may have dropped it as well
if [ ! -e "$change/saved" ]; then
    there=$(echo "SELECT 1 FROM information_schema.schemata WHERE schema_name = '{database}';" | my_)
fi
if [ -z "$there" ]; then say operations.django.database_gone
elif [ -e "$change/database.sql" ]; then
    mariadb_whole "$change/database.sql" # one that is cut short stops this before anything is dropped
    running=$(systemctl is-active {site}.service || true)
    if_unit {site}.service systemctl stop {site}.service
    if [ ! -e "$change/saved" ]; then
{save}        : >"$change/saved"
        sync "$change/saved" "$change"
    fi
    mariadb_restore {account} {database} "$change/database.sql"
    rm "$change/saved"
    if [ "$running" = active ]; then systemctl start {site}.service; fi
fi"""


def save(database: str, account: str, what: str) -> str:
    """A dump of the database, beside its restore script. what: a shell word that says what it is."""
    return CLIENT + SAVE.format(
        database=sh(database), account=sh(account), what=what, back=back_into(account, database)
    )


def dump_first(database: str, account: str) -> str:
    """A dump of the database as it is before a change, kept with the change; saved as well where it holds anything."""
    what = sh(text("operations.django.database_before", database=database))
    words = {"database": sh(database), "account": sh(account), "back": back_into(account, database)}
    return CLIENT + DUMP.format(**words, what=what)


def put_back(database: str, account: str, site: str) -> str:
    """The database as `dump_first` has kept it, when what is in it now is saved. The site's service stands still meanwhile."""
    what = sh(text("operations.django.database", database=database))
    words = {"database": sh(database), "account": sh(account), "back": back_into(account, database)}
    return CLIENT + RESTORE.format(**words, site=site, save=SAVE.format(**words, what=what))


def of_mariadb(engine: str, account: str) -> str:
    """The account, where this engine of Django's is for MariaDB; else ""."""
    return account if engine.endswith(".mysql") else ""
