"""How every screen looks, at 80×24 and 120×40, dark, light and with high contrast; each test says what must be seen.

The folder `looks` has what was agreed on, a file for a screen and a size: the words, then a map of the styles, then what
each style is in the three themes. A word or a colour that changes makes its test fail, with the difference. To agree on a
new look, after reading the difference: LOOKS=update pytest tests/fronts/tui/test_looks.py
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, TabbedContent, Tree

from tests.fronts.tui.conftest import connected, drive, focused, reviewed, says, seen, showing, until, waiting
from tests.fronts.tui.pictures import picture
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_run import DISK_FULL, DONE
from wizard import catalog, local_state
from wizard.errors import ConnectError
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.checkpoints import ConfirmDialog
from wizard.fronts.tui.screens.decisions import GuardDialog, HostKeyDialog
from wizard.fronts.tui.screens.login import LoginDialog
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.output import Output
from wizard.fronts.words import describe
from wizard.text import text as words
from wizard.transport.base import HostKey, Login

AGREED = Path(__file__).parent / "looks"
SIZES = ((80, 24), (120, 40))
Scenario = Callable[[Pilot[int]], Awaitable[None]]
Looks = Callable[[Scenario], None]


@pytest.fixture
def look(request: pytest.FixtureRequest, server: SmallServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    """Compares the screen that a scenario leads to with what was agreed on."""
    monkeypatch.setattr(
        "wizard.fronts.tui.widgets.steps.monotonic", lambda: 0.0
    )  # how long steps take is never the same
    monkeypatch.setattr(WizardApp, "show_busy", lambda app: None)
    name = request.function.__name__.removeprefix("test_")

    def compare(scenario: Scenario) -> None:
        found: dict[Path, str] = {}

        async def look_at(pilot: Pilot[int]) -> None:
            await until(pilot, showing(pilot, "Welcome"), "Welcome")
            await scenario(pilot)
            for width, height in SIZES:
                await pilot.resize_terminal(width, height)
                await pilot.pause(0.3)
                found[AGREED / f"{name}-{width}x{height}.txt"] = await picture(pilot)

        drive(WizardApp(), look_at, size=SIZES[0])
        for path, text in found.items():
            if os.environ.get("LOOKS") == "update":
                path.write_text(text)
            assert text == path.read_text(), path.name

    yield compare
    for gate in server.waits.values():
        gate.set()


async def carded(pilot: Pilot[int]) -> None:
    assert isinstance(pilot.app, WizardApp)
    pilot.app.start(target="root@203.0.113.7")
    await until(pilot, lambda: focused(pilot) == "continue", "the card")


async def started(pilot: Pilot[int]) -> None:
    await reviewed(pilot)
    await pilot.press("enter")
    await waiting(pilot, "Write the greeting")
    await until(
        pilot,
        lambda: (
            words("tui.run.done_of_waiting").rpartition("}")[2].strip()
            in str(pilot.app.screen.query_one("#left").render())
        ),
        "the progress",
    )


async def all_at_once(pilot: Pilot[int], screen: str) -> None:
    await started(pilot)
    await pilot.press("f5")
    await until(pilot, showing(pilot, screen), screen)


def test_welcome(look: Looks) -> None:
    """Four lines say what this does; practising is lit up; a real server is the other choice."""

    async def scenario(pilot: Pilot[int]) -> None:
        assert focused(pilot) == "practise"

    look(scenario)


def test_welcome_back(look: Looks) -> None:
    """A server that is known has a button of its own, with how far it is and where it stopped."""
    done = ["greeting/words", "greeting/talk"]
    local_state.remember(
        Login("203.0.113.7"), local_state.KnownServer("root@203.0.113.7", ["root"], "j1", 10, done, "a night in May")
    )

    async def scenario(pilot: Pilot[int]) -> None:
        await until(
            pilot,
            lambda: words("fronts.standing.steps_done_stopped").split("}")[2][1:15] in seen(pilot.app),
            "how far it is",
        )

    look(scenario)


def test_connect(look: Looks) -> None:
    """Server, user and port, key, two passwords: each with a line of what it means; Connect and Back below."""

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")

    look(scenario)


def test_connect_refused(look: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it did not work, why, and the next thing to do; the form is there as it was filled in; Try again is lit up."""

    def refuse(request: object, ask: object) -> None:
        raise ConnectError("cannot log in as root on 203.0.113.7: refused", hint="is the key the right one?")

    monkeypatch.setattr("wizard.app.connection.transport_for", refuse)

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        await pilot.press(*"203.0.113.7")
        await pilot.click("#connect-now")
        await until(pilot, lambda: "is the key the right one?" in seen(pilot.app), "the reason")

    look(scenario)


