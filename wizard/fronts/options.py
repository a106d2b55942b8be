"""What the command line said, and the front that follows from it. Imports nothing heavy: the full-screen front starts here, too."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import UsageError
from wizard.secret import Secret

if TYPE_CHECKING:
    from wizard.app.request import Request


@dataclass
class Options:
    """What the command line said."""

    target: str
    key: Path | None = None
    host_key: str | None = None
    answers: Path | None = None
    recipes: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    until: str | None = None
    take_over: bool = False
    when_held: str | None = None
    drift: str | None = None
    skip_checks: tuple[str, ...] = ()
    verbose: bool = False
    as_json: bool = False
    yes: bool = False
    front: str | None = None
    accessible: bool = False
    adopt: tuple[str, ...] = ()
    practising: bool = False  # `wizard practice`, which has the sample project's answers

    @property
    def headless(self) -> bool:
        return self.as_json or self.front == "headless"

    @property
    def asks(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.headless and not self.yes and has_terminal()

    @property
    def numbered(self) -> bool:
        """Numbered prompts and plain lines: asked for, or the terminal can do no more."""
        return self.accessible or bool(os.environ.get("ACCESSIBLE")) or not moves_cursor()

    def chosen_front(self) -> str:
        """tui, plain or headless. UsageError where the full-screen front was asked for and cannot be shown."""
        if self.as_json:
            return "headless"
        if self.front == "tui" and not (has_terminal() and moves_cursor()):
            raise UsageError(
                "fronts.options.cannot_show_full_screen",
            )
        return self.front or ("plain" if not self.asks or self.numbered else "tui")

    @property
    def resume(self) -> str:
        """The command that goes on with a set-up that was stopped."""
        if self.practising:
            return "wizard practice"
        argv = ["wizard", "setup", self.target]
        for name, value in (("--key", self.key), ("--answers", self.answers), ("--until", self.until)):
            argv += [name, str(value)] if value else []
        for name, values in (
            ("--recipes", self.recipes),
            ("--only", self.only),
            ("--skip-check", self.skip_checks),
            ("--adopt", self.adopt),
        ):
            argv += [part for value in values for part in (name, str(value))]
        return shlex.join(argv)

    def request(self) -> Request:
        from wizard.app.request import Request

        def from_environment(name: str) -> Secret | None:
            return Secret(os.environ[name]) if os.environ.get(name) else None

        return Request(
            target=self.target, key=self.key, host_key=self.host_key, recipes=self.recipes, only=self.only,
            until=self.until, answers=self.answers, take_over=self.take_over, adopt=self.adopt,
            when_held=self.when_held or "stop",
            password=from_environment("WIZARD_SSH_PASSWORD"),
            sudo_password=from_environment("WIZARD_SUDO_PASSWORD"),
            passphrase=from_environment("WIZARD_KEY_PASSPHRASE"),
        )  # fmt: skip


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def moves_cursor() -> bool:
    """Whether this terminal can do more than print lines. An unknown one is taken for one that cannot."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return False
    try:
        import curses

        curses.setupterm(fd=1)
        return curses.tigetstr("cup") is not None
    except (ImportError, curses.error, TypeError):
        return False
