"""How soon something is there: the first screen against a bare Textual app, `wizard --help` against importing click alone,
the first signs on the screen against the whole first screen.

Processor time of processes that run in turn, the best of a few: what else this computer does falls on both sides alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.fronts.plain.person import at_terminal

ROUNDS = 4
PAINTED = """
import asyncio, sys, time
{app}
async def main():
    async with app.run_test(size=(80, 24)) as pilot:
        print(time.process_time())
        app.exit()
asyncio.run(main())
"""
BARE_APP = PAINTED.format(app="from textual.app import App; app = App()")
WELCOME = PAINTED.format(
    app="from wizard.fronts.tui.app import WizardApp; app = WizardApp(); app.warm_up = lambda: None"
)  # what is loaded while the person reads does not count
CLICK = "import click, time; print(time.process_time())"
HELP = """
import contextlib, io, sys, time
from wizard.cli import main
with contextlib.redirect_stdout(io.StringIO()) as said:
    with contextlib.suppress(SystemExit):
        main(["--help"])
assert "Exit status" in said.getvalue()
print(time.process_time())
"""


def best(*programs: str, cwd: Path) -> list[float]:
    """The least processor time of each, in seconds; they take turns."""
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(ROUNDS):
        for program, taken in zip(programs, times, strict=True):
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=cwd)
            taken.append(float(done.stdout.split()[-1]))
    return [min(taken) for taken in times]


def test_the_first_screen_takes_little_more_than_textual_itself(tmp_path: Path) -> None:
    bare, welcome = best(BARE_APP, WELCOME, cwd=tmp_path)
    assert welcome < 1.8 * bare, f"{welcome / bare:.2f} times a bare Textual app"


def test_help_takes_little_more_than_importing_click(tmp_path: Path) -> None:
    click, shown = best(CLICK, HELP, cwd=tmp_path)
    assert shown < 2 * click, f"{shown / click:.2f} times the import of click"


def test_something_is_on_the_screen_long_before_the_front_is_loaded(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WIZARD_"))}
    env |= {"HOME": str(tmp_path), "TERM": "xterm-256color"}
    shares = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        with at_terminal([sys.executable, "-m", "wizard", "practice"], env) as person:
            person.wait_for("Starting")
            something = time.monotonic() - begun
            person.wait_for("Practise on this computer")
            shares.append(something / (time.monotonic() - begun))
    assert min(shares) < 0.5, shares
