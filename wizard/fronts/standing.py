"""How far a server is that this computer knows, in words. Reaches no server."""

from __future__ import annotations

import datetime

from wizard.local_state import KnownServer


def standing(server: KnownServer, steps: list[str] | None = None) -> str:
    """How far a known server is, and since when. steps: the ids of all steps, once they are known."""
    done = [step for step in server.checkpoints if steps is None or step in steps]
    if steps is None or not done:
        return f"{len(done)} steps done, {_ago(server.at)}" if done else f"Begun {_ago(server.at)}"
    rest = steps[max(steps.index(step) for step in done) + 1 :]  # a gap before is a step that this server does not need
    if not rest:
        return f"All {len(done)} steps done, {_ago(server.at)}"
    return f"{len(done)} of {len(steps)} steps done, stopped at {rest[0].partition('/')[0].replace('_', ' ')} {_ago(server.at)}"


def _ago(at: str) -> str:
    try:
        then = datetime.datetime.fromisoformat(at)
    except ValueError:
        return "some time ago"
    hours = (datetime.datetime.now(datetime.UTC) - then).total_seconds() / 3600
    if hours < 1:
        return "less than an hour ago"
    if hours < 48:
        return f"{hours:.0f} hours ago"
    return f"{hours / 24:.0f} days ago"
