"""The questions outside the recipes: the host key, passwords to get in, what to do where the run cannot decide."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.engine.runner import Decision
from wizard.fronts import words as words_
from wizard.fronts.causes import likely
from wizard.fronts.plain.terminal import Terminal
from wizard.fronts.words import Words
from wizard.journey import Request
from wizard.secret import Secret
from wizard.transport.base import AskHostKey, HostKey


def yes(terminal: Terminal, question: str, *, default: bool) -> bool:
    return terminal.choose(question, {"yes": "yes", "no": "no"}, "yes" if default else "no") == "yes"


def host_key_question(terminal: Terminal) -> AskHostKey:
    def ask(key: HostKey) -> bool:
        terminal.heading("Is this really your server?")
        terminal.text(
            f"This is the first contact with {key.host}. It shows its host key: the thing by which one can tell it from "
            f"somebody else's server. The fingerprint (a short form) of this {key.type} key is\n\n    {key.fingerprint}\n\n"
            "Compare it with the one that your provider shows for this server. Or open the provider's console and run:\n\n"
            "    cat /etc/ssh/*_key.pub | ssh-keygen -lf -\n\n"
            "If it is the same, it is remembered on this computer, and you will not be asked again."
        )
        return yes(terminal, "Is it the same?", default=False)

    return ask


def another_way_in(terminal: Terminal, request: Request) -> bool:
    """The login was refused: asks for what may be missing. False when the person gives up."""
    choices = {
        "password": "give the password of this account",
        "sudo": "give the sudo password (for an account that may act as root)",
        "passphrase": "give the passphrase that the key file is locked with",
        "again": "try once more",
        "stop": "stop here",
    }
    choice = terminal.choose("What now?", choices, "stop")
    if choice == "stop":
        return False
    if choice != "again":
        typed = _hidden(terminal, choices[choice].removeprefix("give "))
        if choice == "password":
            request.password = typed
        elif choice == "sudo":
            request.sudo_password = typed
        else:
            request.passphrase = typed
    return True


def _hidden(terminal: Terminal, name: str) -> Secret:
    typed: list[str] = []

    def take(text: str) -> str | None:
        if not text:
            return "it is empty"
        typed.append(text)
        return None

    terminal.ask_hidden(name[:1].upper() + name[1:], take)
    return Secret(typed[-1])


def decide(terminal: Terminal, words: Words, question: Decision, tail: Sequence[str], *, practice: bool) -> str:
    """One of the decision's options. Enter takes the safest, or goes on where it is only a practice server."""
    choices = words_.choices(question)
    if question.kind == "drift":
        choices = {"look": "show the difference", **choices}
    if question.kind == "failure":
        cause = likely(question.facts.get("reason", ""), "\n".join(tail))
        terminal.text(f"\nLikely cause: {cause.what}\n{cause.advice}")
        if cause.look:
            terminal.text("This command shows more, in a shell on the server:")
            terminal.commands(cause.look)
    default = "go" if practice and "go" in question.options else question.options[-1]
    while True:
        choice = terminal.choose(words_.decision(words, question), choices, default)
        if choice != "look":
            return choice
        terminal.text("As the wizard left it (-), and as it is now (+):")
        terminal.difference(words_.difference(question.facts))


def type_name(terminal: Terminal, name: str) -> bool:
    """Whether the person typed the server's name, which is how one agrees to losing data. Back is raised on `<`."""
    typed: list[str] = []
    terminal.ask(f"To agree, type the server's name, {name}", "", lambda text: typed.append(text.strip()))
    return typed[-1] == name
