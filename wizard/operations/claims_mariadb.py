"""Which MariaDB or MySQL is on a server already. Looked at, and never changed: what others keep in it is not the site's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Foreign, State
from wizard.operations.claims import Look
from wizard.text import text

PORT = 3306
LOOK = """\
for name in mariadb-server mysql-server mysql-community-server percona-server-server; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' $name 2>/dev/null)" = installed ]; then echo "package|$name"; fi
done
ss -Hltnp 'sport = :3306' | while read -r line; do
    who=$(echo "$line" | sed -n 's/.*users:(("\\([^"]*\\)".*/\\1/p')
    echo "port|$who"
done | sort -u"""


@dataclass(frozen=True)
class MariadbState(State):
    """said: what was found, each a word for its kind and a name."""

    said: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class OneMariadb(Look):
    """No MariaDB or MySQL is there but the one that the wizard has installed, as the operation `packages` of that identity."""

    kind: ClassVar[str] = "one_mariadb"
    state = MariadbState
    packages: str

    @property
    def identity(self) -> str:
        return f"port:{PORT}"

    def observe(self) -> str:
        return LOOK

    def parse(self, text: str) -> MariadbState:
        return MariadbState(tuple(tuple(line.split("|", 1)) for line in text.splitlines() if "|" in line))

    def foreign(self, found: MariadbState) -> Iterable[Foreign]:
        if not found.said:
            return
        listening = [name for kind, name in found.said if kind == "port"]
        if listening:
            who = listening[0] or text("operations.claims_mariadb.nameless")
            what = text("operations.claims_mariadb.port_used", port=PORT, who=who)
        else:
            what = text("operations.claims_mariadb.installed", package=found.said[0][1])
        yield Foreign(
            f"port:{PORT}", what, text("operations.claims_mariadb.of_others"),
            adoptable=False, keys=(f"packages:{self.packages}",), instead="roles.database",
        )  # fmt: skip


def one_mariadb(*, packages: str) -> OneMariadb:
    """Whether MariaDB would be the site's alone."""
    return OneMariadb(packages)
