"""The two terminals of the plain front: what they show, and what they keep to themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wizard.fronts.plain.menus import Menus
from wizard.fronts.plain.numbered import Numbered, wrapped
from wizard.fronts.plain.terminal import Terminal, forget_typed
from wizard.fronts.qr import half_blocks

ADDRESS = "http://203.0.113.7/"
SECRET = "correct horse battery"


def masked(text: str) -> str:
    return text.replace(SECRET, "********")


def test_an_address_is_a_picture_where_one_can_see_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    Menus(str).code(ADDRESS)
    shown = capsys.readouterr().out
    assert [line.strip() for line in shown.splitlines()] == [line.strip() for line in half_blocks(ADDRESS)]
    monkeypatch.setenv("NO_COLOR", "1")
    Menus(str).code(ADDRESS)  # white on black is what many cameras cannot read
    Numbered(str).code(ADDRESS)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", [Numbered, Menus])
def test_a_secret_is_masked_though_the_line_is_folded(
    kind: type[Terminal], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    terminal: Terminal = kind(masked)  # type: ignore[call-arg]
    terminal.text(f"the server said {SECRET}, and nothing else")
    terminal.guide(f"the server said {SECRET}, and nothing else")
    terminal.commands(f"echo {SECRET}")
    terminal.difference(f"+{SECRET}")
    assert "horse" not in capsys.readouterr().out


def test_folded_lines_keep_their_indent_and_commands_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert wrapped("- one two three four five").splitlines() == ["- one two three four", "  five"]
    assert wrapped("  2. one two three four five").splitlines() == ["  2. one two three", "     four five"]
    assert wrapped("    sudo systemctl restart guestbook") == "    sudo systemctl restart guestbook"


def test_there_is_nothing_to_forget_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        forget_typed()
