"""A failed check says what it saw, what was wanted, and which file sets it."""

from __future__ import annotations

import ast
from pathlib import Path

import wizard.checks
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


MADE_BY = {"on_server", "from_outside", "_check", "_says", "says"}


def test_every_check_says_what_it_wants_and_what_decides_on_it() -> None:
    silent = []
    for path in sorted(Path(wizard.checks.__path__[0]).glob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            given = {keyword.arg for keyword in call.keywords}
            wants = "wanted" in given or name in {"says", "_says"}  # their third argument
            if name in MADE_BY and not (wants and "set_in" in given):
                silent.append(f"{path.name}:{call.lineno}")
    assert not silent
