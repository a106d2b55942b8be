"""A shell on the server, by ssh(1), with the same key and the same known host key as the wizard uses."""

from __future__ import annotations

import shlex
from pathlib import Path

from wizard.journey import PRACTICE, Journey
from wizard.transport.base import Login


def command(journey: Journey) -> list[str]:
    """The argv of ssh. No password is in it: ssh asks for it where it needs one."""
    assert journey.session is not None
    login = journey.session.transport.login
    argv = ["ssh", "-t", "-p", str(login.port), "-o", f"UserKnownHostsFile={_known_hosts(journey)}"]
    if login.known_as:
        argv += ["-o", f"HostKeyAlias={login.known_as}"]
    if login.key:
        argv += ["-i", str(login.key), "-o", "IdentitiesOnly=yes"]
    if login.jump:
        argv += ["-J", ",".join(_hops(login.jump))]
    return [*argv, "-l", login.user, login.host]


def as_typed(journey: Journey) -> str:
    return shlex.join(command(journey))


def _known_hosts(journey: Journey) -> Path:
    from wizard.transport.target import known_hosts_file

    target = journey.request.target
    if target.startswith(PRACTICE):
        from wizard.practice.fleet import Fleet

        return Fleet().get(target.removeprefix(PRACTICE)).known_hosts
    return known_hosts_file(target)


def _hops(login: Login) -> list[str]:
    before = _hops(login.jump) if login.jump else []
    host = f"[{login.host}]" if ":" in login.host else login.host
    return [*before, f"{login.user}@{host}:{login.port}"]
