"""The journal's text, read back: what is in force, what is half-done, and what no version before this one wrote."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.engine.checkpoints import places
from wizard.engine.journal import Journal, parse
from wizard.engine.rollback import plan_rollback
from wizard.errors import StoppedError, UsageError
from wizard.operations.command import command
from wizard.operations.file import FileState, file

FILE = file("/etc/x", "new\n")
OLD = FileState("file", "0644", "root", "root", "0" * 64, size=4)
NEW = FILE.wanted(OLD)


def doing(number: int = 1, step: str = "demo/files") -> dict[str, Any]:
    return {
        "event": "doing", "id": number, "step": step, "operation": FILE.to_json(), "at": "2026-01-01T00:00:00Z",
        "before": OLD.to_json(), "after": NEW.to_json(),
    }  # fmt: skip


def done(number: int = 1) -> dict[str, Any]:
    seen = f"file|644|root|root|{NEW.sha256}||4"
    return {"event": "done", "id": number, "observed": base64.b64encode(seen.encode()).decode()}


def journal(*records: dict[str, Any], tail: str = "") -> Journal:
    first = {"event": "journal", "version": 1, "journal": "abc"}
    return parse("".join(json.dumps(r) + "\n" for r in (first, *records)) + tail)


def test_done_change_is_in_force_with_the_state_that_was_reached() -> None:
    (entry,) = journal(doing(), done()).in_force
    assert entry.change().before == OLD
    assert entry.change().after == NEW
    assert entry.key == "file:/etc/x"


def test_undone_change_takes_the_later_checkpoints_with_it() -> None:
    point = {"event": "checkpoint", "step": "demo/files", "at": "", "last": 1}
    assert journal(doing(), done(), point).complete("demo/files")
    undone = journal(doing(), done(), point, {"event": "undoing", "id": 1}, {"event": "undone", "id": 1})
    assert not undone.complete("demo/files")
    assert undone.in_force == []


def test_checks_are_due_again_after_a_change_of_a_step_before() -> None:
    point = {"event": "checkpoint", "step": "site/answers", "at": "", "last": 1}
    before = journal(doing(), done(), point)
    assert not before.changed_since("site/answers", by={"demo/files"})
    later = journal(doing(), done(), point, doing(2), done(2))
    assert later.changed_since("site/answers", by={"demo/files"})
    assert not later.changed_since("site/answers", by={"other/step"})
    again = journal(doing(), done(), point, doing(2), done(2), {**point, "last": 2})
    assert not again.changed_since("site/answers", by={"demo/files"})
    assert [c.last for c in again.checkpoints] == [2]


def test_check_that_was_left_out_is_remembered_until_it_passes() -> None:
    point = {"event": "checkpoint", "step": "demo/files", "at": "", "last": 1}
    left = journal(doing(), done(), {**point, "left_out": ["the page / answers"]})
    assert left.left_out == [("demo/files", "the page / answers")]
    assert journal(doing(), done(), {**point, "left_out": ["x"]}, point).left_out == []


def test_record_cut_short_is_counted_and_the_change_counts_as_interrupted() -> None:
    cut = json.dumps(done())[:30]
    found = journal(doing(), tail=cut)
    assert found.torn == 1
    assert [e.id for e in found.interrupted] == [1]


def test_failed_change_is_made_good_by_a_later_one_of_the_same_thing() -> None:
    failed = (doing(1), {"event": "failed", "id": 1})
    assert [e.id for e in journal(*failed).half_done] == [1]
    assert journal(*failed, doing(2), done(2)).half_done == []


def test_newer_journal_is_refused_with_a_reason() -> None:
    with pytest.raises(StoppedError, match="newer version"):
        parse('{"event": "journal", "version": 99, "journal": "abc"}\n')


def test_unknown_events_and_kinds_do_not_stop_the_reading() -> None:
    strange = {**doing(), "operation": {"kind": "from-the-future"}}
    found = journal({"event": "sung", "song": "x"}, strange)
    with pytest.raises(StoppedError, match="from-the-future"):
        found.entries[1].change()


def test_known_states_of_a_thing_are_its_two_ends_and_what_was_accepted() -> None:
    found = journal(doing(), done())
    assert found.known(FILE) == (NEW, OLD)
    mine = FileState("file", "0600", "root", "root", "1" * 64)
    found.add({"event": "accepted", "key": FILE.key, "state": mine.to_json()})
    assert found.known(FILE)[0] == mine


def test_command_must_say_how_it_goes_back() -> None:
    with pytest.raises(TypeError, match="undo"):
        command("x", "true", test="true")
    with pytest.raises(TypeError, match="undo"):
        command("x", "true", test="true", undo="true", irreversible=True)


def text(*records: dict[str, Any]) -> str:
    first = {"event": "journal", "version": 1, "journal": "abc"}
    return "".join(json.dumps(r) + "\n" for r in (first, *records))


CHECKPOINT = {"event": "checkpoint", "step": "demo/files", "at": "", "last": 2}
AGAIN = {"event": "checkpoint", "step": "demo/files", "at": "", "changes": [[1, 3]]}
WHOLE = text(
    {"event": "run", "run": "a", "login": "root", "target": "root@x", "generation": 1}, doing(1), done(1), doing(2), done(2),
    CHECKPOINT, {"event": "run", "run": "b", "login": "root", "generation": 2}, doing(3), AGAIN, {"event": "undoing", "id": 2},
)  # fmt: skip


def walk(found: Journal) -> None:
    """Everything that the commands ask of a journal."""
    for ask in (
        lambda: found.half_done, lambda: found.interrupted, lambda: found.lost, lambda: found.known(FILE),
        lambda: found.half_done_of(FILE), lambda: plan_rollback(found, None), lambda: plan_rollback(found, "demo/files"),
        lambda: plan_rollback(found, "demo/files@1"), lambda: places(found.history),
        lambda: [e.change() for e in found.in_force], lambda: found.complete("demo/files"), lambda: found.next_id,
    ):  # fmt: skip
        with contextlib.suppress(StoppedError, UsageError):
            ask()


def test_record_whose_change_is_gone_is_told_as_lost_and_its_number_not_given_again() -> None:
    found = parse(text(doing(1), done(1)) + json.dumps(doing(2))[:60] + "\n" + text(done(2)).partition("\n")[2])
    assert found.lost == [2]
    assert found.next_id == 3
    assert [e.id for e in found.in_force] == [1]


def test_line_torn_by_a_power_cut_loses_nothing_and_its_number_is_given_again() -> None:
    found = parse(text(doing(1), done(1)) + json.dumps(doing(2))[:60] + "\0" * 40)
    assert (found.torn, found.lost, found.next_id) == (1, [], 2)


def test_nuls_in_place_of_records_are_no_records() -> None:
    found = parse(text(doing(1), done(1)) + "\0" * 4096 + "\n" + json.dumps(CHECKPOINT | {"last": 1}) + "\n")
    assert found.torn == 0
    assert found.complete("demo/files")


def test_state_of_an_unknown_shape_is_refused_with_the_number_of_its_change() -> None:
    found = parse(text({**doing(1), "before": {"shape": "unknown"}}, done(1)))
    with pytest.raises(StoppedError, match="change 1 of the journal: its record is damaged"):
        found.entries[1].change()


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_damage_of_any_kind_is_never_a_traceback(data: st.DataObject) -> None:
    broken = WHOLE
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(broken)))
        to = data.draw(st.integers(at, min(len(broken), at + 200)))
        broken = (
            broken[:at]
            + data.draw(st.sampled_from(["", "\0" * 50, "\n", "{", '"', "[[", "9", "null", "\ufffd"]))
            + broken[to:]
        )
    with contextlib.suppress(StoppedError):  # a version that nobody knows
        walk(parse(broken))


@given(st.sampled_from(range(11)),
       st.sampled_from(["id", "step", "operation", "before", "after", "last", "observed", "version", "generation", "changes"]),
       st.sampled_from([None, 1, -5, "x", [], {}, {"kind": 3}, [[1]], [[1, 2], [1, "x"]], [[3, 10**300]], 1e300, True]))  # fmt: skip
def test_record_with_a_wrong_value_is_never_a_traceback(number: int, name: str, value: Any) -> None:
    lines = WHOLE.splitlines()
    lines[number] = json.dumps({**json.loads(lines[number]), name: value})
    with contextlib.suppress(StoppedError):
        walk(parse("\n".join(lines) + "\n"))


def test_deeply_nested_rubbish_is_a_torn_line() -> None:
    assert parse(text() + "[" * 100_000 + "\n").torn == 1
