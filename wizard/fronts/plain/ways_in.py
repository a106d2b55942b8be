"""Getting in: the host key of a first contact, and what may be missing where a login is refused. Opens no connection."""

from __future__ import annotations

from pathlib import Path

from wizard.app.request import PRACTICE, Request
from wizard.errors import ConnectError, LoginRefused, UsageError
from wizard.fronts import ssh_keys
from wizard.fronts.plain.prompts import yes
from wizard.fronts.plain.terminal import Back, Terminal
from wizard.secret import Secret
from wizard.transport.base import AskHostKey, HostKey

AGAIN = {"again": "try once more", "target": "give another address"}
MISSING = {
    "password": "give the password of this account",
    "key": "choose a key file to log in with",
    "passphrase": "give the passphrase that the key file is locked with",
    "sudo": "give the sudo password (for an account that may act as root, the administrator)",
}
OTHER = "another"


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


def another_way_in(terminal: Terminal, request: Request, error: ConnectError) -> bool:
    """The server was not reached, or the login was refused: asks for what may be missing. False when the person gives up."""
    refused = isinstance(error, LoginRefused)
    practice = request.target.startswith(PRACTICE)
    choices = (MISSING | AGAIN if refused else AGAIN | MISSING) | {"stop": "stop here"}
    while True:
        choice = terminal.choose("What now?", choices, "again" if practice else "stop")
        try:
            match choice:
                case "target":
                    request.target = address(terminal, request.target)
                case "key":
                    request.key = _key(terminal)
                case "password":
                    request.password = _hidden(terminal, "Password")
                case "passphrase":
                    request.passphrase = _hidden(terminal, "Passphrase of the key")
                case "sudo":
                    request.sudo_password = _hidden(terminal, "sudo password")
            return choice != "stop"
        except Back:
            continue


def address(terminal: Terminal, before: str = "") -> str:
    """A target, of the right form at least. Back on `<`."""
    from wizard.transport.target import parse_target

    typed: list[str] = []

    def validate(text: str) -> str | None:
        try:
            if not text.startswith(PRACTICE):
                parse_target(text)
        except UsageError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        typed.append(text)
        return None

    terminal.ask("Server (< goes back)", before, validate)
    return typed[-1]


def _key(terminal: Terminal) -> Path:
    keys = {str(key.path): key for key in ssh_keys.found()}
    choices = {path: path + (" (locked by a passphrase)" if key.locked else "") for path, key in keys.items()}
    choices[OTHER] = "another file"
    chosen = terminal.choose("Which key?", choices, next(iter(choices)), back=True)
    key = keys[chosen] if chosen != OTHER else _file(terminal)
    if key.open_to_others:
        terminal.text(
            f"\nOthers on this computer can read this key (its mode is {key.mode}): whoever reads it can log in as you, so "
            "it is not used like that. The command `chmod 0400` makes it readable by you alone."
        )
        if yes(terminal, "Do that now?", default=True):
            try:
                ssh_keys.make_private(key.path)
            except OSError as error:
                terminal.text(f"It cannot be changed: {error.strerror}.")
    return key.path


def _file(terminal: Terminal) -> ssh_keys.KeyFile:
    looked: list[ssh_keys.KeyFile] = []

    def validate(text: str) -> str | None:
        try:
            key = ssh_keys.look(Path(text).expanduser()) if text else None
        except (OSError, RuntimeError) as error:
            return f"it cannot be read ({error})"
        if key is None:
            return "that is no private key"
        looked.append(key)
        return None

    terminal.ask("Key file (< goes back)", "", validate)
    return looked[-1]


def _hidden(terminal: Terminal, name: str) -> Secret:
    typed: list[str] = []

    def take(text: str) -> str | None:
        if not text:
            return "it is empty"
        typed.append(text)
        return None

    terminal.ask_hidden(name, take)
    return Secret(typed[-1])
