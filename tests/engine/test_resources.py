"""What a server has run out of, from the facts that it prints."""

from __future__ import annotations

from wizard.engine.remote.resources import explained


def test_a_full_disk_is_said_with_its_numbers_and_how_to_make_room() -> None:
    why, hint = explained("disk / 12 1943\n") or ("", "")
    assert why == "the disk is full: 12 MB of 1943 MB are left on /"
    assert "apt-get clean" in hint and "same command again" in hint


def test_a_killed_program_is_blamed_on_memory_although_the_disk_is_full_too() -> None:
    why, hint = explained("disk / 12 1943\nmemory 3 48\n") or ("", "")
    assert "out of memory, of which it has 48 MB" in why and "swap" in hint


def test_a_disk_with_room_that_takes_no_more_files_is_told_apart() -> None:
    why, _ = explained("inodes /var 7 65536\n") or ("", "")
    assert why == "the disk takes no more files: 7 of 65536 are left on /var"


def test_nothing_short_is_no_reason() -> None:
    assert explained("") is None and explained("disk\n") is None
