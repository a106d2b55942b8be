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
from wizard.text import text as in_words

ANY_KEY = "any"
LONG = 250  # letters of an error that may not all have room above the form
LEAD = in_words("tui.connect.wizard_works_your_server")


class Connect(Page):
    station = in_words("tui.page.connect")
    before = "welcome"
    help_text = in_words("tui.connect.ssh_how_one_works")

    def __init__(self) -> None:
        super().__init__()
        self.news: list[str] = []

    def body(self) -> ComposeResult:
        request = self.wizard.request
        known = request.target
        with Vertical(id="form"):
            host = Input(known, id="host", compact=True, placeholder=in_words("tui.connect.example"))
            meaning = in_words("tui.connect.address_name_or_host")
            yield Row(in_words("tui.connect.server"), host, meaning=meaning, id="host-row")
            yield Row(in_words("tui.connect.user_port"), Input(id="user", compact=True, placeholder="root"),
                      Input(id="port", compact=True, placeholder="22", restrict=r"[0-9]*", max_length=5),
                      meaning=in_words("tui.connect.left_empty_ssh_config"))  # fmt: skip
            yield Row(
                in_words("tui.connect.key"),
                self._keys(),
                button(in_words("tui.connect.make_private"), "mend-key"),
                meaning=in_words("tui.connect.file_proves_who_you"),
                id="key-row",
            )
            yield Row(in_words("tui.connect.passphrase"), Input(id="passphrase", password=True, compact=True), reveal_button(),
                      meaning=in_words("tui.connect.unlocks_key"), id="passphrase-row")  # fmt: skip
            yield Row(in_words("tui.connect.password"), Input(id="password", password=True, compact=True), reveal_button(),
                      meaning=in_words("tui.connect.only_where_no_key"))  # fmt: skip
            yield Row(in_words("tui.connect.sudo_password"), Input(id="sudo-password", password=True, compact=True), reveal_button(),
                      meaning=in_words("tui.connect.only_where_sudo_working"))  # fmt: skip
        yield Static("", id="news", markup=False)
        yield Static("", id="card")

    def _keys(self) -> Dropdown:
        options: list[tuple[str, str]] = [(in_words("tui.connect.any_my_keys"), ANY_KEY)]
        for key in ssh_keys.found():
            name = f"~/.ssh/{key.path.name}"
            locked = in_words("tui.connect.locked", key=name)
            options.append((locked if key.locked else name, str(key.path)))
        chosen = str(self.wizard.request.key) if self.wizard.request.key else ANY_KEY
        if chosen not in [value for _, value in options]:
            options.append((chosen, chosen))
        return Dropdown(options, value=chosen, allow_blank=False, id="key", compact=True)

    def buttons(self) -> Iterator[Button]:
        yield Primary(in_words("tui.connect.connect_now"), "connect-now")
        yield button(in_words("tui.connect.continue"), "continue", variant="primary")
        yield button(in_words("tui.connect.checkpoints"), "checkpoints")
        yield button(in_words("tui.connect.back"), "back")

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
        row.refuse(
            in_words("tui.connect.others_computer_can_read", mode=key.mode)
            if key is not None and key.open_to_others
            else None
        )

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
                    self.notify(in_words("tui.connect.cannot_change_mode", strerror=error.strerror), severity="error")
                self._show_key()

    def _read_form(self) -> None:
        request = self.wizard.request
        texts = {box.id: box.value.strip() for box in self.query(Input)}
        if not texts["host"]:
            self.query_one("#host-row", Row).refuse(in_words("tui.connect.must_given_example"))
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
            in_words("tui.connect.practice_server_being_started")
            if practice
            else in_words("tui.connect.connecting", target=escape(self.wizard.request.target))
        )
        self.wizard.engine.submit("connect", self.wizard.connect_job, self)

    def _busy(self, busy: bool) -> None:
        self.query_one("#form").display = not busy and self.wizard.practice is None
        connect = self.query_one("#connect-now", Primary)
        connect.display = True
        if busy:
            connect.wait(in_words("tui.connect.connecting_now"))
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
        self.lead(in_words("tui.connect.logged_server"))
        self._show("#card", card(message.result))

    def _refused(self, error: Exception) -> None:
        self._busy(False)
        known = as_error(error)
        said = known.message[:1].upper() + known.message[1:]
        untouched = (
            in_words("tui.connect.stopped_safe")
            if isinstance(error, HostKeyError)
            else in_words("tui.connect.nothing_server_touched")
        )
        hint = f"\nNext: {escape(known.hint)}" if known.hint else ""
        self.lead(f"[$error]✗ {escape(said)}.[/] {untouched}{hint}")
        self.news = []
        more = [known.details, in_words("tui.connect.next", hint_=known.hint) if len(said + known.hint) > LONG else ""]
        self._show("#news", "\n".join(filter(None, more)))
        self.query_one("#connect-now", Primary).ready(in_words("tui.connect.try_again"))
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
    swap = "tui.connect.memory_and_swap" if server.swap_mb else "tui.connect.memory_alone"
    rows = [
        (in_words("tui.connect.server"), f"{session.transport.login}   ({server.hostname})"),
        (in_words("tui.connect.system"), f"{server.pretty_name}, {server.architecture}"),
        (in_words("tui.connect.processors"), f"{server.cpus}"),
        (in_words("tui.connect.memory"), in_words(swap, memory=server.memory_mb, swap=server.swap_mb)),
        (in_words("tui.connect.free_disk"), f"{server.disk_free_mb / 1024:.1f} GB"),
        ("Python", server.python or in_words("tui.connect.not_yet")),
        (in_words("tui.connect.already"), ", ".join(server.services) or in_words("tui.connect.no_web_server_no")),
    ]  # fmt: skip
    if journal.checkpoints:
        rows.append(
            (
                in_words("tui.connect.earlier_set_up"),
                in_words("tui.connect.steps_done_goes_from", checkpoints=len(journal.checkpoints)),
            )
        )
    elif journal.entries:
        rows.append((in_words("tui.connect.earlier_set_up"), in_words("tui.connect.begun_here_goes_from")))
    else:
        rows.append((in_words("tui.connect.earlier_set_up"), in_words("tui.connect.none_wizard_not_been")))
    lines = [f"  {name:<16}{value}".replace("[", r"\[") for name, value in rows]
    for warning in warnings(server):
        lines.append(f"\n  [$warning]! {warning}[/]")
    return "\n".join(lines)


def warnings(server: Any) -> Iterator[str]:
    if server.distribution != "debian":
        yield in_words("tui.connect.not_debian_recipes_made")
    if server.memory_mb < MEMORY_LITTLE_MB:
        yield in_words("tui.connect.little_memory_wizard_will")
    if server.disk_free_mb < DISK_LITTLE_MB:
        yield in_words("tui.connect.little_disk_below_gb")


def make() -> Connect:
    return Connect()
