"""Checkpoints: what each name leaves in force, over any sequence of releases, failures and ways back."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.test_journal_checksums import FORMAT_1, FORMAT_2, written
from wizard.engine.checkpoints import places, spans
from wizard.engine.journal import Journal, parse
from wizard.engine.remote.prelude import prelude
from wizard.engine.rollback import plan_rollback
from wizard.errors import UsageError
from wizard.operations.file import FileState, file

STEPS = (
    "postgres/database",
    "project/code",
    "virtualenv/environment",
    "gunicorn/service",
    "nginx/site",
    "hardening/ssh",
)
RELEASE = ("project/code", "virtualenv/environment", "gunicorn/service")


class Server:
    """A journal as runs write it, and what is on the server: each thing of a step by the number of the change that made it."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.things: dict[str, int] = {}
        self.runs = 0
        self.at: dict[str, dict[str, int]] = {}  # by the name of a checkpoint: the things then
        self.anew: dict[str, int] = {}  # by the name of a checkpoint: the next generation that completed its step

    def open(self) -> None:
        self.runs += 1
        self.journal.add({"event": "run", "run": str(self.runs), "login": "root"})

    def change(self, step: str) -> int:
        before, number = self.things.get(step, 0), self.journal.next_id
        self.journal.add({
            "event": "doing", "id": number, "step": step, "operation": file(f"/{step}", "x").to_json(),
            "before": state(before).to_json(), "after": state(number).to_json(),
        })  # fmt: skip
        self.journal.add({"event": "done", "id": number, "observed": base64.b64encode(seen(number)).decode()})
        self.things[step] = number
        return number

    def run(self, steps: tuple[str, ...], ends_before: str = "") -> list[int]:
        """Makes these steps anew, and those that are not complete; the numbers of its changes."""
        self.open()
        made: list[int] = []
        for step in STEPS:
            if step == ends_before:
                break
            if step in steps or not self.journal.complete(step):
                made.append(self.change(step))
                record = {"event": "checkpoint", "step": step, "at": "", "changes": spans(self.in_force)}
                self.journal.add(json.loads(json.dumps(record)))
                *earlier, point = self.journal.history
                self.at[point.name] = dict(self.things)
                for other in earlier:
                    if other.step == step:
                        self.anew.setdefault(other.name, point.generation)
        return made

    def back(self, name: str | None) -> list[int]:
        """Goes back; the numbers of the changes undone."""
        self.open()
        undone = [u.entry for u in plan_rollback(self.journal, name)]
        for entry in undone:
            assert self.things[entry.step] == entry.id, "a change is undone while a newer one stands on it"
            self.things[entry.step] = size_of(entry.before)
            self.journal.add({"event": "undoing", "id": entry.id})
            self.journal.add({"event": "undone", "id": entry.id})
        return [e.id for e in undone]

    @property
    def in_force(self) -> list[int]:
        return [e.id for e in self.journal.in_force]


def state(number: int) -> FileState:
    return FileState("file", "0644", "root", "root", "0" * 64, size=number)


def seen(number: int) -> bytes:
    return f"file|644|root|root|{'0' * 64}||{number}".encode()


def size_of(state: dict[str, Any]) -> int:
    size = state["size"]
    assert isinstance(size, int)
    return size


def test_release_deployed_twice_has_two_checkpoints_and_the_first_leaves_all_else_alone() -> None:
    server = Server()
    server.run(STEPS)
    first = dict(server.things)
    second = server.run(RELEASE)
    assert [c.name for c in server.journal.history if c.step == "project/code"] == ["project/code@1", "project/code@2"]
    undone = server.back("project/code@1")
    assert undone == second[::-1]
    assert server.things == first
    assert [c.name for c in server.journal.history] == [f"{step}@1" for step in STEPS]


