"""The questions of a run: yes or no, drift, points of no return, and the agreement to losing data."""

from __future__ import annotations

from wizard.engine.runner import Decision
from wizard.fronts import words as words_
from wizard.fronts.plain.terminal import Terminal
from wizard.fronts.words import Words
from wizard.text import text as in_words


def yes(terminal: Terminal, question: str, *, default: bool) -> bool:
    return (
        terminal.choose(
            question,
            {"yes": in_words("plain.prompts.yes"), "no": in_words("plain.prompts.no")},
            "yes" if default else "no",
        )
        == "yes"
    )


def decide(terminal: Terminal, words: Words, question: Decision, *, practice: bool) -> str:
    """One of the decision's options. Enter takes the safest, or goes on where it is only a practice server."""
    choices = words_.choices(question)
    if question.kind == "drift":
        choices = {"look": in_words("plain.prompts.show_difference"), **choices}
    default = "go" if practice and "go" in question.options else question.options[-1]
    while True:
        choice = terminal.choose(words_.decision(words, question), choices, default)
        if choice != "look":
            return choice
        terminal.text(in_words("plain.prompts.wizard_left_now"))
        terminal.difference(words_.difference(question.facts))


def type_name(terminal: Terminal, name: str) -> bool:
    """Whether the person typed the server's name, which is how one agrees to losing data. Back is raised on `<`."""
    typed: list[str] = []
    terminal.ask(
        in_words("plain.prompts.agree_type_server_name", name=name), "", lambda text: typed.append(text.strip())
    )
    return typed[-1] == name
