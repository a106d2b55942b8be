"""What a server must have before anything on it is touched: each obstacle named, with its reason and the next step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wizard import events
from wizard.engine.journal import Journal, parse
from wizard.engine.preflight import check
from wizard.errors import StoppedError
from wizard.server import Server

GOOD = Server()
BEGUN = parse(
    '{"event":"journal","version":1,"journal":"x"}\n'
    '{"event":"doing","id":1,"step":"a/b","operation":{"kind":"file"},"before":{},"after":{}}\n'
)
BAD = [
    ({"distribution": "alpine", "pretty_name": "Alpine Linux"}, "Alpine Linux", "distribution"),
    ({"version": "11", "pretty_name": "Debian 11"}, "Debian 11", "distribution"),
    ({"disk_free_mb": 900}, "900 MB of free disk", "disk"),
    ({"memory_mb": 400}, "400 MB of memory and no swap", "memory"),
    ({"clock_off_s": 366 * 86400}, "366 days ahead", "clock"),
    ({"clock_off_s": -366 * 86400}, "366 days behind", "clock"),
]


@pytest.mark.parametrize(("facts", "told", "name"), BAD)
def test_obstacle_stops_a_new_set_up_and_only_warns_one_that_is_under_way(
    facts: dict[str, Any], told: str, name: str
) -> None:
    seen: list[events.Event] = []
    with pytest.raises(StoppedError, match=told) as caught:
        check(replace(GOOD, **facts), Journal(), seen.append)
    assert caught.value.hint and caught.value.details and seen == []
    check(replace(GOOD, **facts), BEGUN, seen.append)
    assert [e.fact for e in seen if isinstance(e, events.ServerWarning)] == [name]


@pytest.mark.parametrize("facts", [{"systemd": False}, {"read_only": "/usr"}])
def test_where_nothing_can_be_written_going_on_is_refused_too(facts: dict[str, Any]) -> None:
    for journal in (Journal(), BEGUN):
        with pytest.raises(StoppedError):
            check(replace(GOOD, **facts), journal, lambda _: None)


def test_little_memory_with_swap_is_enough() -> None:
    check(replace(GOOD, memory_mb=300, swap_mb=1024), Journal(), lambda _: None)


def test_all_obstacles_are_told_at_once() -> None:
    with pytest.raises(StoppedError, match="and 1 more") as caught:
        check(replace(GOOD, memory_mb=300, disk_free_mb=10), Journal(), lambda _: None)
    assert "300 MB" in caught.value.details and "10 MB" in caught.value.details


def test_doubts_are_warnings() -> None:
    seen: list[events.Event] = []
    odd = replace(GOOD, version="14", noexec="/tmp", home_writable=False)
    check(odd, Journal(), seen.append)
    assert [e.fact for e in seen if isinstance(e, events.ServerWarning)] == ["release", "noexec", "home"]
