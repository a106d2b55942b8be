"""What a server has run out of, from the facts that it prints."""

from __future__ import annotations

from wizard.engine.remote.resources import Shortage


def shortage(facts: str) -> Shortage:
    found = Shortage.of(facts)
    assert found is not None
    return found


def test_a_full_disk_is_said_with_its_numbers_and_how_to_make_room() -> None:
    found = shortage("disk / 12 1943\n")
    assert found.reason == "the disk is full: 12 MB of 1943 MB are left on /"
    assert "apt-get clean" in found.advice and "same command again" in found.advice


def test_a_killed_program_is_blamed_on_memory_although_the_disk_is_full_too() -> None:
    found = shortage("disk / 12 1943\nmemory 3 48\n")
    assert "out of memory, of which it has 48 MB" in found.reason and "swap" in found.advice


def test_a_disk_with_room_that_takes_no_more_files_is_told_apart() -> None:
    assert shortage("inodes /var 7 65536\n").reason == "the disk takes no more files: 7 of 65536 are left on /var"


def test_nothing_short_is_no_reason() -> None:
    assert Shortage.of("") is None and Shortage.of("disk\n") is None
