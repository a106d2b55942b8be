"""How to get in: host, user, key, password; then a card of the server that answered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.markup import escape
from textual.widgets import Button, Input, Select, Static

from wizard import events
from wizard.crash import as_error
from wizard.errors import HostKeyError, UsageError
from wizard.fronts import ssh_keys
from wizard.fronts.tui.messages import Finished, Happened, Noted
from wizard.fronts.tui.screens.page import Page, Primary, button
from wizard.fronts.tui.widgets.lists import Dropdown
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
from wizard.limits import DISK_LITTLE_MB, MEMORY_LITTLE_MB
from wizard.secret import Secret

ANY_KEY = "any"
LONG = 250  # letters of an error that may not all have room above the form
LEAD = "The wizard works on your server over [b]SSH[/], an encrypted connection. How do you log in there?"
OPEN_KEY = (
    "Others on this computer can read this key (mode {mode}), so SSH refuses it. "
    "“Make it private” lets only you read it (chmod 0400)."
)


class Connect(Page):
    station = "Connect"
    before = "welcome"
    help_text = (
        "**SSH** is how one works on a server from afar. You prove who you are with a *key*: two files, of which the "
        "private one stays on this computer and the public one lies on the server. A *password* works, too, until "
        "the wizard has shut that door. **sudo** is the command that lets an ordinary user work as *root*, the "
        "account that may do everything.\n\nOn first contact you are shown the server's *fingerprint*: a short form "
        "of its own key. Compare it with the one that your provider shows; then nobody can stand between you and it."
    )

    def __init__(self) -> None:
        super().__init__()
        self.news: list[str] = []

    def body(self) -> ComposeResult:
        request = self.wizard.request
        known = request.target
        with Vertical(id="form"):
            yield Row("Server", Input(known, id="host", compact=True, placeholder="for example 203.0.113.7"),
                      meaning="Its address, a name, or a Host of your ~/.ssh/config.", id="host-row")  # fmt: skip
            yield Row("User, port", Input(id="user", compact=True, placeholder="root"),
                      Input(id="port", compact=True, placeholder="22", restrict=r"[0-9]*", max_length=5),
                      meaning="Left empty: what ~/.ssh/config says, else root, and port 22.")  # fmt: skip
            yield Row(
                "Key",
                self._keys(),
                button("Make it private", "mend-key"),
                meaning="A file that proves who you are; the server has its other half.",
                id="key-row",
            )
            yield Row("Passphrase", Input(id="passphrase", password=True, compact=True), reveal_button(),
                      meaning="What unlocks the key.", id="passphrase-row")  # fmt: skip
            yield Row("Password", Input(id="password", password=True, compact=True), reveal_button(),
                      meaning="Only where no key works.")  # fmt: skip
            yield Row("sudo password", Input(id="sudo-password", password=True, compact=True), reveal_button(),
                      meaning="Only where sudo (working as root) asks for one.")  # fmt: skip
        yield Static("", id="news", markup=False)
        yield Static("", id="card")

    def _keys(self) -> Dropdown:
        options = [("any of my keys", ANY_KEY)]
        options += [
            (f"~/.ssh/{key.path.name}" + (" (locked)" if key.locked else ""), str(key.path)) for key in ssh_keys.found()
        ]
        chosen = str(self.wizard.request.key) if self.wizard.request.key else ANY_KEY
        if chosen not in [value for _, value in options]:
            options.append((chosen, chosen))
        return Dropdown(options, value=chosen, allow_blank=False, id="key", compact=True)

    def buttons(self) -> Iterator[Button]:
        yield Primary("Connect", "connect-now")
        yield button("Continue", "continue", variant="primary")
        yield button("Checkpoints", "checkpoints")
        yield button("Back", "back")

    def on_mount(self) -> None:
        self.wizard.listener = self
        self.query_one("#continue").display = self.query_one("#checkpoints").display = False
        self.query_one("#news").display = self.query_one("#card").display = False
        self._show_key()
        if self.wizard.request.target:
            self.connect()
        else:
            self.lead(LEAD)
            self.query_one("#host").focus()

    def on_screen_resume(self) -> None:
        self.wizard.listener = self

    # -- the form -------------------------------------------------------------------------------------------------

    @on(Select.Changed, "#key")
    def _show_key(self) -> None:
        value = str(self.query_one("#key", Select).value)
        key = None if value == ANY_KEY else ssh_keys.look(Path(value))
        self.query_one("#passphrase-row").display = key is not None and key.locked
        self.query_one("#mend-key").display = key is not None and key.open_to_others
        row = self.query_one("#key-row", Row)
        row.refuse(OPEN_KEY.format(mode=key.mode) if key is not None and key.open_to_others else None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.has_class("reveal"):
            toggle_reveal(event.button)
        match event.button.id:
            case "connect-now":
                self._read_form()
            case "continue":
                self.wizard.go(self.wizard.neighbour("connect", +1))
            case "checkpoints":
                self.wizard.forget("checkpoints")
                self.wizard.go("checkpoints")
            case "back":
                self.wizard.back()
            case "mend-key":
                try:
                    ssh_keys.make_private(Path(str(self.query_one("#key", Select).value)))
                except OSError as error:
                    self.notify(f"cannot change the mode: {error.strerror}", severity="error")
                self._show_key()

    def _read_form(self) -> None:
        request = self.wizard.request
        texts = {box.id: box.value.strip() for box in self.query(Input)}
        if not texts["host"]:
            self.query_one("#host-row", Row).refuse("must be given, for example 203.0.113.7")
            self.query_one("#host").focus()
            return
        self.query_one("#host-row", Row).refuse(None)
        request.target = with_user(target_of(texts["host"], texts["user"], texts["port"]))
        chosen = str(self.query_one("#key", Select).value)
        request.key = None if chosen == ANY_KEY else Path(chosen)
        for name, box in (("passphrase", "passphrase"), ("password", "password"), ("sudo_password", "sudo-password")):
            if value := self.query_one(f"#{box}", Input).value:
                setattr(request, name, Secret(value))
        self.connect()

    # -- connecting -----------------------------------------------------------------------------------------------

    def connect(self) -> None:
        self.news.clear()
        self._show("#news", "")  # why the last attempt failed
        self._busy(True)
        practice = self.wizard.practice is not None
        self.lead(
            "A practice server is being started on this computer …"
            if practice
            else f"Connecting to {escape(self.wizard.request.target)} …"
        )
        self.wizard.engine.submit("connect", self.wizard.connect_job, self)

    def _busy(self, busy: bool) -> None:
        self.query_one("#form").display = not busy and self.wizard.practice is None
        connect = self.query_one("#connect-now", Primary)
        connect.display = True
        if busy:
            connect.wait("Connecting …")
            connect.focus()
        self.query_one("#continue").display = self.query_one("#checkpoints").display = False
        self._show("#card", "")

    def on_noted(self, message: Noted) -> None:
        self._say(message.text)

    def on_happened(self, message: Happened) -> None:
        words = self.wizard.words
        if (
            words is not None
            and not isinstance(message.event, events.Connected | events.Working)
            and (line := words.event(message.event))
        ):
            self._say(line)

    def _show(self, place: str, text: str) -> None:
        """Below the form; an empty line there would make it scroll for nothing."""
        line = self.query_one(place, Static)
        line.update(text)
        line.display = bool(text)

    def _say(self, line: str) -> None:
        self.news.append(line)
        self._show("#news", "\n".join(f"· {text}" for text in self.news[-6:]))

    def on_finished(self, message: Finished) -> None:
        if message.error is not None:
            self._refused(message.error)
            return
        self.query_one("#connect-now").display = False
        self.query_one("#continue").display = True
        self.query_one("#continue", Button).focus()
        self.query_one("#checkpoints").display = bool(message.result.journal.entries)
        self.lead("Logged in. This is the server:")
        self._show("#card", card(message.result))

    def _refused(self, error: Exception) -> None:
        self._busy(False)
        known = as_error(error)
        said = known.message[:1].upper() + known.message[1:]
        untouched = "Stopped, to be safe." if isinstance(error, HostKeyError) else "Nothing on the server was touched."
        hint = f"\nNext: {escape(known.hint)}" if known.hint else ""
        self.lead(f"[$error]✗ {escape(said)}.[/] {untouched}{hint}")
        self.news = []
        more = [known.details, f"Next: {known.hint}" if len(said + known.hint) > LONG else ""]
        self._show("#news", "\n".join(filter(None, more)))
        self.query_one("#connect-now", Primary).ready("Try again")
        wanted = getattr(known, "wants", "").replace("_", "-")
        for field in self.query(f"#{wanted}" if wanted else "#none"):
            if field.focusable:
                field.focus()


def target_of(host: str, user: str, port: str) -> str:
    """What the command line would call it: user@host:port, an IPv6 address in brackets."""
    if host.startswith("practice:"):
        return host
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    return (f"{user}@" if user and "@" not in host else "") + host + (f":{port}" if port else "")


def with_user(target: str) -> str:
    """The target; as root where neither it nor ~/.ssh/config names a user, which is what the form shows in grey."""
    from wizard.transport.target import parse_target

    if target.startswith("practice:") or "@" in target:
        return target
    try:
        parse_target(target)
    except UsageError:
        with contextlib.suppress(UsageError):
            parse_target(f"root@{target}")
            return f"root@{target}"
    return target


def card(session: Any) -> str:
    """The facts of a server that decide something, and what is there already."""
    server, journal = session.server, session.journal
    rows = [
        ("Server", f"{session.transport.login}   ({server.hostname})"),
        ("System", f"{server.pretty_name}, {server.architecture}"),
        ("Processors", f"{server.cpus}"),
        ("Memory", f"{server.memory_mb} MB" + (f" and {server.swap_mb} MB of swap, which is slow" if server.swap_mb else "")),
        ("Free disk", f"{server.disk_free_mb / 1024:.1f} GB"),
        ("Python", server.python or "not there yet"),
        ("There already", ", ".join(server.services) or "no web server, no database"),
    ]  # fmt: skip
    if journal.checkpoints:
        rows.append(
            ("Earlier set-up", f"{len(journal.checkpoints)} steps done; it goes on from there, with its answers")
        )
    elif journal.entries:
        rows.append(("Earlier set-up", "begun here; it goes on from there, with its answers"))
    else:
        rows.append(("Earlier set-up", "none: the wizard has not been here before"))
    lines = [f"  {name:<16}{value}".replace("[", r"\[") for name, value in rows]
    for warning in warnings(server):
        lines.append(f"\n  [$warning]! {warning}[/]")
    return "\n".join(lines)


def warnings(server: Any) -> Iterator[str]:
    if server.distribution != "debian":
        yield "This is not Debian. The recipes are made for Debian 12 and 13."
    if server.memory_mb < MEMORY_LITTLE_MB:
        yield "Little memory: the wizard will add swap, and the site will be slow under load."
    if server.disk_free_mb < DISK_LITTLE_MB:
        yield "Little disk: below 2.5 GB an installation can break half-way. Make room first."


def make() -> Connect:
    return Connect()
