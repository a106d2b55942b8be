"""What Django's own commands do on a server: migrations, static files, the first superuser.

Each runs through the site's own wrapper of manage.py, as the site's user and with the site's variables. Must not know
where the code came from.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from wizard.errors import UsageError
from wizard.operations import mariadb_dumps
from wizard.operations.base import Blob, Operation, State, not_journalled
from wizard.operations.file import save_folder
from wizard.operations.postgres import OWNER, back_into
from wizard.operations.quoting import sh, sql_literal
from wizard.operations.user import run_as, user_name
from wizard.secret import Secret
from wizard.site import Site
from wizard.text import text as in_words

SALT = secrets.token_hex(
    16
)  # in front of a password: the bare hash of a short one, which names its blob, could be guessed from


@dataclass(frozen=True)
class Managed(Operation):
    """What these have in common: `manage` is the path of the wrapper, `python` that of the interpreter it needs."""

    site: str

    def __post_init__(self) -> None:
        user_name(self.site)
        database = getattr(self, "database", "")
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}|", database):
            # pg_dump would take some others for the address of a server
            raise UsageError("operations.django.database_name", database=repr(database))

    @property
    def wrapper(self) -> str:
        return Site(self.site).manage

    @property
    def manage(self) -> str:
        """The wrapper, for the newest release, which need not be live yet."""
        return Site(self.site).manage_next

    @property
    def root(self) -> str:
        return Site(self.site).root

    def guarded(self, script: str) -> str:
        """The script, unless there is nothing yet that could run it: no look may wait for Django in vain."""
        there = " || ".join(f"[ -x {self.root}/{link}/.venv/bin/python ]" for link in ("next", "current"))
        return f"if [ -x {self.wrapper} ] && {{ {there}; }}; then\n{script}\nfi"


@dataclass(frozen=True)
class MigrationsState(State):
    """status: "applied", "unapplied", or "unknown" where Django cannot be asked (yet); unapplied: the names to run.

    The names follow from the code and are not journalled: a new release brings new ones, and nobody has tampered.
    """

    status: str = "unknown"
    unapplied: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"status": self.status}


@dataclass(frozen=True)
class Migrations(Managed):
    """All migrations applied. `database` is a database of this server: undo puts it back as it was before.

    account: whose it is in MariaDB; "" where the database is PostgreSQL's.

    Django can unapply a migration only where its author wrote how, and never brings the data back: so the way back is a
    dump, made just before.
    """

    kind: ClassVar[str] = "migrations"
    long: ClassVar[bool] = True
    state = MigrationsState
    database: str = ""
    account: str = ""

    @property
    def identity(self) -> str:
        return self.site

    def observe(self) -> str:
        return self.guarded(f"timeout 60 {self.manage} showmigrations --plan && echo known")

    def parse(self, text: str) -> MigrationsState:
        lines = text.splitlines()
        if "known" not in lines:
            return MigrationsState()
        unapplied = tuple(line.split()[2] for line in lines if line.startswith("[ ]"))
        return MigrationsState("unapplied" if unapplied else "applied", unapplied)

    def by_hand(self, found: MigrationsState) -> bool:
        return found.status != "unknown"  # code that does not start tells nothing of the tables

    def wanted(self, found: MigrationsState) -> MigrationsState:
        return MigrationsState("applied")

    def apply(self, before: MigrationsState, after: MigrationsState) -> str:
        if after.status == "applied":
            return f"{dumped_first(self.database, self.account)}{self.manage} migrate --no-input"
        return restored(self.database, self.site, self.account)

    def verify(self, after: MigrationsState) -> str:
        check = all_applied(self.manage)
        return {"applied": check, "unapplied": f"! {{ {check}; }}"}.get(after.status, ":")


NO_ACCOUNTS = """\
from django.apps import apps
if not apps.is_installed("django.contrib.auth"): print("superuser: none")
else: """
# What accounts of the project's own need besides: a name, an address, one of the choices.
REQUIRED = """
values = {U.USERNAME_FIELD: name, "password": sys.stdin.read().partition("\\n")[2]}
for required in U.REQUIRED_FIELDS:
    field = U._meta.get_field(required)
    value = email if "email" in required.lower() else name
    if field.choices: value = field.choices[0][0]
    values[required] = field.clean(str(value)[:field.max_length], None)
"""
DELETE = "print('deleted:', *mine.delete())"
SAVE = """\
begin_save {database} .dump
if ! dump_of {database} >"$saved.part"; then
    rm "$saved.part"; say operations.django.cannot_dump database={database} >&2; exit 1
fi
pg_restore --list "$saved.part" >/dev/null # with a full disk pg_dump ends well, and leaves nothing
end_save {what} {back}
"""
DUMP = """\
umask 077
if [ ! -s "$change/database.dump" ]; then
    dump_of {database} >"$change/database.dump.new"
    pg_restore --list "$change/database.dump.new" >/dev/null # with a full disk pg_dump ends well, and leaves nothing
    sync "$change/database.dump.new"
    mv "$change/database.dump.new" "$change/database.dump"
