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

WHAT = """\
[b]Puts a Django website on a server of your own, and explains every step.[/]
· You see each command, and what it changes, before anything runs.
· After each step there is a checkpoint: stop, go on later, or go back.
· At the end it proves from outside that the site works and is locked."""
MOST = 3  # known servers that are offered


class Welcome(Page):
    station = "Welcome"
    help_text = (
        "A *server* is a computer that is always on, usually rented from a provider, and reached over the network. "
        "A *practice server* is a real Debian Linux in a box on this computer: nothing that you do there can break "
        "anything, and it is thrown away afterwards. Start with that one."
    )

    def body(self) -> ComposeResult:
        yield Static(WHAT, id="what")
        with Vertical(classes="choice gap"):
            yield button("Practise on this computer", "practise", variant="primary")
            yield Static("A throw-away Debian server in a box, with a small guestbook on it.")
        for index, server in enumerate(local_state.recent()[:MOST]):
            with Vertical(classes="choice"):
                yield button(f"Go on with {server.target}", f"known-{index}")
                yield Static(standing(server), id=f"standing-{index}", markup=False)
        with Vertical(classes="choice"):
            yield button("Set up a real server", "real")
            yield Static("You need its address and a way to log in: your provider sent you both.")

    def buttons(self) -> Iterator[Button]:
        yield button("Help", "help")
        yield button("Quit", "quit")

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
