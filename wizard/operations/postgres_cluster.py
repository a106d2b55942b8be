"""A PostgreSQL cluster as Debian keeps them: that it exists and answers, and a drop-in of settings in its conf.d.

Must not know what is in its databases. The version is known only once the packages are there, so scripts find it.
"""
# ruff: noqa: S608  (every name and value passes quoting.sql_literal or sql_identifier)

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

from wizard.operations.base import Blob, Operation, State, not_journalled
from wizard.operations.postgres import OWNER, PSQL
from wizard.operations.quoting import for_a_person, in_shell, sh, sql_literal
from wizard.text import text

FIND = """\
v=
for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -V); do
    [ ! -x "/usr/lib/postgresql/$version/bin/postgres" ] || v=$version
done
etc=/etc/postgresql/$v/main bin=/usr/lib/postgresql/$v/bin
"""

START = """\
systemctl start "postgresql@$v-main"
n=0; while ! "$bin/pg_isready" -q && [ "$n" -lt 60 ]; do sleep 0.5; n=$((n + 1)); done"""


RESTART = START.replace("systemctl start", "systemctl restart")

# Settings with which the server does not start, or which are overruled, are taken back at once: it must not stay down.
GUARDED = """\
if ! (cd /; runuser -u postgres -- "$bin/postgres" -D "$etc" -C listen_addresses >/dev/null); then
    {undo}
    exit 1
fi
{try_start}
{in_force}
if [ -n "$refused" ]; then
    say operations.postgres_cluster.not_in_force refused="$refused" >&2
    {undo}
    {start}
    exit 1
fi"""

# What a power cut or a full disk left of a cluster: where it holds nothing yet it is made anew, and the old files are kept.
MEND = """\
data=/var/lib/postgresql/$v/main
broken=
for file in "$etc/postgresql.conf" "$etc/pg_hba.conf" "$data/PG_VERSION" "$data/global/pg_control"; do
    [ -s "$file" ] || broken=yes
done
if [ -n "$(find "$etc" -type f -empty 2>/dev/null)" ]; then broken=yes; fi
if [ -n "$broken" ] && { [ -e "$etc" ] || [ -e "$data" ]; }; then
    # the first number that PostgreSQL gives to what its users make
    if find "$data/base" -mindepth 1 -printf '%f\\n' 2>/dev/null | awk '/^[0-9]+/ && $1 + 0 >= 16384 { n++ } END { exit !n }'
    then
        say operations.postgres_cluster.damaged cluster="$v/main" >&2
        say operations.postgres_cluster.look version="$v" >&2
        exit 1
    fi
    systemctl stop "postgresql@$v-main" || :
    saved=/var/backups/wizard/postgresql-$v-main-$(date -u +%Y%m%dT%H%M%SZ)
    (umask 077; mkdir -p /var/backups/wizard "$saved")
    if [ -e "$etc" ]; then mv "$etc" "$saved/etc"; fi
    if [ -e "$data" ]; then mv "$data" "$saved/data"; fi
    say operations.postgres_cluster.made_anew cluster="$v/main" saved="$saved"
    repaired cluster "$saved"
fi
if [ -n "$broken" ]; then pg_createcluster "$v" main; fi"""

MAKE_ANEW = """\
psql_ -d postgres -v name="$name" -v owner="$owner" <<'SQL'
SELECT pg_catalog.format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :'name') \\gexec
SQL
restore_into "$name" "$saved" clean"""


# One of its databases, and beside it the commands that make it anew, of the same owner, and fill it.
def save_database() -> str:
    what = in_shell(text("operations.django.database", database="{database}"), database='"$1"')
    return (
        OWNER
        + f"""\
save_database() {{
    begin_save "postgresql-$v-main-$1" .dump
    dump_of "$1" >"$saved.part" </dev/null
    pg_restore --list "$saved.part" >"$change/list"
    if [ "$1" = postgres ] && ! grep -q '^[0-9]' "$change/list"; then rm "$saved.part"; return 0; fi # nothing is in it
    quoted() {{ printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }}
    end_save {what} {sh(for_a_person(OWNER))}"
name=$(quoted "$1") owner=$(quoted "$(owner_of "$1" </dev/null)")
"{sh(MAKE_ANEW)}
}}
"""
    )