fi
pg_restore --list "$change/database.dump" >"$change/database.list"
if grep -q 'TABLE DATA' "$change/database.list"; then
    begin_save {database}-before-"$(basename "$change")" .dump
    cat "$change/database.dump" >"$saved.part"
    end_save {what} {back}
fi
umask 022
"""
RESTORE = (
    """\
there=yes
# somebody may have dropped it, and then nothing is to be put right; an undo that broke off may have dropped it as well
if [ ! -e "$change/saved" ]; then there=$(psql_ -d postgres -c {query}); fi
if [ -z "$there" ]; then say operations.django.database_gone
elif [ -e "$change/database.dump" ]; then
    pg_restore --list "$change/database.dump" >/dev/null # one that cannot be read stops this before anything is dropped
    running=$(systemctl is-active {site}.service || true)
    if_unit {site}.service systemctl stop {site}.service
    if [ ! -e "$change/saved" ]; then
"""
    + SAVE
    + """\
        : >"$change/saved"
        sync "$change/saved" "$change"
    fi
    # emptied of all that is its owner's, and filled again; what others keep in it stays, as do its rights and settings
    restore_into {database} "$change/database.dump" empty
    rm "$change/saved"
    if [ "$running" = active ]; then systemctl start {site}.service; fi
fi"""
)


def in_django(manage: str, code: str) -> str:
    """A shell command that runs Python text with the site's Django.

    In a scope of its own: Django before 3.2 runs it within a function, where loops and functions do not see its names.
    """
    return f"{manage} shell --command {sh(f'exec({code!r}, {{}})')}"


def all_applied(manage: str) -> str:
    """A shell command that fails where a migration is left to apply. (`migrate --check` came with Django 3.1.)"""
    plan = f"plan=$({manage} showmigrations --plan)"
    return f"if {plan}; then if printf '%s\\n' \"$plan\" | grep '^\\[ \\]'; then false; fi; else false; fi"


def dumped_first(database: str, account: str = "") -> str:
    """Shell text that keeps a dump of the database with this change, for its undo; nothing where it is not on this server."""
    if not database:
        return ""
    if account:
        return mariadb_dumps.dump_first(database, account)
    what = sh(in_words("operations.django.database_before", database=database))
    return OWNER + DUMP.format(database=sh(database), back=back_into(database), what=what)


def restored(database: str, site: str, account: str = "") -> str:
    """Shell text that puts the database back as that dump has it, and saves first what it holds now."""
    if not database:
        return "say operations.django.tables_stay"
    if account:
        return mariadb_dumps.put_back(database, account, site)
    query = sh(f"SELECT 1 FROM pg_catalog.pg_database WHERE datname = {sql_literal(database)}")  # noqa: S608  (quoted)
    what = sh(in_words("operations.django.database", database=database))
    words = {"database": sh(database), "site": site, "query": query, "what": what, "back": back_into(database)}
    return OWNER + RESTORE.format(**words)


@dataclass(frozen=True)
class StaticFilesState(State):
    """collected: the release whose static files were collected last, "" for none; current: the newest release.

    without: the project has none.
    """

    collected: str = ""
    current: str = ""
    without: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"collected": self.collected}


@dataclass(frozen=True)
class StaticFiles(Managed):
    """The static files of the current release, collected in `directory`, which the site's user can write."""

    kind: ClassVar[str] = "static_files"
    long: ClassVar[bool] = True
    state = StaticFilesState
    directory: str = ""

    @property
    def identity(self) -> str:
        return self.directory

    @property
    def mark(self) -> str:
        return f"{self.directory}.of"  # beside it: what is in it is served to everybody

    def observe(self) -> str:
        # a project without static files is asked once for each release, where its files did not say so
        return (
            f'collected=$(cat {sh(self.mark)}); release=$({self._release}); echo "$collected"; echo "$release"\n'
            f'if [ "$collected" != "$release" ] && [ -x {self.wrapper} ] && [ -x {self.root}/next/.venv/bin/python ] &&\n'
            f"   timeout 60 {self.manage} check >/dev/null && ! timeout 60 {self.manage} help collectstatic >/dev/null; then\n"
            "    echo none\nfi"
        )

    @property
    def _release(self) -> str:
        return f'basename "$(readlink {self.root}/next || readlink {self.root}/current)"'

    def parse(self, text: str) -> StaticFilesState:
        collected, current, *rest = text.split("\n")
        return StaticFilesState(collected, current, "none" in rest)

    def wanted(self, found: StaticFilesState) -> StaticFilesState:
        return found if found.without else replace(found, collected=found.current or "?")

    def apply(self, before: StaticFilesState, after: StaticFilesState) -> str:
        static, mark, as_site = sh(self.directory), sh(self.mark), run_as(self.site)
        save = save_folder(self.directory, in_words("operations.django.changed_files", directory=self.directory))
        back = (
            f'if [ -e "$change/static.tar" ] && [ {sh(after.collected)} = "$(cat "$change/static.of")" ]; then\n'
            f'if [ -n "$(find {static} ! -type d -cnewer {mark} -print -quit 2>/dev/null)" ]; then\n{save}fi\n'
            f"    find {static} -mindepth 1 -delete\n"
            # as the user who can write there: a link put in the way at the right moment must not lead root elsewhere
            f'    {as_site} tar --extract --same-permissions --file - --directory {static} <"$change/static.tar"\n'
            f'    rm -f {mark}; if [ -s "$change/static.of" ]; then install -m 0644 "$change/static.of" {mark}; fi\n'
        )
        if not after.collected:
            return f"if [ ! -d {static} ]; then rm -f {mark}\nel{back}fi"  # somebody may have taken it away since
        return (
            f"{back}else\n"
            '    if [ ! -e "$change/static.tar" ]; then\n'
            f'        cat {mark} >"$change/static.of" 2>/dev/null || : >"$change/static.of"\n'
            f'        tar --create --file "$change/static.new" --directory {static} .\n'
            '        sync "$change/static.new"\n'
            '        mv "$change/static.new" "$change/static.tar"\n'
            "    fi\n"
            f"    {self.manage} collectstatic --no-input\n"
            f"    {as_site} chmod -R u=rwX,go=rX {static}\n"
            f"    sync -f {static}\n"
            f"    {self._release} >{mark}\n"
            "fi"
        )

    def verify(self, after: StaticFilesState) -> str:
        if not after.collected:
            return f"[ ! -e {sh(self.mark)} ]"
        return f'[ -s {sh(self.mark)} ] && [ -n "$(ls {sh(self.directory)})" ]'


