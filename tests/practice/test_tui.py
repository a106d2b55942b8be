"""The full-screen front in a real terminal, on a real practice server: from Welcome to Done with Enter alone."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer
from wizard.practice.fleet import Fleet, PracticeServer

LONGEST_S = 900
WITH_RECIPES = (
    "import sys; from pathlib import Path; from wizard import catalog; from wizard.fronts.tui.app import run; "
    "catalog.own_folder = lambda: Path(sys.argv[2]); run(practice=sys.argv[1])"
)
RECIPES = Path(__file__).parent.parent / "fronts" / "tui" / "recipes"
START = "import sys; from wizard.fronts.tui.app import run; sys.exit(run(practice=sys.argv[1]))"


NUMBERS = itertools.count()


class Terminal:
    """A tmux session of its own, as large as an old terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "tmux"

    def start(self, *command: str, columns: int = 80, lines: int = 24) -> None:
        self.socket = self.folder / f"tmux{next(NUMBERS)}"  # a server that is still ending answers on the old one
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), *command)

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments],
            check=True, capture_output=True, text=True, env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


def until(terminal: Terminal, *texts: str, press: str = "", longest: float = 60) -> str:
    """Waits for one of these on the screen; presses a key every second meanwhile where asked to."""
    end = time.monotonic() + longest
    while time.monotonic() < end:
        screen = terminal.screen()
        if found := next((text for text in texts if text in screen), ""):
            return found
        if press:
            terminal.press(press)
        time.sleep(1 if press else 0.1)
    raise AssertionError(f"none of {texts} came; the screen shows:\n{terminal.screen()}")


def test_enter_alone_leads_from_welcome_to_a_site_that_answers(
    terminal: Terminal, fleet: Fleet, pristine: PracticeServer
) -> None:
    welcome = START.replace("run(practice=sys.argv[1])", "run(None)").replace(
        "sys.exit", f"import wizard.fronts.tui.wizard as a; a.PRACTICE_NAME = {pristine.name!r}; sys.exit"
    )
    terminal.start(sys.executable, "-c", welcome)
    until(terminal, "Practise on this computer")
    found = until(terminal, "7 of 7", "That did not work", "Traceback", press="Enter", longest=LONGEST_S)
    assert found == "7 of 7", terminal.screen()
    assert f"http://{pristine.host}/" in terminal.screen()
    with urllib.request.urlopen(f"http://{pristine.host}/", timeout=10) as answer:
        assert answer.status == 200
        assert b"uestbook" in answer.read()


def test_a_run_that_was_left_is_gone_on_with(terminal: Terminal, pristine: PracticeServer) -> None:
    terminal.start(sys.executable, "-c", START, pristine.name)
    until(terminal, "Next: ", press="Enter")
    terminal.press("Enter")
    until(terminal, "1 of ", "2 of ", press="Enter", longest=120)
    terminal.press("F10")
    until(terminal, "Leave the wizard?")
    terminal.press("Tab", "Enter")
    time.sleep(3)
    terminal.close()
    terminal.start(sys.executable, "-c", START, pristine.name)
    until(terminal, "it goes on from there")
    until(terminal, "done already", press="Enter")


@pytest.fixture
def failing(terminal: Terminal, pristine: PracticeServer, tmp_path: Path) -> Terminal:
    """A run of small recipes that stands on the failure screen, in its third step."""
    recipes = tmp_path / "recipes"
    shutil.copytree(RECIPES, recipes)
    recipe = recipes / "greeting" / "recipe.py"
    recipe.write_text(recipe.read_text().replace('"trouble", str, ""', '"trouble", str, "No space left on device"'))
    terminal.start(sys.executable, "-c", WITH_RECIPES, pristine.name, str(recipes))
    until(terminal, "That did not work", press="Enter")
    assert "disk is full" in terminal.screen()
    return terminal


def test_the_shell_is_on_the_server_and_exit_comes_back(
    failing: Terminal, pristine: PracticeServer, on_server: OnServer
) -> None:
    failing.press("Tab", "Tab", "Tab", "Enter")
    until(failing, "Type exit to come back")
    until(failing, f"root@{pristine.name}:~#")
    failing.press("touch /etc/greeting/mended; hostname", "Enter", "exit", "Enter")
    until(failing, "That did not work")
    assert on_server(pristine, "cat /etc/greeting/mended").status == 0
    failing.press("BTab", "BTab", "BTab", "Enter")
    until(failing, "Next: Upgrade the greeting", "A point of no return")


def test_a_failed_step_is_rolled_back_and_the_set_up_gone_on_with(
    failing: Terminal, pristine: PracticeServer, on_server: OnServer
) -> None:
    failing.press("Tab", "Tab", "Enter")
    until(failing, "Gone back")
    assert on_server(pristine, "ls /etc/greeting").out.split() == ["password", "said", "text"]
    until(failing, "2 steps of ", press="Enter")


def test_going_back_to_the_beginning_takes_everything_away(
    failing: Terminal, pristine: PracticeServer, on_server: OnServer
) -> None:
    failing.press("Tab", "Tab", "Enter")
    until(failing, "Gone back")
    failing.press("Tab")  # to “Go back …”, which the pause of a run offers, too
    failing.press("Enter")
    until(failing, "before the wizard came")
    failing.press("BTab", "BTab", "Home")
    until(failing, "Going back undoes")
    failing.press("Enter")  # puts the focus on the button
    time.sleep(2)
    failing.press("Enter")
    until(failing, "Undo ")
    failing.press("BTab", "Enter")
    until(failing, "Gone back")
    assert on_server(pristine, "ls /etc/greeting").status != 0
