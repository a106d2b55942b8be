"""Which Redis is on a server already. Looked at, and never changed: what others keep in it is not the site's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Foreign, State
from wizard.operations.claims import Look

PORT = 6379
LOOK = """\
if [ "$(dpkg-query -W -f='${db:Status-Status}' redis-server 2>/dev/null)" = installed ]; then echo 'package|redis-server'; fi
ss -Hltnp 'sport = :6379' | while read -r line; do
    who=$(echo "$line" | sed -n 's/.*users:(("\\([^"]*\\)".*/\\1/p')
    echo "port|${who:-a program that cannot be named}"
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
        what = f"port {PORT}, which is used by {listening[0]}" if listening else "Redis, which is installed already"
        yield Foreign(
            f"port:{PORT}", what,
            "what is kept in it is not the wizard's to change: give its address to the project's variables under [env], "
            "and answer roles.broker with none",
            adoptable=False, keys=(f"packages:{self.packages}",), instead="roles.broker",
        )  # fmt: skip


def one_redis(*, packages: str) -> OneRedis:
    """Whether Redis would be the site's alone."""
    return OneRedis(packages)
