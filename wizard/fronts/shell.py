"""A shell on the server, by ssh(1), with the same key and the same known host key as the wizard uses."""

from __future__ import annotations

import shlex

from wizard.app import login_line
from wizard.app.connection import known_hosts
from wizard.app.journey import Journey
from wizard.transport.ssh import SshTransport


def command(journey: Journey) -> list[str]:
    """The argv of ssh. No password is in it: ssh asks for it where it needs one."""
    transport = journey.connected.transport
    login = transport.login
    used = transport.key if isinstance(transport, SshTransport) else None
    key = login.key or (used.path if used else None)
    return ["ssh", "-t", *login_line.options(login, key, known_hosts(journey.request)), "-l", login.user, login.host]


def as_typed(journey: Journey) -> str:
    return shlex.join(command(journey))
