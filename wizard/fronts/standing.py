"""How far a server is that this computer knows, in words. Reaches no server."""

from __future__ import annotations

import datetime

from wizard.local_state import KnownServer
from wizard.text import text


def standing(server: KnownServer, steps: list[str] | None = None) -> str:
    """How far a known server is, and since when. steps: the ids of all steps, once they are known."""
    done = [step for step in server.checkpoints if steps is None or step in steps]
    if steps is None or not done:
        return (
            text("fronts.standing.steps_done", done=len(done), at=_ago(server.at))
            if done
            else text("fronts.standing.begun", at=_ago(server.at))
        )
    rest = steps[max(steps.index(step) for step in done) + 1 :]  # a gap before is a step that this server does not need
    if not rest:
        return text("fronts.standing.all_steps_done", done=len(done), at=_ago(server.at))
    return text(
        "fronts.standing.steps_done_stopped",
        done=len(done),
        steps=len(steps),
        value=rest[0].partition("/")[0].replace("_", " "),
        at=_ago(server.at),
    )


def _ago(at: str) -> str:
    try:
        then = datetime.datetime.fromisoformat(at)
    except ValueError:
        return text("fronts.standing.some_time_ago")
    hours = (datetime.datetime.now(datetime.UTC) - then).total_seconds() / 3600
    if hours < 1:
        return text("fronts.standing.less_than_hour_ago")
    if hours < 48:
        return text("fronts.standing.hours_ago", hours=f"{hours:.0f}")
    return text("fronts.standing.days_ago", hours=f"{hours / 24:.0f}")
