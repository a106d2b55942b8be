"""The fake transport is one, and says nothing that it was not told."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from wizard.errors import ConnectionLost
from wizard.transport.base import Result, Transport
from wizard.transport.fake import FakeTransport


def test_it_answers_by_label_then_by_what_the_script_contains() -> None:
    fake = FakeTransport().tell("look", "seen\n").tell("id -u", Result(3, "0\n"))
    lines: list[str] = []
    transport: Transport = fake
    assert transport.run("x", label="look", on_line=lines.append) == Result(0, "seen\n")
    assert transport.run("id -u; x", root=False).status == 3
    assert lines == ["seen"]
    assert [(r.label, r.root) for r in fake.ran] == [("look", True), ("", False)]


def test_it_raises_on_a_script_that_it_was_not_told_about() -> None:
    with pytest.raises(AssertionError, match="rm -rf"):
        FakeTransport().run("rm -rf /")


def test_replies_come_in_turn_and_an_error_is_raised() -> None:
    fake = FakeTransport().tell("x", "1", ConnectionLost("cannot"), "3")
    assert fake.run("x").out == "1"
    with pytest.raises(ConnectionLost):
        fake.run("x")
    assert [fake.run("x").out, fake.run("x").out] == ["3", "3"]


def test_it_keeps_files_and_needs_to_be_connected() -> None:
    fake = FakeTransport()
    fake.put(io.BytesIO(b"x"), "/a", mode=0o644)
    assert fake.files == {"/a": (b"x", 0o644)}
    other = fake.another()
    with pytest.raises(ConnectionLost):
        other.put(io.BytesIO(b"y"), "/b")
    other.connect()
    other.put(io.BytesIO(b"y"), "/b")
    assert "/b" in fake.files


def test_nothing_of_the_transport_loads_paramiko_before_a_connection() -> None:
    modules = "base, ssh, target, fake, tunnel, host_keys, ssh_config"
    code = f"from wizard.transport import {modules}; import sys; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
