"""The plain front on a real server and a real terminal: with menus, and with numbered prompts for whoever needs them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.fronts.plain.person import CTRL_C, CTRL_D, DOWN, ENTER, UP, Person, at_terminal
from tests.practice.conftest import OnServer
from tests.practice.doors import session_on
from wizard.practice.fleet import PracticeServer

RECIPES = Path(__file__).parent / "recipes"
TRIALS = Path(__file__).parent / "recipes_of_trials"
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7]|38;[0-9;]+)m")
OTHERS = ("NO_COLOR", "ACCESSIBLE", "COLUMNS", "LINES")  # of the environment, which would change what is shown
PLANTED = "planted-horse-battery"


class Program:
    """`wizard` against one server, as a person with a home of their own starts it."""

    def __init__(self, server: PracticeServer, home: Path) -> None:
        self.server = server
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts.read_text())
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WIZARD_")) and k not in OTHERS}
        self.env = kept | {"HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}

    def argv(self, command: str, *options: str) -> list[str]:
        target = f"{self.server.user}@{self.server.host}:{self.server.port}"
        return [sys.executable, "-m", "wizard", command, target, "--key", str(self.server.key), *options]

    def start(
        self,
        command: str,
        *options: str,
        folder: Path = RECIPES,
        only: str = "demo",
        env: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Person]:
        options = ("--recipes", str(folder), "--only", only, *options)
        return at_terminal(self.argv(command, *options), {**self.env, **(env or {})})


@pytest.fixture
def program(pristine: PracticeServer, tmp_path: Path) -> Program:
    return Program(pristine, tmp_path / "home")


def number(person: Person, question: str, choice: str) -> None:
    """Picks a numbered choice by what it says."""
    person.wait_for(question)
    person.wait_for("A number from 1 to ")
    offered = person.seen[person.seen.rfind(question) :]
    match = re.search(rf"^ +(\d+)\. {re.escape(choice)}", offered, re.MULTILINE)
    assert match, offered
    person.type(match[1] + ENTER)


# -- numbered prompts -----------------------------------------------------------------------------------------------


def test_the_whole_way_by_numbers_without_a_single_control_sequence(program: Program, on_server: OnServer) -> None:
    with program.start("setup", "--accessible") as person:
        number(person, "Which questions", "all of them")
        person.answer("greeting [hello]: ")
        person.answer("seconds [1]: ", "-1" + ENTER)
        person.wait_for("Not taken: must be at least 0")
        person.answer("seconds [1]: ", "<" + ENTER)
        person.answer("greeting [hello]: ", "good day" + ENTER)
        person.answer("seconds [1]: ", "0" + ENTER)
        number(person, "password", "give none")
        person.answer("guarded user [root]: ")
        number(person, "guarded", "yes")
        person.wait_for("write the file /etc/demo/greeting [reversible]")
        person.wait_for("write the file /etc/demo/door [reversible; guarded]")
        number(person, "Nothing on the server has been touched yet", "look closer")
        number(person, "Which step?", "Some files")
        person.wait_for("+good day")
        person.answer("A number from 1 to", "<" + ENTER)
        assert on_server(program.server, "ls -d /etc/demo /var/lib/wizard").out == ""
        number(person, "Nothing on the server has been touched yet", "start")
        number(person, "At what pace?", "step by step")
        number(person, "“Some files” is next", "do this step")
        person.type(ENTER * 3)  # by somebody impatient: that answers no question that comes later
        person.wait_for("“Something slow” is next")
        with pytest.raises(AssertionError):
            person.wait_for("[2/", patience=2)
        person.type("on" + ENTER)
        person.wait_for("A new connection as root")
        person.wait_for("Done: ")
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0
        assert b"\x1b" not in person.raw
    assert on_server(program.server, "cat /etc/demo/greeting /etc/demo/door").out == "good day\nopen to root\n"


@pytest.mark.parametrize("why", [{"ACCESSIBLE": "1"}, {"TERM": "dumb"}, {"TERM": "no-such-terminal"}], ids=str)
def test_numbers_are_asked_for_by_the_environment_too(program: Program, why: dict[str, str]) -> None:
    with program.start("setup", env=why) as person:
        number(person, "Which questions", "only those that have no answer")
        person.wait_for("[reversible]")
        number(person, "Nothing on the server has been touched yet", "stop here")
        assert person.leave() == 4
        assert b"\x1b" not in person.raw


def test_what_was_answered_is_there_again_the_next_time(program: Program) -> None:
    with program.start("setup", "--accessible") as person:
        number(person, "Which questions", "all of them")
        person.answer("greeting [hello]: ", "moin" + ENTER)
        person.wait_for("seconds [1]: ")
        person.type(CTRL_C)
        assert person.leave() == 130
    with program.start("setup", "--accessible") as person:
        number(person, "Which questions", "all of them")
        person.wait_for("greeting [moin]: ")


def test_a_person_decides_on_what_fails_and_on_what_has_no_way_back(program: Program, on_server: OnServer) -> None:
    with program.start("setup", "--accessible", folder=TRIALS, only="trials") as person:
        number(person, "Which questions", "only those")
        person.answer("word: ", "B" + ENTER)
        person.wait_for("Not taken: must look like hello")
        person.answer("word: ", "hello" + ENTER)
        person.wait_for("going back takes data")  # the line may be folded behind it
        person.wait_for("once and for all [cannot be undone]")
        number(person, "Nothing on the server", "start")
        number(person, "At what pace?", "all at once")
        number(person, "cannot be undone: it is a point of no return", "go on")
        person.wait_for("Likely cause: The server's disk is full.")
        on_server(program.server, "touch /etc/trials-mended")
        number(person, "failed: cannot make the change", "try again")
        person.wait_for("Where the word is.")
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0
        assert b"\x1b" not in person.raw
    assert on_server(program.server, "ls /etc/trials-done").status == 0


FAILED = "failed: cannot make the change “mended”"


def to_the_failure(person: Person) -> None:
    number(person, "Which questions", "all of them")
    person.answer("word: ", "hello" + ENTER)
    number(person, "password", "type one")
    person.answer("(nothing is shown as you type): ", PLANTED + ENTER)
    person.answer("(nothing is shown as you type): ", PLANTED + ENTER)
    number(person, "Nothing on the server", "start")
    number(person, "At what pace?", "all at once")
    number(person, "cannot be undone", "go on")


def test_a_failure_can_be_reported_looked_at_in_a_shell_and_left_for_later(
    program: Program, on_server: OnServer
) -> None:
    home = Path(program.env["HOME"])
    with program.start("setup", "--accessible", folder=TRIALS, only="trials") as person:
        to_the_failure(person)
        number(person, FAILED, "save a report")
        person.answer("[wizard-report.md]: ", "<" + ENTER)
        person.wait_for("Nothing was saved.")
        number(person, FAILED, "save a report")
        person.answer("[wizard-report.md]: ", "~/report.md" + ENTER)
        number(person, FAILED, "open a shell")
        person.answer("root@", "touch /etc/trials-mended; cat /etc/trials-password; exit" + ENTER)
        number(person, FAILED, "stop here")
        person.wait_for("To go on later: wizard setup ")
        assert person.leave() == 1
    report = (home / "report.md").read_text()
    assert "mended" in report and "No space left on device" in report and "disk is full" in report
    assert PLANTED not in report and (home / "report.md").stat().st_mode & 0o077 == 0
    assert on_server(program.server, "ls /etc/trials-mended").status == 0
    with program.start("setup", "--accessible", folder=TRIALS, only="trials") as person:
        person.wait_for("An earlier set-up is there: 2 steps done")
        number(person, "Which questions", "only those")
        number(person, "Nothing more is done until you say so.", "go back to a checkpoint")
        person.answer("or < to go back [1]: ", "<" + ENTER)
        number(person, "Nothing more is done until you say so.", "start")
        number(person, "At what pace?", "step by step")
        number(person, "“Something that fails at first” is next", "do this step")
        number(person, "That is all. What now?", "save this page")
        person.answer("[my-server.md]: ", "~/page.html" + ENTER)
        number(person, "That is all. What now?", "go back to a checkpoint")
        number(person, "Back to which one?", "Something that fails at first")
        person.wait_for("there is nothing to undo")
        number(person, "Back to which one?", "Something without a way back")
        number(person, "Go back?", "yes")
        person.wait_for("Rolled back: ")
        person.wait_for("To set it up again: wizard setup ")
        assert person.leave() == 0
    page = (home / "page.html").read_text()
    assert page.startswith("<!doctype html>") and "/etc/trials" in page and PLANTED not in page
    assert on_server(program.server, "ls /etc/trials-done").status != 0


def test_after_a_failure_answers_change_and_the_step_goes_back(program: Program, on_server: OnServer) -> None:
    with program.start("setup", "--accessible", folder=TRIALS, only="trials") as person:
        to_the_failure(person)
        number(person, FAILED, "roll this step back")
        number(person, "Go back?", "yes")
        number(person, "Nothing more is done until you say so.", "start")
        number(person, "At what pace?", "all at once")
        number(person, FAILED, "change the answers of this step")
        person.answer("word [hello]: ", "bye" + ENTER)
        number(person, "password", "keep the one")
        person.wait_for("write the file /etc/trials [reversible]")
        on_server(program.server, "touch /etc/trials-mended")
        number(person, "Nothing more is done until you say so.", "start")
        number(person, "At what pace?", "all at once")
        number(person, "The password. Show it now?", "no")
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0
        assert b"\x1b" not in person.raw
    assert on_server(program.server, "cat /etc/trials").out == "bye\n"


def test_somebody_else_at_work_can_be_taken_over_from(program: Program) -> None:
    server = program.server
    with session_on(server), program.start("setup", "--accessible") as person:
        number(person, "Which questions", "only those")
        number(person, "Nothing on the server has been touched yet", "start")
        number(person, "At what pace?", "all at once")
        person.wait_for("Cannot work on this server now")
        number(person, "What now?", "take over from them")
        person.wait_for("Done: ")
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0


def test_back_leads_over_every_station_and_ctrl_d_leaves(program: Program) -> None:
    with program.start("setup", "--accessible") as person:
        person.answer("A number from 1 to 2, or < to go back", "<" + ENTER)
        person.wait_for("This is the first question.")
        number(person, "Which questions", "all of them")
        person.answer("greeting [hello]: ", "<" + ENTER)
        number(person, "Which questions", "all of them")
        person.answer("greeting [hello]: ")
        person.answer("seconds [1]: ")
        number(person, "password", "type one")
        person.answer("(nothing is shown as you type): ", PLANTED + ENTER)
        person.answer("(nothing is shown as you type): ", "<" + ENTER)
        person.answer("(nothing is shown as you type): ", "<" + ENTER)
        person.answer("seconds [1]: ")
        number(person, "password", "give none")
        person.answer("guarded user [root]: ")
        number(person, "guarded", "yes")
        person.answer("or < to go back [1]: ", "<" + ENTER)  # of the review
        number(person, "guarded", "yes")
        number(person, "Nothing on the server has been touched yet", "start")
        person.answer("or < to go back [1]: ", "<" + ENTER)  # of the pace
        person.wait_for("Nothing on the server has been touched yet")
        person.type(CTRL_D)
        person.wait_for("To go on from there: wizard setup ")
        assert person.leave() == 130
        assert "Traceback" not in person.seen and PLANTED not in person.seen


def test_a_typed_password_is_shown_nowhere_until_it_is_asked_for(program: Program, on_server: OnServer) -> None:
    on_server(program.server, "touch /etc/trials-mended")
    with program.start("setup", "--accessible", folder=TRIALS, only="trials") as person:
        number(person, "Which questions", "all of them")
        person.answer("word: ", "hello" + ENTER)
        number(person, "password", "type one")
        person.answer("(nothing is shown as you type): ", PLANTED + ENTER)
        person.answer("(nothing is shown as you type): ", "another" + ENTER)
        person.wait_for("Not taken: it is not the same")
        person.answer("(nothing is shown as you type): ", PLANTED + ENTER)
        number(person, "Nothing on the server", "start")
        number(person, "At what pace?", "all at once")
        number(person, "cannot be undone", "go on")
        person.wait_for("Where the word is.")
        assert PLANTED not in person.seen
        number(person, "The password. Show it now?", "yes")
        person.wait_for(PLANTED)
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0
    home = Path(program.env["HOME"])
    kept = [path for path in home.rglob("*") if path.is_file() and PLANTED in path.read_text(errors="replace")]
    assert kept == []
    assert on_server(program.server, "cat /etc/trials-password").out == PLANTED


def test_going_back_shows_what_is_lost_and_wants_the_servers_name(program: Program, on_server: OnServer) -> None:
    on_server(program.server, "touch /etc/trials-mended /etc/trials-once")
    with program.start("setup", "--accessible", "--yes", folder=TRIALS, only="trials") as person:
        assert person.leave() == 2  # the word has no default
    answers = Path(program.env["HOME"]) / "answers.toml"
    answers.write_text('[trials]\nword = "hello"\n')
    with program.start("setup", "--yes", "--answers", str(answers), folder=TRIALS, only="trials") as person:
        assert person.leave() == 0
    on_server(program.server, "echo picture >/srv/trials/picture; echo mine >/etc/trials")
    with at_terminal(program.argv("rollback", "--accessible"), program.env) as person:
        number(person, "Back to which one?", "the very beginning")
        person.wait_for("put the folder /srv/trials back as it was [its data goes away;")
        person.answer("type the server's name", "something else" + ENTER)
        person.wait_for("Nothing was undone.")
        person.answer("or < to go back", "<" + ENTER)
        assert person.leave() == 4
    assert on_server(program.server, "cat /srv/trials/picture").out == "picture\n"
    name = on_server(program.server, "hostname").out
    with at_terminal(program.argv("rollback", "--accessible"), program.env) as person:
        number(person, "Back to which one?", "the very beginning")
        person.answer("type the server's name", name.strip() + ENTER)
        number(person, "The file /etc/trials was changed by hand", "show the difference")
        person.wait_for("-sha256: ")
        number(person, "The file /etc/trials was changed by hand", "keep it as it is now")
        assert person.leave() == 0
    assert on_server(program.server, "cat /etc/trials; ls /srv").out == "mine\n"
    assert on_server(program.server, "tar -tzf /var/backups/wizard/srv-trials-*.tar.gz").out == "./\n./picture\n"


# -- menus ----------------------------------------------------------------------------------------------------------


def test_the_whole_way_with_menus_by_enter_alone(program: Program, on_server: OnServer) -> None:
    with program.start("setup", "--front", "plain") as person:
        for question in ("Which questions", "greeting", "seconds", "password", "guarded user", "guarded (arrow"):
            person.answer(question)
        person.answer("Nothing on the server has been touched yet")
        person.answer("At what pace?")
        for step in ("Some files", "Something slow", "The last file"):
            person.answer(f"“{step}” is next")
        person.wait_for("Done: 8 changes")
        person.answer("That is all. What now?")
        assert person.leave() == 0
        assert COLOUR.search(person.raw)
    assert on_server(program.server, "cat /etc/demo/greeting /etc/demo/end").out == "hello\nthe end\n"


def test_menus_lead_back_and_refuse_with_a_reason(program: Program) -> None:
    with program.start("setup", "--front", "plain") as person:
        person.answer("Which questions")
        person.answer("greeting", ENTER)
        person.answer("seconds", "\x15x" + ENTER)  # Ctrl-U empties the line
        person.wait_for("Not taken: must be a whole number")
        person.answer("seconds", "\x15<" + ENTER)
        person.answer("greeting", "\x15good day" + ENTER)
        person.answer("seconds", "\x153" + ENTER)
        person.answer("password (arrow", UP + ENTER)  # the last choice: go back
        person.answer("seconds", CTRL_C)
        assert person.leave() == 130
    assert "Interrupted" in person.seen


def test_no_color_is_respected(program: Program) -> None:
    with program.start("setup", "--front", "plain", env={"NO_COLOR": "1"}) as person:
        person.answer("Which questions", DOWN + ENTER)
        person.answer("Nothing on the server has been touched yet", DOWN + ENTER)  # look closer
        person.answer("Which step?")
        person.wait_for("+hello")
        person.answer("Which step?", CTRL_C)
        assert person.leave() == 130
        assert not COLOUR.search(person.raw)


def test_an_interrupted_set_up_is_recognised_and_goes_on(program: Program, on_server: OnServer) -> None:
    answers = Path(program.env["HOME"]) / "answers.toml"
    answers.write_text("[demo]\nseconds = 600\n")
    with program.start("setup", "--yes", "--answers", str(answers)) as person:
        person.wait_for("slow …")
        person.type(CTRL_C)
        assert person.leave() == 130
    on_server(program.server, "touch /etc/demo/slow; pkill -f 'lt 3000' || true")
    with program.start("setup", "--accessible") as person:
        person.wait_for("An earlier set-up is there: 1 step done, the last one “Some files”")
        number(person, "Which questions", "only those")
        number(person, "Nothing more is done until you say so.", "start")
        number(person, "At what pace?", "all at once")
        person.wait_for("Done: ")
        number(person, "That is all. What now?", "finish")
        assert person.leave() == 0
    assert on_server(program.server, "cat /etc/demo/end").out == "the end\n"


# -- nobody there ---------------------------------------------------------------------------------------------------


def test_a_change_by_hand_stops_a_run_without_questions_with_status_4(program: Program, on_server: OnServer) -> None:
    with program.start("setup", "--yes") as person:
        assert person.leave() == 0
    on_server(program.server, "echo mine >/etc/demo/greeting")
    with program.start("setup", "--yes") as person:
        assert person.leave() == 4
    assert "--drift keep" in person.seen
    with program.start("setup", "--yes", "--drift", "restore") as person:
        assert person.leave() == 0
    assert on_server(program.server, "cat /etc/demo/greeting").out == "hello\n"
