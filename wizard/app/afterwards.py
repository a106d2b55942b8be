"""What the learner needs once a set-up is done, as its recipes tell it."""

from __future__ import annotations

from wizard.app import login_line
from wizard.app.connection import known_hosts
from wizard.app.journey import Journey
from wizard.app.request import PRACTICE
from wizard.recipe import LoginAs
from wizard.secret import Secret


def afterwards(journey: Journey) -> list[tuple[str, str, str | Secret]]:
    """What the learner needs afterwards: (recipe, name, value), of the chosen recipes."""
    answers = journey.answered_all
    told = [(r.name, name, value(answers)) for r in journey.chosen for name, value in r.told]
    lines = [(r, name, _login_line(journey, v) if isinstance(v, LoginAs) else v) for r, name, v in told]
    return [(recipe, name, value) for recipe, name, value in lines if value]


def _login_line(journey: Journey, told: LoginAs) -> str:
    """The line by which this user logs in; tried once, and then remembered."""
    if told not in journey.login_lines:
        transport = journey.session.transport if journey.session else None
        ours = known_hosts(journey.request) if journey.request.target.startswith(PRACTICE) else None
        journey.login_lines[told] = login_line.shown(told, journey.request.target, transport, ours)
    return journey.login_lines[told]
