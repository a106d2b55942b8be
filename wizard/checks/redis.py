"""Proofs about Redis, on the server. Must not know how it was set up."""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.quoting import sh
from wizard.secret import SECRETS_FOLDER
from wizard.text import text

# The password goes from a file of root's into the environment: no process shows it among its arguments. redis-cli(1)
ASK = """\
ask() {{ redis-cli -h {host} -p {port} "$@" 2>&1; }}
{login}
said=$(ask ping)
[ "$said" = PONG ] || {{ say checks.redis.said command=PING said="$said"; exit 1; }}
key=wizard:check:$$
said=$(ask set $key written ex 60)
[ "$said" = OK ] || {{ say checks.redis.said command=SET said="$said"; exit 1; }}
said=$(ask get $key)
ask del $key >/dev/null
[ "$said" = written ] || {{ say checks.redis.said command=GET said="$said"; exit 1; }}
{seen}
"""
LOGIN = """\
said=$(ask ping)
case $said in NOAUTH*) ;; *) say checks.redis.open said="$said"; exit 1 ;; esac
REDISCLI_AUTH=$(cat {file}) || exit
export REDISCLI_AUTH"""


def redis_answers(host: str, port: int, secret: str | None, *, set_in: str = "") -> Check:
    """Redis answers, and gives back what is written. secret: the name of the kept secret that it must ask for, or None."""
    login = LOGIN.format(file=sh(f"{SECRETS_FOLDER}/{secret}")) if secret else ""
    seen = "say checks.redis.works" if secret else "say checks.redis.works_openly"
    name = text("checks.redis.closed" if secret else "checks.redis.openly")
    script = ASK.format(host=sh(host), port=port, login=login, seen=seen)
    return on_server(name, script, wanted=text("checks.redis.wanted"), set_in=set_in)
