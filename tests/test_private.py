"""What this computer keeps is for its user alone, from the first byte on, whatever the umask is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard import crash, local_state, private
from wizard.transport.base import Login


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}


def test_records_and_reports_are_closed_to_others_and_so_is_every_folder_made_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "a" / "state"))
    local_state.remember(Login("x.example"), local_state.KnownServer("x", ["root"]))
    crash.as_error(ValueError("x"))
    assert len([p for p in (tmp_path / "a").rglob("*") if p.is_file()]) == 2
    assert modes(tmp_path / "a") == {0}


def test_a_file_is_never_there_with_another_mode_and_a_link_in_its_place_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (other := tmp_path / "other").write_text("of somebody else")
    (tmp_path / "file").symlink_to(other)
    seen: list[int] = []
    opened = os.fdopen

    def look(number: int, *args: object, **options: object) -> object:
        seen.append(os.fstat(number).st_mode & 0o777)
        return opened(number, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "fdopen", look)
    private.write(tmp_path / "file", "secret")
    assert seen == [0o600] and not (tmp_path / "file").is_symlink()
    assert other.read_text() == "of somebody else" and [p.name for p in tmp_path.glob(".file*")] == []
