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
    chosen = [r for r in journey.chosen if answers.in_force(r)]
    told = [(r.name, name, value(answers)) for r in chosen for name, value in r.afterwards]
    lines = [(r, name, _login_line(journey, v) if isinstance(v, LoginAs) else v) for r, name, v in told]
    return [(recipe, name, v if isinstance(v, Secret) else str(v)) for recipe, name, v in lines if v]


def _login_line(journey: Journey, told: LoginAs) -> str:
    """The line by which this user logs in; tried once, and then remembered."""
    if told not in journey.login_lines:
        transport = journey.session.transport if journey.session else None
        ours = known_hosts(journey.request) if journey.request.target.startswith(PRACTICE) else None
        journey.login_lines[told] = login_line.shown(told, journey.request.target, transport, ours)
    return journey.login_lines[told]
