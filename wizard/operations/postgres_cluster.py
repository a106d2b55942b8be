"""A PostgreSQL cluster as Debian keeps them: that it exists and answers, and a drop-in of settings in its conf.d.

Must not know what is in its databases. The version is known only once the packages are there, so scripts find it.
"""
# ruff: noqa: S608  (every name and value passes quoting.sql_literal or sql_identifier)

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import ClassVar

from wizard.operations.base import Blob, Operation, State, not_journalled
from wizard.operations.postgres import PSQL
from wizard.operations.quoting import sh, sql_literal

KNOWN = "/var/lib/wizard/databases"  # the databases that were there before ours

FIND = """\
v=
for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -V); do
    [ ! -x /usr/lib/postgresql/$version/bin/postgres ] || v=$version
done
etc=/etc/postgresql/$v/main bin=/usr/lib/postgresql/$v/bin
"""

DUMP_NEW = (
    PSQL
    + f"""\
# purging the package deletes every database: those that somebody added since are saved
psql_ -d postgres >"$change/databases.now" <<'SQL'
SELECT format('dbname=''%s''', replace(replace(datname, '\\', '\\\\'), '''', '\\''')) FROM pg_database WHERE NOT datistemplate;
SQL
while read -r db; do
    if ! grep -qxF -e "$db" {KNOWN}; then
        dump=/var/backups/wizard/$(printf %s "$db" | tr -cs 'A-Za-z0-9_-' _)-$(date -u +%Y%m%dT%H%M%SZ).dump
        mkdir -p -m 0700 /var/backups/wizard
        (umask 077; cd /; runuser -u postgres -- pg_dump -Fc -d "$db" </dev/null >"$dump.part")
        sync "$dump.part"
        mv "$dump.part" "$dump"
        echo "the database $db came later: saved as $dump"
    fi
done <"$change/databases.now"
rm -f {KNOWN}"""
)

REMEMBER = f"""\
if [ ! -e {KNOWN} ]; then
    psql_ -d postgres >{KNOWN}.new <<'SQL'
SELECT format('dbname=''%s''', replace(replace(datname, '\\', '\\\\'), '''', '\\''')) FROM pg_database WHERE NOT datistemplate;
SQL
    sync {KNOWN}.new
    mv {KNOWN}.new {KNOWN}
fi"""

START = """\
systemctl start postgresql@$v-main
n=0; while ! $bin/pg_isready -q && [ $n -lt 60 ]; do sleep 0.5; n=$((n + 1)); done"""


@dataclass(frozen=True)
class ClusterState(State):
    """cluster: `15/main`, or "". remembered: it is on record which databases were there before ours."""

    cluster: str = ""
    online: bool = False
    remembered: bool = False


@dataclass(frozen=True)
class Cluster(Operation):
    """The cluster `main` of the newest PostgreSQL installed exists and answers. Undo saves databases that came later."""

    kind: ClassVar[str] = "postgres_cluster"
    state = ClusterState

    @property
    def identity(self) -> str:
        return "main"

    def observe(self) -> str:
        return f"""{FIND}
if [ -e "$etc/postgresql.conf" ] && [ -e /var/lib/postgresql/$v/main/PG_VERSION ]; then printf '%s/main' "$v"; fi
if [ -n "$v" ] && $bin/pg_isready -q; then printf '|online'; else printf '|'; fi
if [ -e {KNOWN} ]; then echo '|remembered'; else echo '|'; fi"""

    def parse(self, text: str) -> ClusterState:
        cluster, online, remembered = text.strip("\n").split("|")
        return ClusterState(cluster, bool(cluster and online), bool(remembered))

    def wanted(self, found: ClusterState) -> ClusterState:
        return ClusterState(found.cluster or "main", True, True)

    def apply(self, before: ClusterState, after: ClusterState) -> str:
        lines = [f"{FIND}"]
        if after.online and after.remembered:
            lines.append('[ -n "$v" ] || { echo "cannot find the programs of PostgreSQL\'s server" >&2; exit 1; }')
            lines.append("# with a full disk apt ends well, and yet there is no cluster")
            lines.append("[ -e $etc/postgresql.conf ] || pg_createcluster $v main")
            return "\n".join([*lines, START, PSQL + REMEMBER])
        if before.remembered and not after.remembered:
            lines.append(f"if [ -e {KNOWN} ]; then\n{START}\n{DUMP_NEW}\nfi")
        if not after.cluster:
            lines.append("[ ! -e $etc/postgresql.conf ] || pg_dropcluster --stop $v main")
        elif not after.online:
            lines.append("systemctl stop postgresql@$v-main")
        return "\n".join(lines)

    def verify(self, after: ClusterState) -> str:
        return f"{PSQL}[ \"$(psql_ -d postgres -c 'SELECT 1')\" = 1 ]" if after.online else ":"


@dataclass(frozen=True)
class SettingsState(State):
    """cluster: whose settings these are; sha256: of the drop-in, or "" where there is none."""

    cluster: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Settings(Operation):
    """A drop-in in the cluster's conf.d, read by a restarted server."""

    kind: ClassVar[str] = "postgres_settings"
    state = SettingsState
    name: str
    content: bytes = not_journalled(default=b"", repr=False)

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        return f"""{FIND}
if [ -e "$etc/postgresql.conf" ]; then printf '%s/main' "$v"; fi
if [ -e $etc/conf.d/{self.name} ]; then echo "|$(sha256sum <$etc/conf.d/{self.name} | cut -d' ' -f1)"; else echo '|'; fi"""

    def parse(self, text: str) -> SettingsState:
        return SettingsState(*text.strip("\n").split("|"))

    def wanted(self, found: SettingsState) -> SettingsState:
        return replace(found, sha256=hashlib.sha256(self.content).hexdigest())

    def blobs(self, found: SettingsState) -> tuple[Blob, ...]:
        return (Blob(self.content),)

    def apply(self, before: SettingsState, after: SettingsState) -> str:
        path = f"$etc/conf.d/{self.name}"
        lines = [f"{FIND}"]
        if before.sha256:
            lines.append(f"[ ! -e {path} ] || keep_blob {path}")
        lines.append(f"put_file {after.sha256} {path} 0644 root:root" if after.sha256 else f"rm -f {path}")
        lines.append("systemctl restart postgresql@$v-main")
        lines.append("n=0; while ! $bin/pg_isready -q && [ $n -lt 60 ]; do sleep 0.5; n=$((n + 1)); done")
        return "\n".join(lines)

    def verify(self, after: SettingsState) -> str:
        if not after.sha256:
            return f"{PSQL}psql_ -d postgres -c 'SELECT 1'"
        return f"""{PSQL}# every setting of the file is in force: none is wrong, and none is overruled elsewhere
refused=$(psql_ -d postgres <<'SQL'
SELECT name, coalesce(error, 'set again elsewhere') FROM pg_file_settings
WHERE sourcefile LIKE {sql_literal("%/conf.d/" + self.name)} AND (error IS NOT NULL OR NOT applied);
SQL
)
[ -z "$refused" ] || {{ echo "not in force: $refused" >&2; exit 1; }}"""


def cluster() -> Cluster:
    """PostgreSQL's cluster `main`, running."""
    return Cluster()


def settings(name: str, content: str) -> Settings:
    """Settings for the server in conf.d/name (PostgreSQL reads names that end in .conf)."""
    if not re.fullmatch(r"[a-z0-9-]+\.conf", name):
        raise ValueError(f"{name!r} would not be read")
    return Settings(sh(name), content.encode())
