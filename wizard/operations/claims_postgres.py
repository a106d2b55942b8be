"""Which PostgreSQL is on a server already, and whether the site can live in it. Looked at, and never changed.

Every operation of a set-up speaks to the cluster `main` of the newest version, at port 5432: where that is not one and the
same, nothing is begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Foreign, State
from wizard.operations.claims import Look
from wizard.text import text as words

PORT = "5432"
LOOK = """\
v=
for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -V); do
    [ ! -x "/usr/lib/postgresql/$version/bin/postgres" ] || v=$version
done
[ -z "$v" ] || echo "newest|$v|||"
if command -v pg_lsclusters >/dev/null; then pg_lsclusters -h | awk '{ print "cluster|" $1 "|" $2 "|" $3 "|" $4 }'; fi
ss -Hltnp 'sport = :5432' | while read -r line; do
    who=$(echo "$line" | sed -n 's/.*users:(("\\([^"]*\\)".*/\\1/p')
    echo "port|${who:-?}|||"
done | sort -u
if [ -n "$v" ] && id postgres >/dev/null; then
    (cd /; PGOPTIONS='-c search_path=' runuser -u postgres -- psql -X -q -A -t -w -p 5432 -d postgres <<'SQL'
SELECT 'listens|' || pg_catalog.current_setting('listen_addresses') || '|||';
SELECT 'hba|' || pg_catalog.count(*) || '|||' FROM pg_catalog.pg_hba_file_rules
WHERE error IS NULL AND type <> 'local' AND auth_method NOT IN ('scram-sha-256', 'reject');
SQL
    )
fi
:"""
LOCAL = {"localhost", "127.0.0.1", "::1", ""}


@dataclass(frozen=True)
class PostgresState(State):
    """said: what was found, each a word for its kind and up to four texts."""

    said: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class OnePostgres(Look):
    """One cluster, `main` of the newest version at port 5432, is or will be there for everything that the site does."""

    kind: ClassVar[str] = "one_postgres"
    state = PostgresState

    @property
    def identity(self) -> str:
        return f"main:{PORT}"

    def observe(self) -> str:
        return LOOK

    def parse(self, text: str) -> PostgresState:
        return PostgresState(tuple(tuple(line.split("|")) for line in text.splitlines() if line.count("|") == 4))

    def foreign(self, found: PostgresState) -> Iterable[Foreign]:
        clusters = [tuple(rest) for kind, *rest in found.said if kind == "cluster"]
        newest = next((rest[0] for kind, *rest in found.said if kind == "newest"), "")
        others = {rest[0] for kind, *rest in found.said if kind == "port"} - {"postgres"}
        listed = ", ".join(
            words("operations.claims_postgres.cluster", v=v, name=name, port=port, state=state)
            for v, name, port, state in clusters
        )
        main = next((c for c in clusters if c[:2] == (newest, "main")), None)
        at_port = next((c for c in clusters if c[2] == PORT and "online" in c[3]), None)
        held = [rest[0] for kind, *rest in found.said if kind == "port"]
        if main is not None and main[2] != PORT:
            yield self._no(
                words("operations.claims_postgres.clusters", listed=listed),
                words("operations.claims_postgres.newest_elsewhere", newest=newest, port=PORT),
            )
        elif main is None and any(c[2] == PORT for c in clusters):
            yield self._no(
                words("operations.claims_postgres.clusters", listed=listed),
                words("operations.claims_postgres.port_of_another", port=PORT, newest=newest),
            )
        elif others or (held and at_port is None):
            who = ", ".join(sorted(others)) or words("operations.claims_postgres.not_debians")
            yield self._no(
                words("operations.claims_postgres.port_used", port=PORT, who_=who),
                words("operations.claims_postgres.other_port"),
            )
        ours = ("postgres_settings:wizard.conf",)
        for kind, *rest in found.said:
            if kind == "listens" and not {one.strip() for one in rest[0].split(",")} <= LOCAL:
                yield Foreign(
                    "postgres:listen_addresses", words("operations.claims_postgres.listens", rest=rest[0]),
                    words("operations.claims_postgres.listens_locally"), keys=ours,
                )  # fmt: skip
            if kind == "hba" and rest[0] != "0":
                yield Foreign(
                    "postgres:pg_hba", words("operations.claims_postgres.pg_hba", rest=rest[0]),
                    words("operations.claims_postgres.wants_scram"),
                    adoptable=False, keys=ours,
                )  # fmt: skip

    def _no(self, what: str, why: str) -> Foreign:
        does = words("operations.claims_postgres.give_port", why=why, port=PORT)
        return Foreign(f"port:{PORT}", what, does, adoptable=False, keys=("none",))


def one_postgres() -> OnePostgres:
    """Whether everything of a site would be of one and the same cluster."""
    return OnePostgres()
