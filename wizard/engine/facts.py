"""A server's facts as it told them, each made into the type that it has, or refused by its name. What a server says is not trusted."""

from __future__ import annotations

import re
import time
from dataclasses import fields
from typing import Any

from wizard.errors import WizardError
from wizard.server import Server
from wizard.transport.base import Login

LONGEST = 32 * 1024  # characters of a fact; a line of authorized_keys has a few hundred, with options some more
MOST = 1000  # values of a fact that can have several
OURS = {"address", "clock_off_s"}  # not the server's to say
NUMBERS = {
    "cpus": 4096,
    "memory_mb": 10**9,
    "swap_mb": 10**9,
    "disk_free_mb": 10**12,
}  # with the largest that is believed
SHAPES = {
    "distribution": r"[\w.-]{1,64}",
    "codename": r"[\w.-]{0,64}",
    "version": r"[\w.~+-]{0,64}",
    "architecture": r"[\w-]{1,64}",
    "python": r"(\d{1,3}\.\d{1,3})?",
    "boot_id": r"[0-9a-f-]{0,64}",
    "login_user": r"[^\s:/]{1,64}",
    "hostname": r"\S{0,253}",
    "read_only": r"(/\S*)?",
    "noexec": r"(/\S*)?",
}


def server_from(text: str, login: Login) -> Server:
    """The facts in lines of NAME=VALUE. WizardError names the fact that has another shape than such a fact has."""
    kinds = {f.name: str(f.type) for f in fields(Server) if f.name not in OURS}
    values: dict[str, Any] = {"address": login.host}
    several: dict[str, list[str]] = {name: [] for name, kind in kinds.items() if kind.startswith("tuple")}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "clock":
            values["clock_off_s"] = _number(name, value, login, 10**12) - int(time.time())
        elif name not in kinds:
            continue
        elif len(value) > LONGEST or not re.fullmatch(SHAPES.get(name, ".*"), value):
            raise _refused(name, value, login)
        elif name in several:
            several[name].append(value)
            if len(several[name]) > MOST:
                raise _refused(name, f"more than {MOST} lines", login)
        elif kinds[name] == "bool":
            values[name] = bool(value)
        elif kinds[name] != "int":
            values[name] = value
        elif value:  # a server that cannot say how much it has is not one that has nothing
            values[name] = _number(name, value, login, NUMBERS.get(name, 10**9))
    values |= {name: tuple(v for v in lines if v.strip()) for name, lines in several.items()}
    return Server(**values)


def _number(name: str, value: str, login: Login, largest: int) -> int:
    if not re.fullmatch("[0-9]{1,15}", value) or int(value) > largest or (name == "cpus" and int(value) < 1):
        raise _refused(name, value, login)
    return int(value)


def _refused(name: str, value: str, login: Login) -> WizardError:
    return WizardError(
        f"cannot make out what {login} says about itself: its {name} is {value[:80]!r}",
        hint="is this the right server? what it says about its own state is damaged, or made up",
    )
