"""What can be done about a failure: each of its buttons, by keyboard and by mouse; and a lock that somebody else has."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from tests.fronts.tui.conftest import drive, focused, reviewed, seen, showing, until, waiting
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_run import DISK_FULL, failed, ran
from wizard.app import connection
from wizard.app.request import Request
from wizard.errors import LoginRefused
from wizard.fronts.tui.app import WizardApp
from wizard.secret import Secret
from wizard.transport.base import Login

ACTIONS = ("retry", "answers", "back", "shell", "login", "report", "stop")  # in the order of the screen


@pytest.fixture(autouse=True)
def broken(server: SmallServer) -> None:
    server.fails["long_command:talk"] = DISK_FULL
    server.remembers = True  # going back looks at its journal anew


async def at(pilot: Pilot[int], action: str) -> None:
    """Tab by Tab to a button."""
    for _ in range(ACTIONS.index(action)):
        await pilot.press("tab")
    assert focused(pilot) == action


def test_every_action_is_reached_by_the_keyboard_in_the_order_of_the_screen(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        for action in ACTIONS:
            assert focused(pilot) == action
            await pilot.press("tab")

    drive(app, scenario)


@pytest.mark.parametrize(
    ("action", "leads_to"),
    [("answers", "Questions"), ("login", "LoginDialog"), ("report", "SaveDialog"), ("back", "Run")],
)
@pytest.mark.parametrize("hand", ["keyboard", "mouse"])
def test_an_action_leads_to_its_screen(app: WizardApp, action: str, leads_to: str, hand: str) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        if hand == "mouse":
            await pilot.click(f"#{action}")
        else:
            await at(pilot, action)
            await pilot.press("enter")
        await until(pilot, showing(pilot, leads_to), leads_to)

    drive(app, scenario)


def test_rolling_the_step_back_undoes_it_and_leads_on_to_setting_up_again(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#back")
        await until(pilot, lambda: "Gone back: the server is as it was" in seen(app), "the end")
        assert focused(pilot) == "go"
        server.fails.clear()
        await pilot.press("enter")
        await until(pilot, lambda: "Questions · A greeting" in seen(app), "the first page again")

    drive(app, scenario)
    assert ran(server, "undo") == 1
    assert not ran(server, "undo 1 ")  # the step before stays


def test_where_no_shell_can_be_opened_its_command_is_shown(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#shell")  # a screen without a terminal cannot be put aside
        await until(pilot, lambda: "ssh -t" in seen(app), "the command")
        assert showing(pilot, "FailureScreen")()

    drive(app, scenario, size=(120, 40))


def test_a_report_can_be_written_where_it_was_refused_first(app: WizardApp, tmp_path: Path) -> None:
    (tmp_path / "wizard-report.md").mkdir()

    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.click("#report")
        await until(pilot, showing(pilot, "SaveDialog"), "the dialog")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot write there" in seen(app), "the reason")
        await pilot.press("end", *"2.md", "enter")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure again")

    drive(app, scenario)
    assert DISK_FULL in (tmp_path / "wizard-report.md2.md").read_text()


def test_esc_and_a_closed_dialog_leave_the_failure_undecided(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await pilot.press("escape")
        await pilot.click("#login")
        await until(pilot, showing(pilot, "LoginDialog"), "the dialog")
        await pilot.press("escape")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure again")
        assert app.engine.asking

    drive(app, scenario)


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch, server: SmallServer) -> list[Login]:
    """Each connection is one of its own; sesame is the only sudo password that is refused."""
    made: list[Login] = []

    def connect(request: Request, ask: object) -> SmallServer:
        if request.sudo_password and request.sudo_password.reveal() == "sesame":
            raise LoginRefused("cannot become root with sudo: the password was refused")
        made.append(Login("203.0.113.7", sudo_password=request.sudo_password))
        fresh = server.another(made[-1])
        fresh.connected = True
        return fresh

    monkeypatch.setattr(connection, "transport_for", connect)
    return made


async def other_password(pilot: Pilot[int], password: str) -> None:
    await pilot.click("#login")
    await until(pilot, showing(pilot, "LoginDialog"), "the dialog")
    await pilot.press("tab", "tab", "tab", "tab", *password, "enter")
    assert focused(pilot) == "login"
    assert password not in seen(pilot.app)
    await pilot.press("enter")


def test_another_sudo_password_is_used_at_once_and_nothing_is_lost(
    app: WizardApp, server: SmallServer, logins: list[Login]
) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        assert app.journey is not None and app.journey.session is not None
        before = app.journey.session.secrets["greeting.password"].reveal()
        server.fails.clear()
        await other_password(pilot, "open-barley")
        await until(pilot, showing(pilot, "DecisionDialog"), "the next question")
        assert app.journey.session.secrets["greeting.password"].reveal() == before

    drive(app, scenario)
    assert logins[-1].sudo_password == Secret("open-barley")
    assert ran(server, "command:talk") == 2


def test_a_password_that_is_refused_leads_back_to_the_failure(app: WizardApp, logins: list[Login]) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await failed(pilot)
        await other_password(pilot, "sesame")
        await until(pilot, lambda: "the password was refused" in seen(app), "the reason")
        assert focused(pilot) == "retry"
        assert app.screen.query_one("#login", Button).display

    drive(app, scenario)


@pytest.mark.parametrize("taken", [True, False])
def test_a_server_that_somebody_else_works_on_is_taken_over_only_on_request(
    app: WizardApp, server: SmallServer, taken: bool
) -> None:
    server.holder = "who=ana\nfrom=her-laptop\npid=7\n"

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure")
        assert "ana on her-laptop is setting it up" in seen(app).replace("\n", " ")
        if taken:
            await pilot.click("#take-over")
            await waiting(pilot, "Write the greeting")
        else:
            await pilot.press("enter")
            await until(pilot, lambda: showing(pilot, "FailureScreen")() and app.engine.asking, "the failure again")

    drive(app, scenario)
    assert any("acquire" in r.script and " yes <<" in r.script for r in server.ran) == taken


@pytest.mark.parametrize("how", ["wait", "watch"])
def test_a_server_that_somebody_else_works_on_is_waited_for_and_they_are_watched(
    app: WizardApp, server: SmallServer, how: str
) -> None:
    server.holder = "who=ana\nfrom=her-laptop\npid=7\n"
    server.theirs = [{"at": "2026-01-01T00:00:00Z", "event": "checkpoint", "step": "theirs/first", "last": 1}]

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure")
        await pilot.click(f"#{how}")
        await until(pilot, lambda: any(r.label == "watch" for r in server.ran), "it looks whether they are done")
        await until(pilot, lambda: "ana on her-laptop" in seen(app).replace("\n", " "), "whom it waits for")
        if how == "watch":
            await until(pilot, lambda: "theirs/first" in seen(app), "what they do")
        server.holder = ""
        if how == "watch":
            done = "they are done, and nothing was changed from here"
            await until(pilot, lambda: done in " ".join(seen(app).split()), "they are done")
            await until(pilot, lambda: focused(pilot) == "retry", "what to do now")
            await pilot.press("enter")
        await waiting(pilot, "Write the greeting")

    drive(app, scenario)
    assert not any("acquire" in r.script and " yes <<" in r.script for r in server.ran), "it takes nothing from them"
