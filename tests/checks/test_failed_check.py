"""A failed check says what it saw, what was wanted, and which file sets it."""

from __future__ import annotations

from wizard import events
from wizard.checks.base import Finding, from_outside, on_server, says
from wizard.fronts.words import Words

WORDS = Words([])


def test_the_check_fills_in_what_its_finding_leaves_open() -> None:
    check = on_server("sshd takes no password", "sshd -T", wanted="no", set_in="/etc/ssh/sshd_config")
    assert check.completed(Finding(False, "yes")) == Finding(False, "yes", "no", "/etc/ssh/sshd_config")
    own = from_outside("it answers", lambda _: Finding(False), wanted="200", set_in="settings")
    assert own.completed(Finding(False, "500", "200 or 302")) == Finding(False, "500", "200 or 302", "settings")


def test_a_check_of_one_value_says_what_it_wants() -> None:
    check = says("on at boot", "systemctl is-enabled ufw", "it's on", set_in="ufw.service")
    assert check.wanted == "it's on"
    assert check.script.endswith("""[ "$found" = 'it'"'"'s on' ]""")


def test_the_words_of_a_failed_check() -> None:
    event = events.CheckFailed("hardening/ssh", "sshd takes no password", "yes", "no", "/etc/ssh/sshd_config")
    assert WORDS.event(event) == "✗ sshd takes no password: yes; wanted: no; set in /etc/ssh/sshd_config"
    assert event.to_json()["wanted"] == "no"
    assert WORDS.event(events.CheckFailed("a/b", "it answers", "no answer")) == "✗ it answers: no answer"
