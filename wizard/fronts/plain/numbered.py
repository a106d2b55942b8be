"""Numbered prompts on a terminal that can only print lines, and for screen readers: no colour, no cursor movement."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import sys
import termios
import textwrap
from collections.abc import Callable, Iterator, Mapping

from wizard.fronts.plain.terminal import BACK, Back, Validate
from wizard.text import text as words

NOTHING = "-"
LONGEST = 60  # characters of a default that stand in the prompt


class Numbered:
    def __init__(self, mask: Callable[[str], str]) -> None:
        self.mask = mask

    def heading(self, text: str) -> None:
        print(f"\n{text}\n")

    def text(self, text: str) -> None:
        print(wrapped(self.mask(text)))

    def guide(self, markdown: str) -> None:
        print(wrapped(self.mask(spoken(markdown))))

    def commands(self, script: str) -> None:
        for line in script.splitlines():
            print(self.mask(f"    $ {line}"))

    def difference(self, text: str) -> None:
        for line in text.splitlines():
            print(self.mask(f"    {line}"))

    def code(self, address: str) -> None:
        """Not here: a picture made of letters says nothing to who listens."""

    def ask(self, name: str, default: str, validate: Validate) -> None:
        shown = default if "\n" not in default and len(default) <= LONGEST else words("plain.numbered.said")
        if shown != default:
            self.text(words("plain.numbered.now", default=default))
        while True:
            typed = _line(f"{name} [{shown}]: " if default else f"{name}: ").strip()
            if typed == BACK:
                raise Back
            reason = validate("" if typed == NOTHING else typed or default)
            if reason is None:
                return
            print(wrapped(self.mask(words("plain.numbered.not_taken", reason=reason))))

    def ask_hidden(self, name: str, validate: Validate) -> None:
        while True:
            typed = _line(words("plain.numbered.nothing_shown_you_type", name=name), hidden=True)
            if typed == BACK:
                raise Back
            reason = validate(typed)
            if reason is None:
                return
            print(wrapped(self.mask(words("plain.numbered.not_taken", reason=reason))))

    def choose(self, question: str, choices: Mapping[str, str], default: str, *, back: bool = False) -> str:
        values = list(choices)
        print(wrapped(self.mask(question)))
        for number, value in enumerate(values, 1):
            print(wrapped(self.mask(f"  {number}. {choices[value]}")))
        usual = str(values.index(default) + 1)
        while True:
            typed = _line(
                words(
                    "plain.numbered.number_from",
                    values=len(values),
                    back=words("plain.numbered.or_go_back") if back else "",
                    usual=usual,
                )
            ).strip()
            if typed == BACK and back:
                raise Back
            if typed == BACK:
                print(words("plain.numbered.not_taken_one_cannot"))
                continue
            typed = typed or usual
            if typed.isdecimal() and 1 <= int(typed) <= len(values):
                return values[int(typed) - 1]
            if typed in choices:
                return typed
            print(words("plain.numbered.not_taken_type_number", values=len(values)))


def _line(prompt: str, *, hidden: bool = False) -> str:
    with _unseen() if hidden else contextlib.nullcontext():
        print(prompt, end="", flush=True)
        if sys.stdin.isatty():
            _until_a_line_or_a_signal()
        typed = sys.stdin.readline()
    if not typed:
        raise KeyboardInterrupt  # Ctrl-D, or the terminal was closed
    return typed.rstrip("\n")


def _until_a_line_or_a_signal() -> None:
    """Ctrl-C that comes just before a read begins would be noticed only after the next key: here it wakes the wait."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)  # signal.set_wakeup_fd asks for it
    before = signal.set_wakeup_fd(wakes)
    try:
        select.select([sys.stdin, woken], [], [])
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(wakes)


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """As in the standard getpass, which cannot be woken in this way: no echo, and what was typed before is dropped."""
    if not sys.stdin.isatty():
        yield
        return
    shown = termios.tcgetattr(sys.stdin)
    hidden = [*shown[:3], shown[3] & ~termios.ECHO, *shown[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, shown)
        print()


def wrapped(text: str) -> str:
    """Each line folded at the terminal's width; indented ones are left alone, because they are commands."""
    width = min(shutil.get_terminal_size().columns, 100)
    return "\n".join(folded(line, width) for line in text.splitlines())


def folded(line: str, width: int) -> str:
    """A line in several, none longer than the width, where its words allow that."""
    bullet = re.match(r" *(?:-|\d+\.) ", line)
    if line.startswith("    ") and not bullet:
        return line
    indent = " " * (len(bullet[0]) if bullet else len(line) - len(line.lstrip()))
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def spoken(markdown: str) -> str:
    """A guide without the marks that a screen reader would read out; lines of a paragraph are joined."""
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", markdown)
    text = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", text)
    text = re.sub(r"^#+ (.+)\n*", r"\1:\n\n", text, flags=re.MULTILINE)  # a heading is no part of the next line
    text = re.sub(r"(?<=[^\n])\n(?! {2,}\S| *- |\n|\Z)", " ", text)
    return re.sub(r"\n {2}(?! {2})", " ", text).replace("`", "")
