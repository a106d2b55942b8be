"""The shell functions that stand before every script of the engine: prelude.sh and doors.sh, with our statuses by name."""

from __future__ import annotations

from functools import cache
from importlib import resources

from wizard.engine.remote.protocol import Status

FILES = ("prelude.sh", "doors.sh")


@cache
def prelude() -> str:
    """The text that defines them."""
    statuses = "".join(f"{status.name}={status.value}\n" for status in Status)
    return statuses + "".join(shell(name) for name in FILES)


def shell(name: str) -> str:
    """A shell file beside this module."""
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
