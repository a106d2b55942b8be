"""Takes the pictures of this folder from the real program on a real run: `uv run python screenshots/make.py`.

Boots a practice server, sets the sample project up in the full-screen front by pressing keys, lets a step fail and a file
be changed by hand on the way, and saves the screens as SVGs that name no font or host of somebody else's. Takes about five
minutes. Nothing that is remembered of other servers on this computer is read or written.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from wizard.fronts.tui import app as tui
from wizard.fronts.tui.screens.run import Run
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport

HERE = Path(__file__).parent
SERVER = "pictures"
SIZE = (110, 34)
NARROW = (80, 24)
SHORT = (110, 24)  # for screens that have little to say
LONGEST_S = 600
ACCOUNT = "deploy"  # which the set-up has made by then
FAILS = "nginx/install"  # the step before which somebody else takes the port
LONG = "postgres/install"  # a step that is still under way when its pictures are taken
TAKE_PORT = "systemd-run -q --unit=somebody-else python3 -m http.server 80 && sleep 1"
GIVE_PORT = "systemctl stop somebody-else"
BY_HAND = "echo '# 2 MB were not enough' >>/etc/nginx/sites-available/guestbook"
CELL = 12.2  # the width of a character in Textual's SVGs
SPACED = re.compile(
    r'x="(?P<x>[\d.]+)"(?P<between>[^>]*)textLength="(?P<length>[\d.]+)"(?P<rest>[^>]*)>(?P<spaces>(?:&#160;)+)(?!<)'
)


class Photographer:
    """Drives one start of the program, and takes pictures of its screens."""

    def __init__(self, app: tui.WizardApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def take(self, name: str, *, theme: str = "dark", size: tuple[int, int] = SIZE) -> None:
        """A picture of what is shown now, in these colours and at this size."""
        await self.look(theme, size)
        svg = self.app.export_screenshot(title="wizard")
        (HERE / f"{name}.svg").write_text(without_hosts(svg))
        print(name, flush=True)
        await self.look("dark", SIZE)

    async def look(self, theme: str, size: tuple[int, int]) -> None:
        if self.app.theme != f"wizard-{theme}" or self.app.size != size:
            self.app.theme = f"wizard-{theme}"
            await self.pilot.resize_terminal(*size)
        await self.pilot.pause(0.4)

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(LONGEST_S * 5):
            await self.pilot.pause(0.2)
            if condition():
                return
        raise SystemExit(f"it did not come; the last screen is {self.screen}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def click(self, button: str) -> None:
        self.app.screen.query_one(button, Button).press()
        await self.pilot.pause()

    @property
    def screen(self) -> str:
        return type(self.app.screen).__name__

    def lit(self, button: str) -> Callable[[], bool]:
        """Whether Enter would press this button."""
        return lambda: getattr(self.app.focused, "id", "") == button and not self.app.focused.has_class("-waiting")  # type: ignore[union-attr]


async def before_the_run(photo: Photographer) -> None:
    await photo.take("welcome", size=SHORT)
    await photo.press("f1")
    await photo.take("help", size=NARROW)
    await photo.press("escape", "enter")
    await photo.until(photo.lit("continue"))
    await photo.take("connect", size=SHORT)
    await photo.press("enter")
    await photo.until(lambda: photo.screen == "Project" and photo.lit("continue")())
    await photo.take("project")
    await photo.press("enter")
    await photo.take("questions")
    await photo.take("questions-light", theme="light")
    await photo.click("#save")
    await photo.take("save", size=NARROW)
    await photo.press("escape")
    while photo.screen == "Questions":
        await photo.press("enter")
    await photo.until(photo.lit("start"))
    await photo.press("shift+tab", "shift+tab", *["down"] * 3, "enter", *["down"] * 2)
    await photo.take("review")
    await photo.click("#start")


async def the_run(photo: Photographer, on_server: Callable[[str], None]) -> None:
    """Enter from the first step to Done; what comes up on the way is taken the first time."""
    run: set[str] = set()
    while photo.screen != "Done":
        await photo.until(lambda: photo.screen != "Run" or photo.lit("go")() or busy(photo))
        name = photo.screen
        if name == "Run" and busy(photo):
            if "output" not in run:
                run.add("output")
                await photo.take("run-output")
                await photo.take("run-narrow", size=NARROW)
                await photo.press("f10")
                await photo.take("leave", size=NARROW)
                await photo.press("escape")
            continue
        if name not in run:
            run.add(name)
            await photo.take({"Run": "run", "DecisionDialog": "decision", "GuardDialog": "guard",
                              "FailureScreen": "failure", "Done": "done"}[name])  # fmt: skip
        if name == "FailureScreen":
            on_server(GIVE_PORT)
        screen = photo.app.screen
        if isinstance(screen, Run) and screen.steps.current == FAILS and "FailureScreen" not in run:
            on_server(TAKE_PORT)
        if name in ("Run", "DecisionDialog", "FailureScreen"):
            await photo.press("enter")


def busy(photo: Photographer) -> bool:
    """A step is under way that has printed enough for a picture."""
    screen = photo.app.screen
    return isinstance(screen, Run) and screen.reply is None and screen.steps.current == LONG and printed(screen) > 10


def printed(run: Run) -> int:
    """Lines of output since the step began."""
    lines = list(run.current.output.lines)
    return len(lines) - max(number for number, line in enumerate(lines) if line.startswith("["))


async def after_the_run(photo: Photographer) -> None:
    await photo.click("#checkpoints")
    await photo.until(lambda: photo.screen == "Checkpoints")
    photo.app.screen.query_one("#timeline", OptionList).highlighted = 9
    await photo.take("checkpoints")
    photo.app.screen.query_one("#timeline", OptionList).highlighted = 0
    await photo.click("#back-to")
    await photo.take("confirm", size=NARROW)


async def coming_back(photo: Photographer, on_server: Callable[[str], None]) -> None:
    """The second start: the server is known, and somebody has changed a file on it by hand."""
    on_server(BY_HAND)
    await photo.until(lambda: photo.app.screen.query("#known-0") and not photo.app.engine.busy)
    await photo.take("welcome-contrast", theme="contrast", size=SHORT)
    await photo.click("#known-0")
    await photo.until(photo.lit("continue"))
    while photo.screen != "Run":
        await photo.press("enter")
    await photo.until(lambda: photo.screen == "DecisionDialog" or photo.lit("go")())
    while photo.screen != "DecisionDialog":
        await photo.press("enter")
    await photo.take("drift", theme="light")


async def first_contact(photo: Photographer, server: PracticeServer) -> None:
    """The third start: a server that this computer has never seen."""
    await photo.click("#real")
    await photo.until(lambda: photo.screen == "Connect")
    await photo.press(*server.host, "tab", *"root")
    for box in photo.app.screen.query(Input):
        box.cursor_blink = False
    await photo.take("connect-form", size=NARROW)
    await photo.click("#connect-now")
    await photo.until(lambda: photo.screen == "HostKeyDialog")
    await photo.take("host-key", size=SHORT)
    await photo.press("enter")


def without_hosts(svg: str) -> str:
    """Textual's SVG loads a font from the network; the reader's own monospace font does as well."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
    for folder in (
        str(HERE.parent),
        str(Path.cwd()),
    ):  # as long a path that is nobody's: each text's width stands beside it
        svg = svg.replace(folder, "~/projects/wizard/".ljust(len(folder), "_")[: len(folder)])
    svg = svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
    svg = SPACED.sub(without_spaces, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def without_spaces(text: re.Match[str]) -> str:
    """A text that begins where its first letter is: some programs drop the spaces before it, and pull it to the left."""
    shift = CELL * text["spaces"].count(";")
    return f'x="{float(text["x"]) + shift:g}"{text["between"]}textLength="{float(text["length"]) - shift:g}"{text["rest"]}>'


def shell_on(server: PracticeServer) -> Callable[[str], None]:
    """Runs commands there as root, over a connection of their own."""

    def run(script: str) -> None:
        login = Login(server.host, ACCOUNT, server.port, key=server.key)
        with contextlib.closing(SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None)) as transport:
            transport.connect()
            done = transport.run(script, root=True)
            assert done.status == 0, done

    return run


async def main() -> None:
    fleet = Fleet()
    tui.PRACTICE_NAME = SERVER
    try:
        fleet.up(SERVER)
        server = fleet.reset(SERVER)  # one that an earlier, interrupted run left behind is not fresh
        on_server = shell_on(server)
        for scenes in (
            lambda photo: [before_the_run(photo), the_run(photo, on_server), after_the_run(photo)],
            lambda photo: [coming_back(photo, on_server)],
            lambda photo: [first_contact(photo, server)],
        ):
            app = tui.WizardApp()
            async with app.run_test(size=SIZE, notifications=True) as pilot:
                for scene in scenes(Photographer(app, pilot)):
                    await scene
                app.engine.stop()
            app.engine.wait(tui.PATIENCE_S)
            if app.journey is not None:
                app.journey.close()
    finally:
        fleet.down(SERVER)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="wizard-pictures-") as state:
        os.environ["WIZARD_STATE_DIR"] = state
        asyncio.run(main())