def test_first_contact(look: Looks) -> None:
    """The fingerprint stands by itself, with how to compare it; not connecting is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        key = HostKey("203.0.113.7", 22, "ssh-ed25519", "SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg")
        pilot.app.push_screen(HostKeyDialog(key))

    look(scenario)


def test_card(look: Looks) -> None:
    """What the server is, in a table of facts; Continue is lit up."""
    look(carded)


def test_project(look: Looks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found in the folder, what may be a problem, and below it what can be corrected; Continue is lit up."""
    monkeypatch.setattr(catalog, "own_folder", lambda: Path(__file__).parent / "recipes_of_a_project")
    make_project(tmp_path / "shop")

    async def scenario(pilot: Pilot[int]) -> None:
        await carded(pilot)
        await pilot.press("enter")
        await until(pilot, showing(pilot, "Project"), "Project")
        await pilot.press(*"shop")
        await pilot.click("#look")
        await until(pilot, lambda: bool(pilot.app.screen.query("#corrections Row")), "what was found")

    look(scenario)


def make_project(folder: Path) -> None:
    """A Django project as a beginner has it: its secrets in the code, one setting from the environment."""
    (folder / "shop").mkdir(parents=True)
    (folder / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n")
    settings = "import os\nSECRET_KEY = 'django-insecure-1'\nDEBUG = True\nSHOP_NAME = os.environ['SHOP_NAME']\n"
    (folder / "shop" / "settings.py").write_text(settings)
    (folder / "shop" / "wsgi.py").write_text(
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    (folder / "requirements.txt").write_text("django>=5.2,<5.3\npillow\n")


def test_questions(look: Looks) -> None:
    """Names on the left, answers in one column, meanings below; the guide beside them where there is room."""

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)

    look(scenario)


def test_questions_refused(look: Looks) -> None:
    """What is refused is red, and below it stands why, with an example of what is accepted."""

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        pilot.app.screen.query(Input).first().focus()
        await pilot.press(*"no!")
        await until(pilot, lambda: says("answers.must.look_like") in seen(pilot.app), "the reason")

    look(scenario)


def test_save(look: Looks) -> None:
    """What is saved, that only this person can read it, and the file's name, ready to be changed."""

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)
        dialog = SaveDialog("the answers, without passwords", "answers.toml", lambda path: None)
        pilot.app.push_screen(dialog)
        await until(pilot, lambda: pilot.app.screen is dialog and dialog.is_mounted, "the dialog")
        dialog.query_one(Input).value = "/home/ana/answers.toml"

    look(scenario)


def test_review(look: Looks) -> None:
    """It says that nothing was touched; the tree has its badges explained; Start is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)

    look(scenario)


def test_review_of_a_change(look: Looks) -> None:
    """A change is chosen: what it does, that it is reversible, its commands, explained, and the difference it makes."""

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        pilot.app.screen.query_one("#open", Button).press()
        await until(pilot, lambda: "/etc/greeting/text" in seen(pilot.app), "the open tree")
        tree = pilot.app.screen.query_one(Tree)
        tree.focus()
        words = tree.root.children[0].children[0].children
        tree.move_cursor(next(node for node in words if "/etc/greeting/text" in str(node.label)))

    look(scenario)


def test_run(look: Looks) -> None:
    """The next step's reason is in the tab Why; “Do this step” is lit up; the list of steps where there is room."""
    look(started)


def test_run_under_way(look: Looks, server: SmallServer) -> None:
    """The step that is made is marked in the list; its output is shown; Enter presses nothing meanwhile."""
    server.waits["command:talk"] = threading.Event()

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f5")
        await until(
            pilot,
            lambda: words("words.step", index=2, total=6, heading="Say the greeting") in seen(pilot.app),
            "the change",
        )

    look(scenario)


def test_run_steps(look: Looks) -> None:
    """In a narrow window F3 brings the list of steps instead of the step; in a wide one it stands beside it anyway."""

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f3")

    look(scenario)


def test_run_commands(look: Looks) -> None:
    """The tab Commands has those of the next step, and explains the ones that no manual has."""

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        pilot.app.screen.query_one("#tabs", TabbedContent).active = "commands"

    look(scenario)


def test_leave(look: Looks, server: SmallServer) -> None:
    """In the middle of a change: the two ways to leave, what each means, how to go on later; staying is lit up."""
    server.waits["greeting/text"] = threading.Event()

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: describe("file", "file:/etc/greeting/text") in seen(pilot.app), "the change")
        await pilot.press("f10")

    look(scenario)


