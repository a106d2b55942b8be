"""The table itself, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.practice.matrix import results


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(results.FOLDER, str(tmp_path))
    return tmp_path


def test_records_of_an_area_are_summed_up(folder: Path) -> None:
    results.record("plug", points=3, survived=3)
    results.record("plug", points=2, survived=1, differences=4)
    results.record("axe", points=1, survived=1)
    assert results.table(results.rows(folder))[2:] == ["| axe | 1 | 1 | 0 |", "| plug | 5 | 4 | 4 |"]


def test_block_that_raises_did_not_survive(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), results.tried("plug", points=2):
        raise ZeroDivisionError
    with results.tried("plug"):
        pass
    with results.tried("plug") as one:
        one.differences = 3
    assert results.rows(folder) == [results.Tried("plug", 4, 1, 3)]
