"""Damage to the journal is noticed: a flipped bit, a line that was cut out, a field that nobody knows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.engine.journal import Journal, parse
from wizard.engine.records import VERSION
from wizard.engine.remote.prelude import prelude
from wizard.errors import StoppedError

FORMAT_1, FORMAT_2 = ((Path(__file__).parent / "data" / f"journal-format-{n}").read_bytes() for n in (1, 2))


def written(folder: Path, *records: str, before: bytes = b"") -> bytes:
    """A journal that the server's own shell code has written."""
    (folder / "journal").write_bytes(before)
    lines = [f"journal '{record}'" for record in records]
    text = f"{prelude()}\n".replace("/var/lib/wizard", str(folder)).replace("sync ", ": ") + "\n".join(lines)
    subprocess.run(["dash", "-e"], input=text, text=True, check=True, env={"PATH": os.environ["PATH"]})
    return (folder / "journal").read_bytes()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The records of a real set-up that went back once, written anew with checksums."""
    records = []
    for line in FORMAT_1.splitlines():
        record = json.loads(line)
        del record["at"]
        records.append(json.dumps(record | ({"version": VERSION} if "version" in record else {})))
    return written(tmp_path_factory.mktemp("journal"), *records)


def told(data: bytes) -> bool:
    """Whether something is said about damage."""
    try:
        found = parse(data)
    except StoppedError:
        return True
    return bool(found.damaged or found.torn or found.lost)


def states(found: Journal) -> dict[int, str]:
    return {number: entry.status for number, entry in found.entries.items()}


def test_a_journal_of_the_version_before_is_read_as_before() -> None:
    found = parse(FORMAT_1)
    assert (found.version, found.torn, found.damaged, found.lost) == (1, 0, 0, [])
    assert states(found) == {n: "undone" if n in (7, 8, 9) else "done" for n in range(1, 13)}
    assert {c.step for c in found.checkpoints} == {"demo/files", "demo/slow", "demo/door", "demo/end"}
    assert {n for n, entry in found.entries.items() if entry.guarded} == {8, 11}
    assert all(entry.change() for entry in found.entries.values())


def test_a_real_journal_of_format_2_is_read_whole() -> None:
    found = parse(FORMAT_2)  # a set-up of the sample project, and a second release of it
    assert (found.version, found.torn, found.damaged, found.lost, found.generation) == (2, 0, 0, [], 2)
    assert set(states(found).values()) == {"done"} and len(found.entries) == 54
    assert all(entry.change() and entry.key for entry in found.entries.values())


def test_a_journal_with_checksums_says_the_same(real: bytes) -> None:
    found = parse(real)
    assert (found.version, found.torn, found.damaged, found.lost) == (VERSION, 0, 0, [])
    assert states(found) == states(parse(FORMAT_1))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_flipped_bit_is_noticed(real: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(real) - 1))
    bit = data.draw(st.integers(0, 7))
    assert told(real[:at] + bytes([real[at] ^ 1 << bit]) + real[at + 1 :])


def test_a_flipped_bit_in_any_byte_of_a_guarded_record_is_noticed(real: bytes) -> None:
    line = next(line for line in real.splitlines(keepends=True) if b'"guarded": true' in line)
    start = real.index(line)
    for at in range(start, start + len(line)):
        assert told(real[:at] + bytes([real[at] ^ 1 << at % 8]) + real[at + 1 :]), at - start


def test_any_lines_that_were_cut_out_are_noticed(real: bytes) -> None:
    lines = real.splitlines(keepends=True)
    for first in range(len(lines) - 1):
        for last in range(first + 1, min(first + 4, len(lines))):
            assert told(b"".join([*lines[:first], *lines[last:]])), (first, last)
    swapped = [*lines[:5], lines[6], lines[5], *lines[7:]]
    assert told(b"".join(swapped))
    assert told(b"".join([*lines[:9], lines[3], *lines[9:]]))  # one that stands there twice


def test_a_flipped_bit_costs_its_own_record_only(real: bytes) -> None:
    lines = real.splitlines(keepends=True)
    spoilt = next(n for n, line in enumerate(lines) if b'"event": "checkpoint"' in line)
    found = parse(b"".join([*lines[:spoilt], lines[spoilt].replace(b"step", b"stfp"), *lines[spoilt + 1 :]]))
    assert (found.damaged, found.torn, found.lost) == (1, 0, [])
    assert states(found) == states(parse(real))


def test_an_earlier_journal_is_gone_on_with_and_from_there_on_all_has_checksums(tmp_path: Path) -> None:
    more = written(tmp_path, '{"event":"journal","version":3}', '{"event":"undoing","id":12}', before=FORMAT_1)
    found = parse(more)
    assert (found.version, found.damaged, found.torn) == (3, 0, 0)
    assert found.id == parse(FORMAT_1).id and found.entries[12].status == "undoing"
    assert told(
        more + b'{"at":"2026-01-01T00:00:00Z","event":"undone","run":"x","id":12}\n'
    )  # without a checksum, after some
    assert told(FORMAT_1[: FORMAT_1.index(b"\n") + 1] + more[len(FORMAT_1) :])  # its earlier part is gone


def test_a_torn_line_is_told_apart_from_damage_and_what_follows_is_sound(tmp_path: Path, real: bytes) -> None:
    for torn in (real[:-30], real[:-30] + b"\0" * 500):
        found = parse(written(tmp_path, '{"event":"undoing","id":12}', before=torn))
        assert (found.torn, found.damaged) == (1, 0)
        assert found.entries[12].status == "undoing"


@pytest.mark.parametrize("name", ["guarded", "secret_blobs", "login"])
def test_an_unknown_field_of_an_earlier_record_is_damage(name: str) -> None:
    spoilt = FORMAT_1.replace(f'"{name}"'.encode(), f'"{chr(ord(name[0]) ^ 1)}{name[1:]}"'.encode(), 1)
    assert told(spoilt)


def test_an_unknown_field_with_a_right_checksum_is_a_newer_version(tmp_path: Path) -> None:
    with pytest.raises(StoppedError, match=r"newer version of wizard wrote it \(undone has colour\)"):
        parse(written(tmp_path, '{"event":"undone","id":1,"colour":"red"}'))
    with pytest.raises(StoppedError, match="newer version"):
        parse(written(tmp_path, '{"event":"sung","id":1}'))


def test_a_huge_number_of_a_change_costs_no_memory() -> None:
    found = parse(FORMAT_1 + b'{"event":"undone","id":100000000}\n')
    assert found.torn == 1 and found.next_id == 13 and found.lost == []
    assert len(parse(b'{"event":"undone","id":9999}\n').lost) <= 1000