def test_leave_between_steps(look: Looks) -> None:
    """Nothing is under way: one way to leave is enough; staying is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        await pilot.press("f10")

    look(scenario)


def test_point_of_no_return(look: Looks) -> None:
    """What cannot be undone is said; three ways to go on, each with what it leads to; stopping is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await all_at_once(pilot, "DecisionDialog")

    look(scenario)


def test_drift(look: Looks, server: SmallServer) -> None:
    """What was changed by hand, how the wizard had left it and how it is now; stopping is lit up."""
    server.journal = list(DONE)
    server.there["/etc/greeting/text"] = "file|0600|ana|ana|abd||7\n"

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter", "f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        assert says("tui.decisions.changed_hand") in seen(pilot.app)

    look(scenario)


def test_guard(look: Looks) -> None:
    """That the step could shut one out, and in how many seconds the server takes it back by itself."""

    async def scenario(pilot: Pilot[int]) -> None:
        await started(pilot)
        pilot.app.push_screen(GuardDialog(60, clock=lambda: 0.0))

    look(scenario)


def test_failure(look: Looks, server: SmallServer) -> None:
    """What failed in red, the likely cause in bold, what to do, the last lines; what can be done, trying again lit up."""
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await all_at_once(pilot, "FailureScreen")

    look(scenario)


def test_failure_of_no_known_cause(look: Looks, server: SmallServer) -> None:
    """Where no cause is known the last lines speak for themselves, and the words lead to them."""
    server.fails["long_command:talk"] = "it said something that nobody has heard before"

    async def scenario(pilot: Pilot[int]) -> None:
        await all_at_once(pilot, "FailureScreen")

    look(scenario)


def test_failure_because_somebody_else_is_at_work(look: Looks, server: SmallServer) -> None:
    """Who it is and from where; taking over is offered, but trying again is lit up."""
    server.holder = "who=ana\nfrom=her-laptop\npid=7\n"

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure")

    look(scenario)


def test_other_passwords(look: Looks) -> None:
    """Three passwords, each with what it is for; what is left empty stays as it is."""

    async def scenario(pilot: Pilot[int]) -> None:
        pilot.app.push_screen(LoginDialog())

    look(scenario)


def test_checkpoints(look: Looks, server: SmallServer) -> None:
    """A timeline with the time of each checkpoint, and what going back would undo; leaving it as it is is lit up."""
    server.journal = list(DONE)

    async def scenario(pilot: Pilot[int]) -> None:
        await carded(pilot)
        await pilot.click("#checkpoints")
        await until(pilot, showing(pilot, "Checkpoints"), "the timeline")
        pilot.app.screen.query_one("#timeline", OptionList).highlighted = 0
        await until(
            pilot,
            lambda: says("tui.checkpoints.going_back_undoes_order")[:17] in seen(pilot.app),
            "what would be undone",
        )

    look(scenario)


def test_confirm(look: Looks) -> None:
    """How many changes are undone, that data goes away and where it is saved; going back needs the server's name."""

    async def scenario(pilot: Pilot[int]) -> None:
        pilot.app.push_screen(ConfirmDialog("myserver", 3))

    look(scenario)


def test_gone_back(look: Looks, server: SmallServer) -> None:
    """Every undone step is marked; that the server is as it was; setting up again is lit up."""
    server.journal = list(DONE)

    async def scenario(pilot: Pilot[int]) -> None:
        await carded(pilot)
        app = pilot.app
        assert isinstance(app, WizardApp)
        app.going_back = (None, ["greeting/words"])
        app.go("run")
        await until(pilot, lambda: says("tui.run.gone_back_server_checkpoint") in seen(app), "the end")
        await until(pilot, lambda: says("words.finished.rolled_back") in seen(app), "what was printed")
        app.screen.query_one(Output).clear()  # it says how long it took

    look(scenario)


def test_done(look: Looks) -> None:
    """The address with its QR code, a hidden password, what one needs afterwards, what was verified."""

    async def scenario(pilot: Pilot[int]) -> None:
        await all_at_once(pilot, "DecisionDialog")
        await pilot.click("#dialog #go")
        await until(pilot, showing(pilot, "Done"), "the end")

    look(scenario)


def test_help(look: Looks) -> None:
    """The words of the screen are explained, then the keys; Close is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("f1")
        await until(pilot, showing(pilot, "HelpScreen"), "the help")

    look(scenario)


def test_menu(look: Looks) -> None:
    """The colours, help, a picture of the screen, leaving; what is typed narrows the list."""

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("f2")
        await until(pilot, lambda: words("tui.wizard.colours", name="light") in seen(pilot.app), "the menu")

    look(scenario)
