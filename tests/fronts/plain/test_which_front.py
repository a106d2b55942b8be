"""Which front opens: the full screen where a terminal can show it, lines where it cannot, and whatever was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fronts.plain.person import CTRL_C, at_terminal
from wizard.errors import UsageError
from wizard.fronts import options as options_
from wizard.fronts.options import Options

FULL_SCREEN = b"\x1b[?1049h"  # the alternate screen, which full-screen programs draw on


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WIZARD_")) and k != "ACCESSIBLE"}
    return kept | {"HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ([], "Practise on this computer"),
        (["practice"], "Practise on this computer"),
        (["setup"], "How do"),
        (["setup", "root@127.0.0.1:1"], "Connect"),
    ],
    ids=" ".join,
)
def test_a_terminal_gets_the_full_screen_front(argv: list[str], shown: str, env: dict[str, str]) -> None:
    with at_terminal([sys.executable, "-m", "wizard", *argv], env) as person:
        person.wait_for("Starting …")
        assert FULL_SCREEN in person.raw
        person.wait_for(shown)
        person.wait_for("Quit")


@pytest.mark.parametrize("argv", [[], ["setup"], ["setup", "--json"], ["setup", "--yes"]], ids=" ".join)
def test_without_a_terminal_and_a_target_the_usage_is_shown(argv: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wizard", *argv], check=False, env=env, capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: wizard" in done.stderr


def test_a_front_that_cannot_be_loaded_leaves_the_screen_as_it_was(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "textual").mkdir()
    (tmp_path / "textual" / "__init__.py").write_text("raise KeyboardInterrupt")
    with at_terminal([sys.executable, "-m", "wizard", "practice"], env | {"PYTHONPATH": str(tmp_path)}) as person:
        assert person.leave() == 130
    assert person.raw.index(FULL_SCREEN) < person.raw.index(FULL_SCREEN.replace(b"h", b"l"))


@pytest.mark.parametrize(
    ("more", "argv"),
    [({"TERM": "dumb"}, []), ({"ACCESSIBLE": "1"}, []), ({}, ["--accessible"]), ({}, ["--front", "plain"])],
)
def test_lines_where_the_full_screen_is_not_wanted_or_not_possible(
    more: dict[str, str], argv: list[str], env: dict[str, str]
) -> None:
    with at_terminal([sys.executable, "-m", "wizard", "setup", "root@127.0.0.1:1", *argv], env | more) as person:
        person.wait_for("Setting up root@127.0.0.1:1")
        person.wait_for("Cannot reach 127.0.0.1 port 1")
        person.wait_for("What now?")
        person.type(CTRL_C)
        assert person.leave() == 130
        assert FULL_SCREEN not in person.raw


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    ("given", "at_a_terminal", "without"),
    [
        ({}, "tui", "plain"),
        ({"yes": True}, "plain", "plain"),
        ({"as_json": True}, "headless", "headless"),
        ({"front": "plain"}, "plain", "plain"),
        ({"front": "headless"}, "headless", "headless"),
        ({"front": "tui"}, "tui", None),
        ({"accessible": True}, "plain", "plain"),
    ],
)
def test_the_front_follows_from_the_options_and_the_terminal(
    given: dict[str, object], at_a_terminal: str, without: str | None, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCESSIBLE", raising=False)
    monkeypatch.setattr(options_, "has_terminal", lambda: terminal)
    monkeypatch.setattr(options_, "moves_cursor", lambda: True)
    options = Options("root@host", **given)  # type: ignore[arg-type]
    expected = at_a_terminal if terminal else without
    if expected is None:
        with pytest.raises(UsageError, match="full-screen"):
            options.chosen_front()
    else:
        assert options.chosen_front() == expected
