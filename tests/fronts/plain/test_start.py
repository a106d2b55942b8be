"""`wizard practice` without the full screen: the start menu, wrong addresses and keys, and leaving at any question. No server."""

from __future__ import annotations

import datetime
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.fronts.plain.person import CTRL_C, CTRL_D, DOWN, ENTER, Person, at_terminal

WIZARD = [sys.executable, "-m", "wizard", "practice"]
PLAIN = {"numbers": ["--accessible"], "menus": ["--front", "plain"]}
NOBODY = "root@127.0.0.1:1"  # nothing listens there


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("XDG_", "WIZARD_")) and k not in ("ACCESSIBLE", "COLUMNS")
    }
    return kept | {"HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def to_the_unreachable_server(person: Person) -> None:
    person.answer("A number from 1 to 3 [1]: ", "2" + ENTER)
    person.answer("Server (< goes back): ", NOBODY + ENTER)
    person.wait_for("Cannot reach 127.0.0.1 port 1")


def test_forty_columns_of_plain_lines_and_nothing_that_moves(env: dict[str, str]) -> None:
    with at_terminal(WIZARD, env | {"TERM": "dumb"}, columns=40) as person:
        person.answer("A number from 1 to 3 [1]: ", "9" + ENTER)
        person.wait_for("Not taken: type a number from 1 to 3.")
        to_the_unreachable_server(person)
        person.answer("7 [7]: ")
        assert person.leave() == 3
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)", person.raw)
    lines = [line for line in person.seen.splitlines() if not line.startswith("A number")]
    assert [line for line in lines if len(line) > 40] == []


def test_what_is_wrong_is_refused_with_a_reason_and_can_be_gone_back_from(env: dict[str, str]) -> None:
    home = Path(env["HOME"])
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_mine").write_text(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    (home / ".ssh" / "id_mine").chmod(0o644)
    with at_terminal([*WIZARD, "--accessible"], env) as person:
        person.answer("A number from 1 to 3 [1]: ", "2" + ENTER)
        person.answer("Server (< goes back): ", "")
        person.type(ENTER)
        person.wait_for("Not taken: ")
        person.answer("Server (< goes back): ", "no such thing" + ENTER)
        person.wait_for("Not taken: ")
        person.answer("Server (< goes back): ", "<" + ENTER)
        to_the_unreachable_server(person)
        person.answer("1 to 7 [7]: ", "key" + ENTER)
        person.wait_for("Which key?")
        person.answer("or < to go back [1]: ", "2" + ENTER)
        person.answer("Key file (< goes back): ", "/etc/passwd" + ENTER)
        person.wait_for("Not taken: that is no private key.")
        person.answer("Key file (< goes back): ", "<" + ENTER)
        person.answer("1 to 7 [7]: ", "key" + ENTER)
        person.answer("or < to go back [1]: ")
        person.wait_for("Others on this computer can read this key")
        person.answer("1 to 2 [1]: ")
        person.answer("1 to 7 [7]: ", "target" + ENTER)
        person.answer(f"[{NOBODY}]: ", "root@127.0.0.1:2" + ENTER)
        person.wait_for("Cannot reach 127.0.0.1 port 2")
        person.answer("1 to 7 [7]: ", "stop" + ENTER)
        assert person.leave() == 3
    assert (home / ".ssh" / "id_mine").stat().st_mode & 0o777 == 0o400
    assert "Traceback" not in person.seen


def test_a_server_that_is_known_here_is_offered_with_how_far_it_is(env: dict[str, str]) -> None:
    folder = Path(env["HOME"]) / "servers"
    folder.mkdir()
    steps = ["system_update/upgrade", "system_update/reboot"]
    at = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)).isoformat()
    record = {"target": NOBODY, "users": ["root"], "journal": "j", "size": 9, "checkpoints": steps, "at": at}
    (folder / "127.0.0.1_1.json").write_text(json.dumps(record))
    with at_terminal([*WIZARD, "--accessible"], env | {"WIZARD_STATE_DIR": env["HOME"]}) as person:
        person.wait_for(f"2. go on with {NOBODY} (2 of ")
        person.wait_for("steps done, stopped at system update 3 days ago)")
        person.answer("A number from 1 to 4 [1]: ", "2" + ENTER)
        person.wait_for(f"Setting up {NOBODY}")
        person.answer("1 to 7 [7]: ")
        assert person.leave() == 3


@pytest.mark.parametrize(
    ("how", "answered", "key"),
    [
        ("numbers", 0, CTRL_C),
        ("numbers", 0, CTRL_D),
        ("numbers", 1, CTRL_C),
        ("numbers", 2, CTRL_C),
        ("menus", 0, CTRL_C),
        ("menus", 1, CTRL_D),
        ("menus", 2, CTRL_D),
    ],
    ids=lambda value: {CTRL_C: "C", CTRL_D: "D"}.get(value, str(value)),
)
def test_leaving_at_a_question_says_how_to_go_on(env: dict[str, str], how: str, answered: int, key: str) -> None:
    questions = [
        ("What do you want to do?", "2" + ENTER if how == "numbers" else DOWN + ENTER),
        ("Server (< goes back)", NOBODY + ENTER),
        ("What now?", ""),
    ]
    with at_terminal([*WIZARD, *PLAIN[how]], env) as person:
        for question, answer in questions[:answered]:
            person.answer(question, answer)
        person.wait_for(questions[answered][0])
        person.wait_for("[7]: " if answered == 2 and how == "numbers" else "")
        person.type(key)
        person.wait_for("Nothing is lost")
        if answered == 2:
            person.wait_for(f"wizard setup {NOBODY}")
        assert person.leave() == 130
    assert "Traceback" not in person.seen


def test_a_hidden_answer_is_not_shown_and_ctrl_c_leaves_there_too(env: dict[str, str]) -> None:
    with at_terminal([*WIZARD, "--accessible"], env) as person:
        to_the_unreachable_server(person)
        person.answer("1 to 7 [7]: ", "3" + ENTER)
        person.answer("(nothing is shown as you type): ", "not-to-be-shown" + ENTER)
        person.answer("1 to 7 [7]: ", "3" + ENTER)
        person.answer("(nothing is shown as you type): ", CTRL_C)
        person.wait_for("Nothing is lost")
        assert person.leave() == 130
    assert "not-to-be-shown" not in person.seen
