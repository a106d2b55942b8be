"""Proofs about Redis, on the server. Must not know how it was set up."""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.quoting import sh
from wizard.secret import SECRETS_FOLDER

# The password goes from a file of root's into the environment: no process shows it among its arguments. redis-cli(1)
ASK = """\
ask() {{ redis-cli -h {host} -p {port} "$@" 2>&1; }}
{login}
said=$(ask ping)
[ "$said" = PONG ] || {{ echo "PING: $said"; exit 1; }}
key=wizard:check:$$
said=$(ask set $key written ex 60)
[ "$said" = OK ] || {{ echo "SET: $said"; exit 1; }}
said=$(ask get $key)
ask del $key >/dev/null
echo "PONG; {how}; $said and read"
[ "$said" = written ]
"""
LOGIN = """\
said=$(ask ping)
case $said in NOAUTH*) ;; *) echo "without a password, PING: $said"; exit 1 ;; esac
REDISCLI_AUTH=$(cat {file}) || exit
export REDISCLI_AUTH"""


def redis_answers(host: str, port: int, secret: str | None, *, set_in: str = "") -> Check:
    """Redis answers, and gives back what is written. secret: the name of the kept secret that it must ask for, or None."""
    login = LOGIN.format(file=sh(f"{SECRETS_FOLDER}/{secret}")) if secret else ""
    how = "refused without the password" if secret else "no password is asked for"
    name = "Redis answers with the password only" if secret else "Redis answers (without a password)"
    script = ASK.format(host=sh(host), port=port, login=login, how=how)
    return on_server(name, script, wanted="PONG, and a value that is written and read", set_in=set_in)
