"""Turns what a person calls a server into a Login: user@host[:port], or a Host of ~/.ssh/config.

Must not know of practice servers (the layer above does), nor open a connection.
"""

from __future__ import annotations

import getpass
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.errors import UsageError
from wizard.secret import Secret
from wizard.transport.base import Login
from wizard.transport.ssh_config import HostConfig, read_host_config

JUMPS = 8  # more is a loop in ~/.ssh/config

_SHAPE = re.compile(r"(?:(?P<user>[^:]+)@)?(?:\[(?P<six>[^][]+)\]|(?P<host>[^@:]+))(?::(?P<port>\d+))?")
# no shell or option syntax; ~/.ssh/config may hold these names, too
_USER = re.compile(r"[\w.][\w.@+-]*\$?")
_HOST = re.compile(r"[\w.][\w.-]*")


@dataclass(frozen=True)
class _Name:
    """What stands in a target: nothing is filled in yet."""

    host: str
    user: str | None
    port: int | None


def parse_target(
    text: str,
    *,
    key: Path | None = None,
    passphrase: Secret | None = None,
    password: Secret | None = None,
    sudo_password: Secret | None = None,
    config: Path | None = None,
    by_ssh: bool = False,
) -> Login:
    """The login for a TARGET; what it doesn't say is taken from `config` (~/.ssh/config). UsageError if bad.

    by_ssh: as ssh(1) itself understands it, where there is one (see read_host_config).
    """
    name, found = _look_up(text, config, by_ssh)
    user = name.user or found.user
    if not user:
        raise UsageError(
            "transport.target.no_user",
            text=repr(text),
            text2=text,
        )
    return Login(
        host=found.host,
        user=user,
        port=_port(name, found),
        key=key.expanduser() if key else None,
        passphrase=passphrase,
        password=password,
        sudo_password=sudo_password,
        jump=_jump(found, config, JUMPS, by_ssh),
        known_as=found.known_as,
        **_keys(found),
    )


def as_written(text: str) -> tuple[str, int | None]:
    """Host (or the name of one in ~/.ssh/config) and port of a TARGET, as they stand in it."""
    name = _split(text)
    return name.host, name.port


def _keys(found: HostConfig) -> dict[str, Any]:
    return {
        "identities": found.identities,
        "certificates": found.certificates,
        "identities_only": found.identities_only,
        "agent": found.agent,
    }


def known_hosts_file(text: str, *, config: Path | None = None, by_ssh: bool = False) -> Path:
    """The known_hosts file for a TARGET: what ~/.ssh/config says, else ~/.ssh/known_hosts."""
    return _look_up(text, config, by_ssh)[1].known_hosts or Path.home() / ".ssh" / "known_hosts"


def _look_up(text: str, config: Path | None, by_ssh: bool = False) -> tuple[_Name, HostConfig]:
    name = _split(text)
    path = config or Path.home() / ".ssh" / "config"
    found = read_host_config(name.host, path, user=name.user, port=name.port, by_ssh=by_ssh)
    if found.proxy_command:
        raise UsageError("transport.target.proxy_command", host=name.host)
    return name, found


def _split(text: str) -> _Name:
    if not text or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise UsageError("transport.target.empty", text=repr(text))
    if text.startswith("-"):
        raise UsageError("transport.target.dash", text=repr(text))
    match = _SHAPE.fullmatch(text)
    if not match:
        bare = text.rpartition("@")[2]
        if _is_ipv6(bare):
            raise UsageError(
                "transport.target.ipv6_brackets",
                text=repr(text),
                text2=text.removesuffix(bare),
                bare=bare,
            )
        raise UsageError("transport.target.no_target", text=repr(text))
    user, six, host, port = match["user"], match["six"], match["host"], match["port"]
    if user is not None and not _USER.fullmatch(user):
        raise UsageError("transport.target.user", user=repr(user))
    if six is not None and not _is_ipv6(six):
        raise UsageError("transport.target.no_ipv6", six=repr(six))
    if host is not None and not _HOST.fullmatch(host):
        raise UsageError("transport.target.host", host=repr(host))
    return _Name(six or host, user, _checked_port(port, text) if port else None)


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _port(name: _Name, found: HostConfig) -> int:
    return name.port or (_checked_port(found.port, f"~/.ssh/config for {name.host}") if found.port else 22)


def _checked_port(text: str, where: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise UsageError("transport.target.port", text=text, where=where)
    return int(text)


def _jump(found: HostConfig, config: Path | None, left: int, by_ssh: bool) -> Login | None:
    """The login of the last host on the way, which itself knows the one before it."""
    way: Login | None = None
    for position, hop in enumerate(found.jumps):
        if left == 0:
            raise UsageError("transport.target.jump_loop")
        name, of_hop = _look_up(hop.removeprefix("ssh://"), config, by_ssh)
        if position == 0:
            way = _jump(of_hop, config, left - 1, by_ssh)
        way = Login(
            host=of_hop.host,
            user=name.user or of_hop.user or getpass.getuser(),  # as ssh does for a jump host
            port=_port(name, of_hop),
            jump=way,
            known_as=of_hop.known_as,
            **_keys(of_hop),
        )
    return way
