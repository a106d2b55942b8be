"""A site that was set up by an earlier version: what its journal knows things by must stay as it is."""

from __future__ import annotations

import json
from pathlib import Path

from wizard import catalog
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.secret import Secret
from wizard.server import Server

KEYS = Path(__file__).parent / "data" / "keys-of-a-site.json"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLkmGpLa3bTlHVzVYYRT5Wb9Jh0tJkVjW0bT3cK5mYJ you@laptop"
ANSWERS = {
    "project": {
        "source": "git@example.org:me/shop-one.git", "deploy_key": Secret("k"), "wsgi": "shop.wsgi:application",
        "settings_module": "shop.settings",
    },
}  # fmt: skip


def test_steps_and_keys_of_a_site_are_those_of_the_versions_before() -> None:
    """Another key would be another thing: made a second time, while the first stays behind and is undone as before."""
    recipes = catalog.load()
    a = complete(Given(ANSWERS), recipes, server=Server(address="203.0.113.7", login_keys=(KEY,)))
    steps = [s for r in recipes if a.in_force(r) for s in r.steps if s.when is None or s.when(a)]
    assert {s.id: [op.key for op in s.operations(a)] for s in steps} == json.loads(KEYS.read_text())
