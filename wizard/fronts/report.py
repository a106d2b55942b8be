"""A report of a failure, to be sent to somebody who can help: no secret in it."""

from __future__ import annotations

import datetime
import platform

from wizard import __version__
from wizard.app.journey import Journey
from wizard.fronts.causes import Cause


def text(journey: Journey, step: str, reason: str, cause: Cause, output: str) -> str:
    """Markdown: what failed, on what server, and the last lines of output, with every known secret masked."""
    session = journey.session
    rows = [
        ("wizard", f"{__version__} on Python {platform.python_version()}"),
        ("when", datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")),
        ("server", _server(journey)),
        ("step", step),
        ("reason", reason),
        ("likely cause", cause.what),
        ("advice", cause.advice),
        ("done before", ", ".join(c.step for c in session.journal.checkpoints) if session else ""),
    ]  # fmt: skip
    head = "# A step of the set-up failed\n\n" + "\n".join(f"- {name}: {value}" for name, value in rows)
    return journey.mask(f"{head}\n\n## Output\n\n```\n{output}\n```\n")


def _server(journey: Journey) -> str:
    if journey.session is None:
        return "not connected"
    server = journey.session.server
    return f"{server.pretty_name}, {server.cpus} CPUs, {server.memory_mb} MB, {server.disk_free_mb} MB of disk free"
