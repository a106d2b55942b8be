"""Back to each checkpoint of a whole site, forward again, and back once more: each time it is as it was there at first."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from tests.practice.compare import Fingerprint, fingerprint
from tests.practice.conftest import ServerFactory
from tests.practice.matrix import results
from tests.practice.matrix.outcome import left_different
from tests.practice.matrix.site import Site
from wizard import events
from wizard.engine.remote.session import Session
from wizard.practice.fleet import Fleet

# Debian's fail2ban fails until it is told where the log is; a unit that had failed is not made to fail again.
FAILED_AS_INSTALLED = "active: fail2ban.service: failed → nothing"


@pytest.mark.matrix
def test_each_checkpoint_is_gone_back_to_and_left_again_and_nothing_differs(
    new_server: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = new_server()
    fleet.reboot(server.name)  # what runs only at the first boot is over
    site = Site(fleet, server, tmp_path_factory.mktemp("checkpoints"))
    at: dict[str | None, Fingerprint] = {None: site.look()}

    def look(step: str, session: Session) -> bool:
        at[step] = fingerprint(session.transport, deep=True)
        return True

    site.forward(look)
    left: dict[str, list[str]] = {}

    def compare(where: str | None, how: str) -> None:
        found = [line for line in left_different(at[where], site.look()) if line != FAILED_AS_INSTALLED]
        with results.tried(f"each checkpoint, {how}") as row:
            row.differences = len(found)
        if found:
            left[f"{where}, {how}"] = found

    for before, step in list(pairwise(at))[::-1]:
        site.seen.clear()
        site.back(before)
        compare(before, "gone back to")
        if not any(isinstance(e, events.Undone) and not e.kept for e in site.seen):
            continue  # a step that only looks: there is nothing to make again
        site.forward(lambda reached, _, step=step: reached != step)  # type: ignore[misc]
        compare(step, "come to again")
        site.back(before)
        compare(before, "gone back to again")
    site.forward()
    compare(list(at)[-1], "come to again from the bare server")
    assert left == {}, json.dumps(left, indent=1)