def test_name_without_generation_is_the_newest_checkpoint_of_the_step() -> None:
    server = Server()
    server.run(STEPS)
    code, *rest = server.run(RELEASE)
    assert server.back("project/code") == rest[::-1]
    assert server.things["project/code"] == code
    assert server.back("postgres/database") == [code, 6, 5, 4, 3, 2]


def test_generation_alone_is_the_server_as_that_run_left_it() -> None:
    server = Server()
    server.run(STEPS)
    second, third = server.run(RELEASE), server.run(RELEASE)
    assert server.back("@2") == third[::-1]
    assert server.back("@1") == second[::-1]


def test_first_release_of_a_set_up_in_several_runs_leaves_what_the_later_ones_set_up() -> None:
    server = Server()
    server.run((), ends_before="virtualenv/environment")
    server.run((), ends_before="nginx/site")
    server.run(())
    release = server.run(RELEASE)
    assert server.back("project/code@1") == release[::-1]


def test_going_back_that_was_interrupted_goes_on_with_the_same_name() -> None:
    server = Server()
    server.run(STEPS)
    first = dict(server.things)
    server.run(RELEASE)
    newest = plan_rollback(server.journal, "project/code@1")[0].entry
    server.journal.add({"event": "undone", "id": newest.id})
    server.things[newest.step] = size_of(newest.before)
    server.back("project/code@1")
    assert server.things == first
    assert server.back("project/code@1") == server.back("project@1") == []


def test_run_that_changes_nothing_and_a_way_back_take_no_generation() -> None:
    server = Server()
    server.run(STEPS)
    server.run(())
    server.run(RELEASE)
    server.back("@1")
    server.run(RELEASE)
    assert server.journal.generation == 3
    assert {c.name for c in server.journal.history if c.step in RELEASE} == {
        f"{s}@{n}" for s in RELEASE for n in (1, 3)
    }


def test_unknown_checkpoint_is_refused_with_those_that_there_are() -> None:
    server = Server()
    server.run(STEPS[:1])
    for name in ("project/cod", "@7", "postgres/database@2", "@", "", "@x", "postgres@01"):
        with pytest.raises(UsageError) as refused:
            plan_rollback(server.journal, name)
        assert "postgres/database" in refused.value.hint


def test_checkpoint_that_was_undone_since_is_refused_with_the_reason() -> None:
    server = Server()
    server.run(STEPS)
    server.run(RELEASE)
    server.back("@1")
    with pytest.raises(UsageError, match="changes of it were undone since"):
        server.back("project/code@2")


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.sets(st.sampled_from(STEPS)).map(tuple), st.sampled_from(["", *STEPS])),
        st.tuples(st.just("fail"), st.sampled_from(STEPS)),
        st.tuples(st.just("back"), st.integers(0, 50)),
        st.tuples(st.just("generation"), st.integers(0, 50)),
        st.tuples(st.just("newest"), st.integers(0, 50)),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(ACTIONS)
def test_going_back_gives_exactly_what_was_there_at_the_checkpoint(actions: list[Any]) -> None:
    server = Server()
    for action, *how in actions:
        history = server.journal.history
        if action == "run":
            server.run(*how)
        elif action == "fail":  # a run that ended after a change, before its checkpoint
            server.open()
            server.change(how[0])
        elif history:
            point = history[how[0] % len(history)]
            before = server.anew.get(point.name)
            name, reached = point.name, point
            if action == "newest":
                name, reached = point.step, [c for c in history if c.step == point.step][-1]
            elif action == "generation":
                name, reached = f"@{point.generation}", [c for c in history if c.generation == point.generation][-1]
            elif before is not None:  # as the last run before the step was made anew left the server
                reached = [c for c in history if c.generation < before][-1]
            server.back(name)
            assert server.things == dict.fromkeys(server.things, 0) | server.at[reached.name]
            assert spans(server.in_force) == reached.changes
            assert server.back(name) == []
        assert all(
            e.id in server.in_force
            for c in server.journal.history
            for e in server.journal.entries.values()
            if c.holds(e.id)
        )


