"""A server that lies: whatever it says, the session ends with an error in words, in time, and nothing reaches the terminal."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard import crash, events
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.engine import preflight
from wizard.engine.journal import parse
from wizard.engine.remote.protocol import Reply, observed
from wizard.engine.remote.session import Session
from wizard.engine.runner import Decision
from wizard.errors import StoppedError, WizardError
from wizard.operations.apt import packages
from wizard.operations.base import Operation
from wizard.operations.django import migrations, static_files, superuser
from wizard.operations.file import file
from wizard.operations.postgres import database, role
from wizard.operations.postgres_cluster import cluster
from wizard.operations.postgres_cluster import settings as cluster_settings
from wizard.operations.service import service
from wizard.printable import printable
from wizard.secret import Secret, without_secrets
from wizard.server import Server
from wizard.transport.base import Login, Result

OPERATIONS: list[Operation] = [
    file("/etc/x", "x"), packages("nginx"), role("shop", Secret("sesame-open")), database("shop", "shop"), cluster(),
    cluster_settings("wizard.conf", "x"), migrations("shop"), static_files("shop", "/srv/shop/static"),
    superuser("shop", "ana", "a@example.org", Secret("x")), service("shop"),
]  # fmt: skip
FACTS = b"hostname=x\ncpus=2\nmemory_mb=2000\nlogin_keys=\n"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\x1bP1;2q\x1b\\\u202eevil\u2066\x7f\x00\x08\r"


class Liar:
    """In the place of an SshTransport (its own rude servers are in tests/transport): says what it was told to say."""

    login = Login("liar.example")

    def __init__(self, say: Callable[[str], list[str]]) -> None:
        self.say = say

    def alive(self) -> bool:
        return True

    def close(self) -> None: ...

    def run(self, script: str, *, on_line: Any = None, **options: Any) -> Result:
        match = re.search(r"^MARK=(\w+)$", script, re.MULTILINE)
        assert match
        for line in self.say(match[1]):
            on_line(line)
        return Result(0, "", ESCAPES)


def record(mark: str, name: str, content: bytes | str) -> str:
    data = base64.b64encode(content).decode() if isinstance(content, bytes) else content
    return f"\x1e{mark} {name} {data}"


def opened(say: Callable[[str], list[str]], seen: list[events.Event] | None = None) -> Session:
    session = Session(Liar(say), (seen if seen is not None else []).append)  # type: ignore[arg-type]
    session.open(acquire=False)
    return session


@pytest.mark.parametrize(
    ("name", "content"),
    [("facts", "!!!not base64!!!"), ("facts", "A"), ("journal", b"no gzip"),
     ("journal", gzip.compress(b"x" * 1000, mtime=0)[:-12]), ("journal", b"\x1f\x8b"), ("secret.x", b"\xff\xfe"), ("journal", "====")],
)  # fmt: skip
def test_a_record_that_cannot_be_made_out_is_an_error_in_words(name: str, content: bytes | str) -> None:
    with pytest.raises(WizardError, match=r"cannot make out what root@liar\.example says") as caught:
        opened(lambda mark: [record(mark, "facts", FACTS), record(mark, name, content)])
    assert caught.value.hint


def test_an_answer_without_facts_is_an_error_in_words() -> None:
    with pytest.raises(WizardError, match="did not answer as a Linux server"):
        opened(lambda mark: ["hello"])


def test_a_little_data_that_unfolds_to_gigabytes_is_refused_with_bounded_memory() -> None:
    bomb = gzip.compress(b"0" * (300 * 2**20), compresslevel=9)
    tracemalloc.start()
    with pytest.raises(WizardError, match="cannot make out"):
        opened(lambda mark: [record(mark, "facts", FACTS), record(mark, "journal", bomb)])
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_records_with_a_guessed_mark_are_output_and_records_in_another_order_are_taken() -> None:
    def say(mark: str) -> list[str]:
        forged = record("0" * 32, "facts", b"hostname=forged\n"), record(mark[:-1], "facts", b"hostname=forged\n")
        return [*forged, record(mark, "secret.a", b"s"), record(mark, "facts", FACTS), *forged]

    session = opened(say)
    assert session.server.hostname == "x" and session.secrets == {"a": Secret("s")}


@pytest.mark.parametrize(
    ("fact", "value"),
    [("memory_mb", "abc"), ("memory_mb", "-1"), ("memory_mb", "1e9"), ("memory_mb", "9" * 40), ("cpus", "0"), ("cpus", "99999999"),
     ("disk_free_mb", "0x10"), ("swap_mb", "\u0663"), ("clock", "now"), ("clock", "9" * 14), ("python", "3.x"), ("boot_id", "../x"),
     ("login_user", "a b"), ("login_user", ""), ("architecture", "$(id)"), ("hostname", "a b"), ("version", "12;id"),
     ("read_only", "x"), ("pretty_name", "x" * 40_000), ("services", "x" * 40_000)],
)  # fmt: skip
def test_a_fact_of_another_shape_is_refused_by_its_name(fact: str, value: str) -> None:
    with pytest.raises(WizardError, match=rf"what root@liar\.example says about itself: its {fact} is") as caught:
        opened(lambda mark: [record(mark, "facts", FACTS + f"{fact}={value}\n".encode())])
    assert caught.value.hint and len(caught.value.message) < 300


def test_facts_that_are_ours_cannot_be_said_and_unknown_or_empty_ones_are_left_out() -> None:
    said = b"address=evil.example\nclock_off_s=99\nsong=x\ndisk_free_mb=\n"
    server = opened(lambda mark: [record(mark, "facts", FACTS + said)]).server
    assert (server.address, server.clock_off_s, server.disk_free_mb) == ("liar.example", 0, 10_000)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*Server.__dataclass_fields__, "clock"]), st.text(max_size=30)), max_size=6))
def test_no_facts_make_anything_but_a_server_of_the_right_types_or_an_error_in_words(
    said: list[tuple[str, str]],
) -> None:
    text = FACTS + "".join(f"{name}={value}\n" for name, value in said).encode(errors="replace")
    try:
        server = opened(lambda mark: [record(mark, "facts", text)]).server
    except WizardError:
        return
    blank = Server()
    assert all(type(getattr(server, name)) is type(getattr(blank, name)) for name in Server.__dataclass_fields__)
    list(preflight.obstacles(server)), list(preflight.doubts(server))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(OPERATIONS), st.text(st.sampled_from("ft|/\n =x019\0é"), max_size=40))
def test_no_observation_makes_anything_but_a_state_or_an_error_in_words(operation: Operation, said: str) -> None:
    try:
        (state,) = observed([operation], Reply({"state.0": said.encode()}))
    except WizardError as error:
        assert operation.key in error.message
    else:
        assert isinstance(state, operation.state)


RECORD = st.dictionaries(
    st.sampled_from(["event", "id", "step", "operation", "before", "after", "at", "version", "journal", "last", "state", "key",
                     "observed", "login", "by", "secret_blobs"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
              st.sampled_from(["doing", "done", "undone", "undoing", "journal", "run", "checkpoint", "accepted", "failed"]),
              st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
    max_size=9,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(RECORD.map(json.dumps), st.text(max_size=30), st.just("[" * 100_000), st.just("1" * 5000)), max_size=8
    )
)
def test_no_journal_makes_anything_but_an_error_in_words(lines: list[str]) -> None:
    try:
        journal = parse("\n".join(lines))
        assert isinstance(journal.next_id, int)
        assert isinstance(journal.interrupted, list) and isinstance(journal.in_force, list)
        _ = [entry.key for entry in journal.entries.values()], journal.half_done
    except StoppedError:
        pass


def test_nothing_that_a_terminal_would_act_on_reaches_a_front(tmp_path: Path) -> None:
    seen: list[events.Event] = []
    session = opened(lambda mark: [record(mark, "facts", FACTS + f"pretty_name={ESCAPES}Debian\n".encode())], seen)
    shown = [session.server.pretty_name, *(str(e.to_json()) for e in seen)]
    shown += [str(events.OutputLine(ESCAPES).to_json()), str(events.CheckFailed("a", "b", ESCAPES).to_json())]
    shown += [str(events.ChangeStarted("s", 1, "file", ESCAPES, ESCAPES, {ESCAPES: [ESCAPES]}, {}).to_json())]
    shown += [
        str(Decision("drift", "", (), {"found": {"owner": ESCAPES}}).facts),
        Journey(Request(), seen.append).mask(ESCAPES),
    ]
    error = WizardError(ESCAPES, details=ESCAPES, hint=ESCAPES)
    shown += [str(error), error.message, error.details, error.hint]
    for text in shown:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\\\\x1b|\\\\x9b", text), repr(
            text
        )


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(), max_size=60),
    st.sampled_from(["\x1b[1m", "\x1b]8;;x\x07", "\x1b(0", "\x1bc", "\x1b", "\x9bm"]),
)
def test_no_text_keeps_a_sign_for_the_terminal(text: str, sequence: str) -> None:
    kept = printable(text + sequence + text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", kept)
    assert printable("plain \t☃ é\nlines") == "plain \t☃ é\nlines"


# -- faults of the program itself --------------------------------------------------------------------------------------

PLANTED = "pl4nted-Secret\\with'signs"


def test_a_fault_is_told_with_a_report_that_holds_no_secret_and_that_only_this_user_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "state"))
    key = Secret(f"-----BEGIN-----\n{PLANTED}line-of-a-key\n-----END-----")
    try:
        os.environ[Secret(PLANTED).reveal()] if key else None
    except KeyError as fault:
        error = crash.as_error(fault)
    (report,) = (tmp_path / "state" / "faults").iterdir()
    assert report.stat().st_mode & 0o777 == 0o600
    assert "KeyError" in report.read_text() and "test_lying_server" in report.read_text()
    assert str(report) in error.hint and "run the same command again" in error.hint
    for text in (report.read_text(), error.message, error.details, error.hint):
        assert PLANTED not in text and repr(PLANTED)[1:-1] not in text
    assert PLANTED not in without_secrets(f"lost: {PLANTED}line-of-a-key")
