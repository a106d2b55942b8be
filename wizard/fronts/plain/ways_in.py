"""Getting in: the host key of a first contact, and what may be missing where a login is refused. Opens no connection."""

from __future__ import annotations

from pathlib import Path

from wizard.app.request import PRACTICE, Request
from wizard.errors import ConnectError, LoginRefused, UsageError
from wizard.fronts import ssh_keys
from wizard.fronts.plain.prompts import yes
from wizard.fronts.plain.terminal import Back, Terminal
from wizard.secret import Secret
from wizard.text import text as words
from wizard.transport.base import AskHostKey, HostKey

AGAIN = {"again": words("plain.ways_in.try_once_more"), "target": words("plain.ways_in.give_another_address")}
MISSING = {
    "password": words("plain.ways_in.give_password_account"),
    "key": words("plain.ways_in.choose_key_file_log"),
    "passphrase": words("plain.ways_in.give_passphrase_key_file"),
    "sudo": words("plain.ways_in.give_sudo_password_account"),
}
OTHER = "another"


def host_key_question(terminal: Terminal) -> AskHostKey:
    def ask(key: HostKey) -> bool:
        terminal.heading(words("plain.ways_in.really_your_server"))
        terminal.text(words("plain.ways_in.first_contact", host=key.host, type=key.type, fingerprint=key.fingerprint))
        return yes(terminal, words("plain.ways_in.same"), default=False)

    return ask


def another_way_in(terminal: Terminal, request: Request, error: ConnectError) -> bool:
    """The server was not reached, or the login was refused: asks for what may be missing. False when the person gives up."""
    refused = isinstance(error, LoginRefused)
    practice = request.target.startswith(PRACTICE)
    choices = (MISSING | AGAIN if refused else AGAIN | MISSING) | {"stop": words("plain.ways_in.stop_here")}
    while True:
        choice = terminal.choose(words("plain.ways_in.now"), choices, "again" if practice else "stop")
        try:
            match choice:
                case "target":
                    request.target = address(terminal, request.target)
                case "key":
                    request.key = _key(terminal)
                case "password":
                    request.password = _hidden(terminal, words("plain.ways_in.password"))
                case "passphrase":
                    request.passphrase = _hidden(terminal, words("plain.ways_in.passphrase_key"))
                case "sudo":
                    request.sudo_password = _hidden(terminal, words("plain.ways_in.sudo_password"))
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

    terminal.ask(words("plain.ways_in.server_goes_back"), before, validate)
    return typed[-1]


def _key(terminal: Terminal) -> Path:
    keys = {str(key.path): key for key in ssh_keys.found()}
    choices = {
        path: path + (words("plain.ways_in.locked_passphrase") if key.locked else "") for path, key in keys.items()
    }
    choices[OTHER] = words("plain.ways_in.another_file")
    chosen = terminal.choose(words("plain.ways_in.key"), choices, next(iter(choices)), back=True)
    key = keys[chosen] if chosen != OTHER else _file(terminal)
    if key.open_to_others:
        terminal.text(words("plain.ways_in.others_computer_can_read", mode=key.mode))
        if yes(terminal, words("plain.ways_in.do_now"), default=True):
            try:
                ssh_keys.make_private(key.path)
            except OSError as error:
                terminal.text(words("plain.ways_in.cannot_changed", strerror=error.strerror))
    return key.path


def _file(terminal: Terminal) -> ssh_keys.KeyFile:
    looked: list[ssh_keys.KeyFile] = []

    def validate(text: str) -> str | None:
        try:
            key = ssh_keys.look(Path(text).expanduser()) if text else None
        except (OSError, RuntimeError) as error:
            return words("plain.ways_in.cannot_read", error=error)
        if key is None:
            return words("plain.ways_in.no_private_key")
        looked.append(key)
        return None

    terminal.ask(words("plain.ways_in.key_file_goes_back"), "", validate)
    return looked[-1]


def _hidden(terminal: Terminal, name: str) -> Secret:
    typed: list[str] = []

    def take(text: str) -> str | None:
        if not text:
            return words("plain.ways_in.empty")
        typed.append(text)
        return None

    terminal.ask_hidden(name, take)
    return Secret(typed[-1])