def generation(folder: Path, journal: bytes, run: str) -> int:
    """The number that the server's own shell gives."""
    (folder / "journal").write_bytes(journal)
    script = f"{prelude()}\ngeneration {run}".replace("/var/lib/wizard", str(folder))
    done = subprocess.run(
        ["dash", "-e"], input=script, text=True, check=True, capture_output=True, env={"PATH": os.environ["PATH"]}
    )
    return int(done.stdout)


def as_written(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps({"at": "x", **r}, separators=(",", ":")).encode() + b"\n" for r in records)


@settings(max_examples=60, deadline=None)
@given(events=st.lists(st.sampled_from(["run a", "run b", "doing", "undoing", "given 1", "given 2"]), max_size=9),
       run=st.sampled_from(["a", "b", "c"]), old=st.sampled_from(["", "1"]))  # fmt: skip
def test_server_gives_the_generation_that_is_read_here(
    tmp_path_factory: pytest.TempPathFactory, events: list[str], run: str, old: str
) -> None:
    records: list[dict[str, Any]] = []
    for event in events:
        kind, _, which = event.partition(" ")
        change = {
            "event": "doing",
            "run": "a",
            "id": 55,
            "step": "x",
            "operation": file("/x", "").to_json(),
            "before": {},
            "after": {},
        }
        kinds: dict[str, dict[str, Any]] = {
            "run": {"event": "run", "run": which, "login": "root"},
            "given": {"event": "run", "run": "g", "login": "root", "generation": int(which) if kind == "given" else 0},
            "doing": change, "undoing": {"event": "undoing", "run": "a", "id": 55},
        }  # fmt: skip
        records.append(kinds[kind])
    text = (FORMAT_1 if old else b"") + as_written(*records)
    after = parse(text + as_written({"event": "run", "run": run, "login": "root"}))
    assert generation(tmp_path_factory.mktemp("journal"), text, run) == after.generation >= 1


def test_server_goes_on_counting_where_an_earlier_format_named_no_generation(tmp_path: Path) -> None:
    assert parse(FORMAT_2).generation == 2
    assert generation(tmp_path, FORMAT_2, "x") == 3
    text = written(tmp_path, '{"event":"run","run":"x","login":"root","generation":3}', before=FORMAT_2)
    assert parse(text).generation == generation(tmp_path, text, "y") == 3  # it has changed nothing yet


def test_checkpoint_of_an_earlier_format_has_what_was_in_force_at_its_place(tmp_path: Path) -> None:
    found = parse(FORMAT_1)
    assert {c.name: c.changes for c in found.history}["demo/files@1"] == ((1, 6),)
    assert [u.entry.id for u in plan_rollback(found, "demo/files")] == [12, 11, 10]
    more = parse(written(tmp_path, '{"event":"run","run":"x","login":"root"}', before=FORMAT_1))
    assert more.generation == found.generation + 1


def test_two_releases_in_a_journal_of_format_2_are_told_apart() -> None:
    found = parse(FORMAT_2)
    second = ["project/code", "virtualenv/environment", "django/collectstatic", "gunicorn/service"]
    for name in ("project/code@1", "gunicorn/service@1", "project@1", "@1"):
        assert [u.entry.step for u in plan_rollback(found, name)] == second[::-1]
    assert [u.entry.step for u in plan_rollback(found, "project/code")] == second[:0:-1]
    assert [p.name for p in places(found.history) if p.generation] == ["@1"]
    assert len(plan_rollback(found, "nginx/install")) == 10  # its site, and the second release
    assert len(plan_rollback(found, None)) == 54


def test_choice_of_checkpoints_goes_from_the_furthest_back_to_the_newest() -> None:
    history = parse(FORMAT_2).history
    undone = [len(plan_rollback(parse(FORMAT_2), place.name)) for place in places(history)]
    assert undone == sorted(undone, reverse=True) and undone[-1] == 0
