"""A report of a failure, to be sent to somebody who can help: no secret in it."""

from __future__ import annotations

import datetime
import platform

from wizard import __version__
from wizard.app.journey import Journey
from wizard.fronts.causes import Cause
from wizard.text import text as words


def text(journey: Journey, step: str, reason: str, cause: Cause, output: str) -> str:
    """Markdown: what failed, on what server, and the last lines of output, with every known secret masked."""
    session = journey.session
    rows = [
        ("wizard", words("fronts.report.python", version=__version__, python_version=platform.python_version())),
        (words("fronts.report.when"), datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")),
        (words("fronts.report.server"), _server(journey)),
        (words("fronts.report.step"), step),
        (words("fronts.report.reason"), reason),
        (words("fronts.report.likely_cause"), cause.what),
        (words("fronts.report.advice"), cause.advice),
        (words("fronts.report.done_before"), ", ".join(c.step for c in session.journal.checkpoints) if session else ""),
    ]  # fmt: skip
    head = "# " + words("fronts.report.heading") + "\n\n" + "\n".join(f"- {name}: {value}" for name, value in rows)
    return journey.mask(f"{head}\n\n## {words('fronts.report.output')}\n\n```\n{output}\n```\n")


def _server(journey: Journey) -> str:
    if journey.session is None:
        return words("fronts.report.not_connected")
    server = journey.session.server
    return words(
        "fronts.report.cpus_mb_mb_disk",
        pretty_name=server.pretty_name,
        cpus=server.cpus,
        memory_mb=server.memory_mb,
        disk_free_mb=server.disk_free_mb,
    )
