"""A change was made, and the power went before the journal had it as done; the secret content that it needed is gone by then."""

from __future__ import annotations

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from wizard import events
from wizard.operations.base import Operation
from wizard.operations.file import directory, file
from wizard.operations.release import release_from_folder
from wizard.operations.user import user
from wizard.practice.sample import PROJECT
from wizard.secret import Secret

JOURNAL = "/var/lib/wizard/journal"
# everything after the record with which the last change began
FORGET = f"""n=$(grep -n '"event":"doing"' {JOURNAL} | tail -n 1 | cut -d: -f1); sed -i "$((n + 1)),\\$d" {JOURNAL}"""


@pytest.fixture(scope="module")
def server(server_factory: ServerFactory) -> Cycle:
    cycle = Cycle(server_factory())
    cycle.make(user("site", system=True), directory("/srv/site"), directory("/srv/site/releases"))
    return cycle


@pytest.mark.parametrize(
    ("operation", "look", "seen"),
    [
        (file("/etc/secret-words", Secret("sesame\n"), mode=0o600), "cat /etc/secret-words", "sesame\n"),
        (user("ada", password=Secret("sesame")), "getent shadow ada | cut -c1-7", "ada:$y$\n"),
        (
            release_from_folder("/srv/site", str(PROJECT), group="site", link="current"),
            "ls /srv/site/current/manage.py | wc -l",
            "1\n",
        ),
    ],
    ids=["a secret file", "an account with a password", "a project's code"],
)
def test_it_is_made_again_and_nothing_fails(server: Cycle, operation: Operation, look: str, seen: str) -> None:
    assert server.make(operation) == 1
    server.run(FORGET)
    server.seen.clear()
    assert server.make(operation) == 1
    assert server.run(look) == seen
    assert [e for e in server.seen if isinstance(e, events.StepFailed)] == []
    assert server.make(operation) == 0
