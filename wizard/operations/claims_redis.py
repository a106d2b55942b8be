"""Which Redis is on a server already. Looked at, and never changed: what others keep in it is not the site's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Foreign, State
from wizard.operations.claims import Look
from wizard.text import text

PORT = 6379
LOOK = """\
if [ "$(dpkg-query -W -f='${db:Status-Status}' redis-server 2>/dev/null)" = installed ]; then echo 'package|redis-server'; fi
ss -Hltnp 'sport = :6379' | while read -r line; do
    who=$(echo "$line" | sed -n 's/.*users:(("\\([^"]*\\)".*/\\1/p')
    echo "port|$who"
done | sort -u"""


@dataclass(frozen=True)
class RedisState(State):
    """said: what was found, each a word for its kind and a name."""

    said: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class OneRedis(Look):
    """No Redis is there but the one that the wizard has installed, as the operation `packages` of that identity."""

    kind: ClassVar[str] = "one_redis"
    state = RedisState
    packages: str

    @property
    def identity(self) -> str:
        return f"port:{PORT}"

    def observe(self) -> str:
        return LOOK

    def parse(self, text: str) -> RedisState:
        return RedisState(tuple(tuple(line.split("|", 1)) for line in text.splitlines() if "|" in line))

    def foreign(self, found: RedisState) -> Iterable[Foreign]:
        listening = [name for kind, name in found.said if kind == "port"]
        if not found.said:
            return
        if listening:
            who = listening[0] or text("operations.claims_redis.nameless")
            what = text("operations.claims_redis.port_used", port=PORT, who=who)
        else:
            what = text("operations.claims_redis.installed")
        yield Foreign(
            f"port:{PORT}", what, text("operations.claims_redis.of_others"),
            adoptable=False, keys=(f"packages:{self.packages}",), instead="roles.broker",
        )  # fmt: skip


def one_redis(*, packages: str) -> OneRedis:
    """Whether Redis would be the site's alone."""
    return OneRedis(packages)
