"""How the screens look: their text, compared with what was agreed on, and their colours; each test says what must be seen.

To agree on a new look, after reading the difference: LOOKS=update pytest tests/fronts/tui/test_looks.py
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fronts.tui.conftest import connected, drive, reviewed, seen, showing, until, waiting
from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_run import DISK_FULL, DONE
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.decisions import HostKeyDialog
from wizard.transport.base import HostKey

AGREED = Path(__file__).parent / "looks"
READABLE = 3.0  # contrast of faded words; WCAG 2.2 asks for 4.5 of running text, 3 of large and of parts one can press
Scenario = Callable[[Pilot[Any]], Awaitable[None]]
Looks = Callable[[Scenario], None]


@pytest.fixture(
    params=[(80, 24, "dark"), (120, 40, "light"), (80, 24, "contrast")], ids=lambda p: f"{p[0]}x{p[1]}-{p[2]}"
)
def look(request: pytest.FixtureRequest, server: SmallServer) -> Looks:
    """Compares the screen that a scenario leads to."""
    width, height, theme = request.param

    def compare(scenario: Scenario) -> None:
        app = WizardApp()
        app.theme = f"wizard-{theme}"
        texts = []

        async def settled(pilot: Pilot[Any]) -> None:
            await until(pilot, showing(pilot, "Welcome"), "Welcome")
            await scenario(pilot)
            await pilot.pause(0.3)
            texts.append(stable(seen(app)))
            assert not (poor := poor_contrast(app)), f"hard to read: {poor}"

        drive(app, settled, size=(width, height))
        path = AGREED / f"{request.function.__name__.removeprefix('test_')}-{width}x{height}.txt"
        if os.environ.get("LOOKS") == "update":
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[0])
        assert texts[0] == path.read_text()

    return compare


def stable(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def poor_contrast(app: WizardApp) -> list[str]:
    """Words whose colours are too near to each other; what lies behind a dialog is meant to be faded."""
    found = []
    strips = app.screen._compositor.render_strips()
    for dialog in app.screen.query("#dialog"):
        box = dialog.region
        strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
    for strip in strips:
        for segment in strip:
            style = segment.style
            if (
                style is None
                or style.color is None
                or style.bgcolor is None
                or not any(c.isalnum() for c in segment.text)
            ):
                continue
            colours = style.color.triplet, style.bgcolor.triplet
            if None not in colours and contrast(*colours) < READABLE:  # type: ignore[arg-type]
                found.append(f"{segment.text.strip()!r} {contrast(*colours):.1f}")  # type: ignore[arg-type]
    return found


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(colour: tuple[int, int, int]) -> float:
        shares = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_welcome(look: Looks) -> None:
    """Four lines say what this does; practising is lit up; a real server is the other choice."""

    async def scenario(pilot: Pilot[int]) -> None:
        await until(pilot, showing(pilot, "Welcome"), "Welcome")

    look(scenario)


def test_connect(look: Looks) -> None:
    """Server, user and port, key, two passwords: each with a line of what it means; Connect and Back below."""

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.click("#real")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        pilot.app.set_focus(None)  # a cursor that blinks would not be the same twice

    look(scenario)


def test_first_contact(look: Looks) -> None:
    """The fingerprint stands by itself, with how to compare it; not connecting is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        key = HostKey("203.0.113.7", 22, "ssh-ed25519", "SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg")
        pilot.app.push_screen(HostKeyDialog(key))

    look(scenario)


def test_card(look: Looks) -> None:
    """What the server is, in a table of facts; Continue is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        assert isinstance(pilot.app, WizardApp)
        pilot.app.start(target="root@203.0.113.7")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "continue", "the card")

    look(scenario)


def test_questions(look: Looks) -> None:
    """Names on the left, answers in one column, meanings below; the guide beside them where there is room."""

    async def scenario(pilot: Pilot[int]) -> None:
        await connected(pilot)

    look(scenario)


def test_review(look: Looks) -> None:
    """It says that nothing was touched; the tree has its badges explained; Start is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)

    look(scenario)


def test_run(look: Looks) -> None:
    """The next step's reason is in the tab Why; “Do this step” is lit up; the list of steps where there is room."""

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await until(
            pilot, lambda: "waiting for you" in str(pilot.app.screen.query_one("#left").render()), "the progress"
        )

    look(scenario)


def test_failure(look: Looks, server: SmallServer) -> None:
    """What failed in red, the likely cause in bold, what to do, the last lines; six things to do, trying again lit up."""
    server.fails["long_command:talk"] = DISK_FULL

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await pilot.press("f5")
        await until(pilot, showing(pilot, "FailureScreen"), "the failure")

    look(scenario)


def test_checkpoints(look: Looks, server: SmallServer) -> None:
    """A timeline with the time of each checkpoint, and what going back would undo; leaving it as it is is lit up."""
    server.journal = list(DONE)

    async def scenario(pilot: Pilot[int]) -> None:
        assert isinstance(pilot.app, WizardApp)
        pilot.app.start(target="root@203.0.113.7")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "continue", "the card")
        await pilot.click("#checkpoints")
        await until(pilot, showing(pilot, "Checkpoints"), "the timeline")

    look(scenario)


def test_done(look: Looks) -> None:
    """The address with its QR code, a hidden password, what one needs afterwards, what was verified."""

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await pilot.press("enter")
        await waiting(pilot, "Write the greeting")
        await pilot.press("f5")
        await until(pilot, showing(pilot, "DecisionDialog"), "the question")
        await pilot.click("#dialog #go")
        await until(pilot, showing(pilot, "Done"), "the end")

    look(scenario)


def test_help(look: Looks) -> None:
    """The words of the screen are explained, then the keys; Close is lit up."""

    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("f1")
        await until(pilot, showing(pilot, "HelpScreen"), "the help")

    look(scenario)
