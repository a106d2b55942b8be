"""Review, run, failures, going back, the end: on a server that answers as it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, Tree

from tests.fronts.tui.conftest import drive, focused, reviewed, seen, showing, until, waiting
from tests.fronts.tui.small_server import SmallServer
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.decisions import DecisionDialog
from wizard.fronts.tui.screens.failure import FailureScreen
from wizard.fronts.tui.screens.run import Run

DISK_FULL = "dpkg: error: write error: No space left on device"
DONE = [
    {"event": "journal", "journal": "j1", "version": 1},
    {"event": "doing", "id": 1, "step": "greeting/words", "at": "", "before": {}, "after": {},
     "operation": {"kind": "file", "path": "/etc/greeting/text", "mode": "0644", "owner": "root", "group": "root"}},
    {"event": "done", "id": 1, "observed": "ZmlsZXwwNjQ0fHJvb3R8cm9vdHxhYmN8fDEK"},
    {"event": "checkpoint", "step": "greeting/words", "last": 1, "at": "2026-01-02T03:04:05Z"},
]  # fmt: skip


async def started(pilot: Pilot[int]) -> None:
    await reviewed(pilot)
    await pilot.press("enter")
    await waiting(pilot, "Write the greeting")


async def failed(pilot: Pilot[int]) -> None:
    await started(pilot)
    await pilot.press("f5")
    await until(pilot, showing(pilot, "FailureScreen"), "the failure")


def ran(server: SmallServer, what: str) -> int:
    return sum(what in r.label for r in server.ran)


def test_review_says_that_nothing_was_touched_and_shows_commands_and_differences(
    app: WizardApp, server: SmallServer
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        assert "Nothing on the server has been touched yet." in seen(app)
        assert not ran(server, "do ")
        tree = app.screen.query_one("#tree", Tree)
        tree.root.expand_all()
        await pilot.pause()
        leaf = next(n for n in tree.root.children[0].children[0].children if "/etc/greeting/text" in str(n.label))
        tree.move_cursor(leaf)
        await until(pilot, lambda: "+hello" in seen(app), "the difference")
        assert "$ put_file" in seen(app)
        assert "Reversible" in seen(app)

    drive(app, scenario, size=(120, 40))


def test_review_marks_what_cannot_be_undone_and_what_is_guarded(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        app.screen.query_one("#open", Button).press()
        await until(pilot, lambda: "upgrade  !" in seen(app), "the open tree")
        assert "Leave the door open  G" in seen(app)

    drive(app, scenario, size=(120, 40))


def test_no_secret_is_shown_in_the_review(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        assert app.journey is not None and app.journey.session is not None
        secret = app.journey.session.secrets["greeting.password"].reveal()
        tree = app.screen.query_one("#tree", Tree)
        tree.root.expand_all()
        await pilot.pause()
        for line in range(tree.last_line + 1):
            tree.cursor_line = line
            await pilot.pause()
            assert secret not in seen(app)

    drive(app, scenario, size=(160, 60))


def test_step_by_step_waits_for_enter_before_each_step(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        assert not ran(server, "do ")
        await until(pilot, lambda: "the folder where a Linux server keeps its" in seen(app), "the guide")
        await pilot.press("enter")
        await waiting(pilot, "Say the greeting")
        assert ran(server, "greeting/text") == 1
        assert not ran(server, "command:talk")

    drive(app, scenario)


def test_enter_pressed_while_something_runs_presses_nothing_else(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        for _ in range(40):
            await pilot.press("enter")
            if isinstance(app.screen, DecisionDialog):
                break
        assert isinstance(app.screen, DecisionDialog)
        assert app.step_by_step

    drive(app, scenario)


def test_a_point_of_no_return_is_asked_and_enter_takes_what_loses_nothing(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await until(pilot, lambda: "cannot be undone" in seen(app), "its text")
        assert focused(pilot) == "stop"
        await pilot.click("#go")
        await until(pilot, showing(pilot, "Done"), "the end")

    drive(app, scenario)


@pytest.mark.parametrize("choice", ["skip", "stop"])
def test_a_point_of_no_return_can_be_left_out_or_stopped_at(app: WizardApp, server: SmallServer, choice: str) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.click(f"#dialog #{choice}")
        await until(pilot, showing(pilot, "Done" if choice == "skip" else "FailureScreen"), "what follows")

    drive(app, scenario)
    assert not ran(server, "upgrade")


def test_a_recipe_that_no_other_needs_may_be_skipped(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        for heading in ("Say the greeting", "Take a risk", "Upgrade the greeting"):
            assert not app.screen.query_one("#skip").display
            await pilot.press("enter")
            await waiting(pilot, heading)
        await pilot.press("enter")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.click("#dialog #go")
        await waiting(pilot, "Leave the door open")
        await pilot.press("enter")
        await waiting(pilot, "Write the page")
        await pilot.click("#skip")
        await until(pilot, showing(pilot, "Done"), "the end")

    drive(app, scenario)
    assert not ran(server, "/srv/site")


def test_pause_stops_before_the_next_step(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        run = app.screen
        assert isinstance(run, Run) and run.going is not None
        run.going.step_by_step = False
        run.going.pausing = True
        await pilot.press("enter")
        await waiting(pilot, "Say the greeting")
        assert not run.going.pausing

    drive(app, scenario)


def test_a_failure_says_the_likely_cause_and_the_next_thing_to_do(app: WizardApp, server: SmallServer) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        text = seen(app)
        assert "“Say the greeting” failed" in text
        assert "The server's disk is full." in text
        assert "Make room on it" in text
        assert DISK_FULL in text
        assert focused(pilot) == "retry"

    drive(app, scenario)


def test_retry_goes_on_where_it_failed(app: WizardApp, server: SmallServer) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        server.fails.clear()
        await pilot.press("enter")
        await until(pilot, showing(pilot, "DecisionDialog"), "the next question")

    drive(app, scenario)
    assert ran(server, "command:talk") == 2
    assert ran(server, "greeting/text") == 1


def test_the_answers_of_a_failed_step_can_be_changed_and_lead_to_a_new_plan(
    app: WizardApp, server: SmallServer
) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#answers")
        await until(pilot, lambda: "Questions · A greeting" in seen(app), "the answers")
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A page" in seen(app), "the next page")
        await pilot.press("enter")
        await until(pilot, lambda: "changes in" in seen(app), "a new plan")

    drive(app, scenario)


def test_stopping_leaves_and_says_how_to_go_on(app: WizardApp, server: SmallServer) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#stop")
        await until(pilot, lambda: app.return_code is not None, "the end")

    drive(app, scenario)
    assert app.farewell() == "To go on: wizard setup root@203.0.113.7"


def test_a_report_has_what_failed_and_no_secret(app: WizardApp, server: SmallServer, tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        assert app.journey is not None and app.journey.session is not None
        secret = app.journey.session.secrets["greeting.password"].reveal()
        server.fails["long_command:talk"] = f"{DISK_FULL} {secret}"
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await pilot.press("f5")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure")
        assert secret not in seen(app)
        await pilot.click("#report")
        await until(pilot, showing(pilot, "SaveDialog"), "the dialog")
        await pilot.press("enter")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure again")
        text = (tmp_path / "wizard-report.md").read_text()
        assert DISK_FULL in text and "Debian GNU/Linux 12" in text
        assert secret not in text

    drive(app, scenario)


def test_where_there_is_no_terminal_to_give_away_the_shell_command_is_shown(
    app: WizardApp, server: SmallServer
) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#shell")
        await until(pilot, lambda: "UserKnownHostsFile" in seen(app), "the command")

    drive(app, scenario, size=(120, 40))


def test_escape_leaves_no_failure_undecided(app: WizardApp, server: SmallServer) -> None:
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, FailureScreen)

    drive(app, scenario)


def test_quitting_in_the_middle_asks_and_stops_between_changes(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f10")
        await until(pilot, showing(pilot, "LeaveScreen"), "the question")
        assert focused(pilot) == "stay"
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Run"), "the run again")
        await pilot.press("f10")
        await until(pilot, showing(pilot, "LeaveScreen"), "the question")
        await pilot.click("#dialog #stop")
        await until(pilot, lambda: app.return_code is not None, "the end")
        assert not app.engine.busy

    drive(app, scenario)
    assert not ran(server, "do ")


def test_a_set_up_that_was_begun_is_gone_on_with(app: WizardApp, server: SmallServer) -> None:
    server.journal = list(DONE)

    async def scenario(pilot: Pilot[int]) -> None:
        app.start(target="root@203.0.113.7")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        assert "1 steps done; it goes on from there" in seen(app)
        await pilot.click("#checkpoints")
        await until(pilot, showing(pilot, "Checkpoints"), "the timeline")

    drive(app, scenario)


def test_the_timeline_shows_what_going_back_would_undo_and_asks_first(app: WizardApp, server: SmallServer) -> None:
    server.journal = list(DONE)

    async def scenario(pilot: Pilot[int]) -> None:
        app.start(target="root@203.0.113.7")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        await pilot.click("#checkpoints")
        await until(pilot, lambda: "there is nothing to undo" in seen(app), "the latest checkpoint")
        app.screen.query_one("#timeline", OptionList).highlighted = 0
        await until(pilot, lambda: "Going back undoes, in this order (1)" in seen(app), "what would be undone")
        assert "put the file /etc/greeting/text back as it was" in seen(app)
        await pilot.click("#back-to")
        await until(pilot, showing(pilot, "ConfirmDialog"), "the question")
        assert focused(pilot) == "no"
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Checkpoints"), "the timeline again")

    drive(app, scenario)
    assert not ran(server, "undo")


def test_the_timeline_has_both_releases_and_goes_back_to_the_end_of_the_first_run(
    app: WizardApp, server: SmallServer
) -> None:
    again = [dict(DONE[1], id=2), dict(DONE[2], id=2), {**DONE[3], "changes": [[1, 2]], "at": "2026-01-03T00:00:00Z"}]
    first, second = ({"event": "run", "run": run, "login": "root", "generation": n} for n, run in ((1, "a"), (2, "b")))
    server.journal = [DONE[0], first, *DONE[1:], second, *again]

    async def scenario(pilot: Pilot[int]) -> None:
        app.start(target="root@203.0.113.7")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        await pilot.click("#checkpoints")
        await until(pilot, lambda: "there is nothing to undo" in seen(app), "the latest checkpoint")
        assert "Generation 1 · 2026-01-02" in seen(app) and "Generation 2 · 2026-01-03" in seen(app)
        timeline = app.screen.query_one("#timeline", OptionList)
        timeline.highlighted = timeline.get_option_index("@1")
        await until(pilot, lambda: "Going back undoes, in this order (1)" in seen(app), "the second release")
        assert "● 03:04  end of generation 1" in seen(app)

    drive(app, scenario, size=(120, 40))


def test_going_back_that_loses_data_needs_the_servers_name(app: WizardApp, server: SmallServer) -> None:
    from wizard.fronts.tui.screens.checkpoints import ConfirmDialog

    answers: list[bool | None] = []

    async def scenario(pilot: Pilot[int]) -> None:
        app.push_screen(ConfirmDialog("myserver", 3), answers.append)
        await until(pilot, lambda: "type the server's name: myserver" in seen(app), "the question")
        await pilot.press(*"myserve")
        assert app.screen.query_one("#yes", Button).disabled
        await pilot.press("r", "tab", "enter")
        await pilot.pause()

    drive(app, scenario)
    assert answers == [True]


def test_the_output_can_be_searched(app: WizardApp, server: SmallServer) -> None:
    server.flood = 300

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("enter")
        await waiting(pilot, "Say the greeting")
        await pilot.press("enter")
        await waiting(pilot, "Take a risk")
        await pilot.press("f6")
        await pilot.press(*"it 27", "enter")
        await until(pilot, lambda: "11 hits" in seen(app), "the hits")
        assert "said it 27" in seen(app)
        assert app.screen.query_one("#find", Input).value == "it 27"

    drive(app, scenario)


def test_done_hides_passwords_until_they_are_revealed_and_saves_without_them(
    app: WizardApp, server: SmallServer, tmp_path: Path
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.click("#go")
        await until(pilot, showing(pilot, "Done"), "the end")
        await pilot.pause()
        assert app.journey is not None and app.journey.session is not None
        secret = app.journey.session.secrets["greeting.password"].reveal()
        assert secret[:12] not in seen(app)
        assert "the greeting can be read: warm" in seen(app)
        assert "How you log in from now on" in seen(app)
        await pilot.click("#reveal-0")
        await until(pilot, lambda: secret[:12] in seen(app), "the password")
        await pilot.click("#save")
        await until(pilot, showing(pilot, "SaveDialog"), "the dialog")
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Done"), "the end again")
        text = (tmp_path / "my-server.md").read_text()
        assert "the greeting can be read" in text
        assert secret not in text

    drive(app, scenario, size=(120, 40))


@pytest.mark.parametrize("size", [(59, 19), (60, 20), (200, 60)])
def test_resizing_in_the_middle_of_a_run_loses_nothing(
    app: WizardApp, server: SmallServer, size: tuple[int, int]
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await pilot.press("enter")
        await waiting(pilot, "Say the greeting")

    drive(app, scenario)


def test_the_list_of_steps_folds_away_in_a_narrow_window_and_comes_by_its_button(
    app: WizardApp, server: SmallServer
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        assert "· Write the page" not in seen(app)
        await pilot.click("#show-steps")
        await until(pilot, lambda: "· Write the page" in seen(app), "the list")
        await pilot.press("f3")
        await until(pilot, lambda: "· Write the page" not in seen(app), "no list")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "· Write the page" in seen(app), "the list at the side")

    drive(app, scenario)