DROP = f"""\
if [ -e "$etc/postgresql.conf" ]; then
    {START.replace(chr(10), chr(10) + "    ")}
    # whatever came later is saved: a cluster is dropped with all that is in it
    begin_save "postgresql-$v-main" .sql
    dump_cluster --globals-only
    end_save "the roles of PostgreSQL" {sh(PSQL + 'psql_ -d postgres -v ON_ERROR_STOP=0 <"$saved"')}
    names=$(psql_ -d postgres -c 'SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate')
    printf '%s\n' "$names" | while IFS= read -r name; do save_database "$name"; done
    pg_dropcluster --stop "$v" main
fi"""


@dataclass(frozen=True)
class ClusterState(State):
    """cluster: `15/main`, or ""; online: it takes connections."""

    cluster: str = ""
    online: bool = False


@dataclass(frozen=True)
class Cluster(Operation):
    """The cluster `main` of the newest PostgreSQL installed exists and answers."""

    kind: ClassVar[str] = "postgres_cluster"
    state = ClusterState

    @property
    def identity(self) -> str:
        return "main"

    def observe(self) -> str:
        return f"""{FIND}
if [ -s "$etc/postgresql.conf" ] && [ -s "/var/lib/postgresql/$v/main/PG_VERSION" ]; then printf '%s/main' "$v"; fi
if [ -n "$v" ] && "$bin/pg_isready" -q; then echo '|online'; else echo '|'; fi"""

    def parse(self, text: str) -> ClusterState:
        cluster, online = text.strip("\n").split("|")
        return ClusterState(cluster, bool(cluster and online))

    def wanted(self, found: ClusterState) -> ClusterState:
        return ClusterState(found.cluster or "main", True)

    def apply(self, before: ClusterState, after: ClusterState) -> str:
        if after.online:
            return f"""{FIND}
[ -n "$v" ] || {{ say operations.postgres_cluster.no_programs >&2; exit 1; }}
# with a full disk apt ends well, and yet there is no cluster
{MEND}
{START}"""
        return FIND + (save_database() + DROP if not after.cluster else 'systemctl stop "postgresql@$v-main"')

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
    sha256: str  # of the content
    content: bytes = not_journalled(default=b"", repr=False)

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        return f"""{FIND}
if [ -e "$etc/postgresql.conf" ]; then printf '%s/main' "$v"; fi
if [ -e "$etc/conf.d/{self.name}" ]; then echo "|$(sha256sum <"$etc/conf.d/{self.name}" | cut -d' ' -f1)"; else echo '|'; fi"""

    def parse(self, text: str) -> SettingsState:
        return SettingsState(*text.strip("\n").split("|"))

    def wanted(self, found: SettingsState) -> SettingsState:
        return replace(found, sha256=self.sha256)

    def blobs(self, found: SettingsState) -> tuple[Blob, ...]:
        return (Blob(self.content),)

    def apply(self, before: SettingsState, after: SettingsState) -> str:
        path = f'"$etc/conf.d/{self.name}"'
        lines = [FIND]
        if before.sha256:
            lines.append(f"[ ! -e {path} ] || keep_blob {path}")
        put = {
            s: f"put_file {s.sha256} {path} 0644 root:root" if s.sha256 else f"rm -f {path}" for s in (before, after)
        }
        lines.append(put[after])
        if after == self.wanted(before):
            lines.append(
                GUARDED.format(
                    undo=put[before],
                    start=RESTART,
                    try_start=RESTART.replace('-main"', '-main" || :'),
                    in_force=self._in_force(),
                )
            )
        else:
            lines.append(RESTART)
        return "\n".join(lines)

    def _in_force(self) -> str:
        return f"""{PSQL}refused=$(psql_ -d postgres <<'SQL'
SELECT name, coalesce(error, 'set again elsewhere') FROM pg_catalog.pg_file_settings
WHERE sourcefile LIKE {sql_literal("%/conf.d/" + self.name)} AND (error IS NOT NULL OR NOT applied);
SQL
) || refused={sh(text("operations.postgres_cluster.no_answer"))}"""

    def verify(self, after: SettingsState) -> str:
        return f"{PSQL}psql_ -d postgres -c 'SELECT 1'"


def cluster() -> Cluster:
    """PostgreSQL's cluster `main`, running."""
    return Cluster()


def settings(name: str, content: str) -> Settings:
    """Settings for the server in conf.d/name (PostgreSQL reads names that end in .conf)."""
    if not re.fullmatch(r"[a-z0-9-]+\.conf", name):
        raise ValueError(f"{name!r} would not be read")
    return Settings(name, Blob(content.encode()).name, content.encode())