@dataclass(frozen=True)
class SuperuserState(State):
    """exists: an account of that name is there. known is False where Django cannot be asked (yet)."""

    known: bool = False
    exists: bool = False


@dataclass(frozen=True)
class Superuser(Managed):
    """An account of that name that may do everything in the admin. One that is there already is left as it is."""

    kind: ClassVar[str] = "superuser"
    state = SuperuserState
    name: str = ""
    email: str = ""
    database: str = ""
    account: str = ""  # as in Migrations
    password: Secret | None = not_journalled(default=None, repr=False)

    @property
    def identity(self) -> str:
        return f"{self.site}/{self.name}"

    def _run(self, code: str, *, before: str = "") -> str:
        start = (
            f"{before}from django.contrib.auth import get_user_model; U = get_user_model(); "
            f"email = {self.email!r}; name = email if U.USERNAME_FIELD == 'email' else {self.name!r}; "
            "mine = U._default_manager.filter(**{U.USERNAME_FIELD: name}); "
        )
        return in_django(self.manage, start + code)

    def observe(self) -> str:
        return self.guarded(
            "timeout 60 " + self._run('print("superuser:", "yes" if mine.exists() else "no")', before=NO_ACCOUNTS)
        )

    def parse(self, text: str) -> SuperuserState:
        exists = "superuser: yes" in text or "superuser: none" in text  # a project without accounts needs none
        return SuperuserState(exists or "superuser: no" in text, exists)

    def by_hand(self, found: SuperuserState) -> bool:
        return found.known

    def wanted(self, found: SuperuserState) -> SuperuserState:
        return SuperuserState(True, True)

    def blobs(self, found: SuperuserState) -> tuple[Blob, ...]:
        return () if found.exists else (self._password,)

    @property
    def _password(self) -> Blob:
        assert self.password is not None
        return Blob(f"{SALT}\n{self.password.reveal()}".encode(), secret=True)

    def apply(self, before: SuperuserState, after: SuperuserState) -> str:
        if not after.exists:
            # what belongs to the account goes with it
            what = sh(in_words("operations.django.database_account", database=self.database, name=self.name))
            words = {"database": sh(self.database), "what": what, "back": back_into(self.database)}
            save = OWNER + SAVE.format(**words)
            if self.account:
                save = mariadb_dumps.save(self.database, self.account, what)
            # where somebody has taken the site's code away, the account goes with the database
            return self.guarded((save if self.database else "") + self._run(DELETE))
        # what `createsuperuser --no-input` does, which knows the password since Django 3.0 only
        create = f"import sys{REQUIRED}mine.exists() or U._default_manager.create_superuser(**values)"
        return f'{self._run(create)} <"$blobs/{self._password.name}"'

    def verify(self, after: SuperuserState) -> str:
        if not after.known:
            return ":"
        if not after.exists:
            return self.guarded(self._run("assert not mine.exists()"))
        return self._run("assert any(u.is_active for u in mine)")


def migrations(site: str, *, database: str = "", engine: str = "", account: str = "") -> Migrations:
    """All migrations of the site applied; `database`, where it is on this server, is dumped first and restored on undo."""
    return Migrations(site, database, mariadb_dumps.of_mariadb(engine, account))


def static_files(site: str, directory: str) -> StaticFiles:
    """The static files of the newest release, collected in `directory`."""
    return StaticFiles(site, directory)


def superuser(
    site: str, name: str, email: str, password: Secret, *, database: str = "", engine: str = "", account: str = ""
) -> Superuser:
    """A superuser; `database`, where it is on this server, is dumped before undo deletes the account. As for migrations."""
    return Superuser(site, name, email, database, mariadb_dumps.of_mariadb(engine, account), password)
