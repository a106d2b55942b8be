"""Which accounts a journey tries where the login that was asked for is refused. Opens no connection."""

from __future__ import annotations

from wizard.answers.given import Given
from wizard.app import connection
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.practice.sample import PROJECT


def test_account_of_a_recipe_that_is_left_out_is_tried_too() -> None:
    """An earlier run of all recipes has shut root's door; this one, from another computer, brings the code up to date."""
    given = Given({"project": {"source": str(PROJECT), "name": "guestbook"}, "deploy_user": {"name": "ada"}})
    journey = Journey(Request("root@192.0.2.1", only=("project",), given=given), lambda event: None)
    journey.prepare()
    assert set(connection._users_to_come(journey)) == {"ada"}
