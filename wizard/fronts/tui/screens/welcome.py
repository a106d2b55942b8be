"""The first screen: practise, set up a real server, or go on with one that is known here."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.markup import escape
from textual.widgets import Button, Static

from wizard import local_state
from wizard.fronts.standing import standing
from wizard.fronts.tui.messages import Finished
from wizard.fronts.tui.screens.page import Page, button
from wizard.text import text

WHAT = text("tui.welcome.puts_django_website_server")
MOST = 3  # known servers that are offered


class Welcome(Page):
    station = text("tui.page.welcome")
    help_text = text("tui.welcome.server_computer_always_usually")

    def body(self) -> ComposeResult:
        yield Static(WHAT, id="what")
        with Vertical(classes="choice gap"):
            yield button(text("tui.welcome.practise_computer"), "practise", variant="primary")
            yield Static(text("tui.welcome.throw_away_debian_server"))
        for index, server in enumerate(local_state.recent()[:MOST]):
            with Vertical(classes="choice"):
                yield button(text("tui.welcome.go", target=server.target), f"known-{index}")
                yield Static(standing(server), id=f"standing-{index}", markup=False)
        with Vertical(classes="choice"):
            yield button(text("tui.welcome.set_up_real_server"), "real")
            yield Static(text("tui.welcome.you_need_address_way"))

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.welcome.help"), "help")
        yield button(text("tui.welcome.quit"), "quit")

    def on_mount(self) -> None:
        self.query_one("#lead").display = False
        self.query_one("#practise", Button).focus()
        self.call_after_refresh(self.wizard.warm_up)

    def on_finished(self, message: Finished) -> None:
        if message.error is not None:
            self.lead(f"[$error]{escape(str(message.error))}[/]")
            return
        for index, server in enumerate(local_state.recent()[:MOST]):
            for line in self.query(f"#standing-{index}").results(Static):
                line.update(standing(server, message.result))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "practise":
                self.wizard.start(practice=True)
            case "real":
                self.wizard.start()
            case "help":
                self.wizard.action_help()
            case "quit":
                self.wizard.action_leave()
            case str(name) if name.startswith("known-"):
                self.wizard.start(target=local_state.recent()[int(name.removeprefix("known-"))].target)


def make() -> Welcome:
    return Welcome()
