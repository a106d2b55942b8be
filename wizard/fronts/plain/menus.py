"""Questions and texts on a terminal with a cursor and colours: questionary asks, rich shows. NO_COLOR is respected by both."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from wizard.fronts.plain.numbered import wrapped
from wizard.fronts.plain.terminal import BACK, Back, Validate
from wizard.fronts.qr import half_blocks
from wizard.text import text as words

STYLE = questionary.Style([("qmark", "bold"), ("question", "bold"), ("highlighted", "bold"), ("instruction", "")])
MARK = "›"
QR_STYLE = "#000000 on #ffffff"
WIDEST = 100  # columns of running text


class Menus:
    def __init__(self, mask: Callable[[str], str]) -> None:
        self.mask = mask
        self.console = Console(highlight=False)
        self.width = min(self.console.width, WIDEST)

    def heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(text, "bold underline"))
        self.console.print()

    def text(self, text: str) -> None:
        self.console.print(Text(wrapped(self.mask(text))), soft_wrap=True)

    def guide(self, markdown: str) -> None:
        self.console.print(Markdown(self.mask(markdown)), width=self.width)

    def commands(self, script: str) -> None:
        for line in self.mask(script).splitlines():
            self.console.print(Padding(Text.assemble(("$ ", "dim"), line), (0, 0, 0, 4)), soft_wrap=True)

    def difference(self, text: str) -> None:
        for line in self.mask(text).splitlines():
            self.console.print(Padding(Text(line, _colour(line)), (0, 0, 0, 4)), soft_wrap=True)

    def code(self, address: str) -> None:
        if self.console.no_color or not self.console.encoding.startswith("utf"):
            return  # a camera wants black on white
        for line in half_blocks(address):
            self.console.print(Padding(Text(line, QR_STYLE), (0, 0, 0, 4), expand=False))

    def ask(self, name: str, default: str, validate: Validate) -> None:
        several = "\n" in default  # a line to be typed in cannot hold them
        if several:
            self.text(words("plain.menus.now_enter_keeps", default=default))
        while True:
            typed = _asked(questionary.text(name, default="" if several else default, qmark=MARK, style=STYLE))
            if typed.strip() == BACK:
                raise Back
            if self._taken(validate, default if several and not typed else typed):
                return
            default = default if several else typed

    def ask_hidden(self, name: str, validate: Validate) -> None:
        while True:
            typed = _asked(questionary.password(name, qmark=MARK, style=STYLE))
            if typed == BACK:
                raise Back
            if self._taken(validate, typed):
                return

    def choose(self, question: str, choices: Mapping[str, str], default: str, *, back: bool = False) -> str:
        rows = [questionary.Choice(text, value) for value, text in choices.items()]
        if back:
            rows.append(questionary.Choice(words("plain.menus.go_back"), BACK))
        chosen = next(row for row in rows if row.value == default)
        menu = questionary.select(
            self.mask(question), choices=rows, default=chosen, qmark=MARK, style=STYLE,
            instruction=words("plain.menus.arrow_keys_then_enter"),
        )  # fmt: skip
        bindings = menu.application.key_bindings
        assert bindings is not None
        menu.application.key_bindings = merge_key_bindings([bindings, LEAVE])
        answer = _asked(menu)
        if answer == BACK:
            raise Back
        return answer

    def _taken(self, validate: Validate, typed: str) -> bool:
        reason = validate(typed)
        if reason is not None:
            self.console.print(Text(words("plain.menus.not_taken", reason=reason), "red"))
        return reason is None


LEAVE = KeyBindings()


@LEAVE.add("c-d", eager=True)
def _leave(event: KeyPressEvent) -> None:
    """Ctrl-D, which a menu would pass over."""
    event.app.exit(exception=EOFError())


def _asked(question: questionary.Question) -> str:
    try:
        answer: str = question.unsafe_ask()  # ask() would turn Ctrl-C into None
    except EOFError:
        raise KeyboardInterrupt from None  # Ctrl-D
    return answer


def _colour(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
