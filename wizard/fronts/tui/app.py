"""The full-screen front: the app with its screens, from the first one to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.screen import Screen

from wizard.fronts.tui.messages import Asked
from wizard.fronts.tui.typed import Typed
from wizard.fronts.tui.wizard import Wizard
from wizard.text import text

if TYPE_CHECKING:
    from wizard.fronts.options import Options

PATIENCE_S = 5.0  # for giving the lock back when somebody leaves


class WizardApp(Wizard):
    def __init__(self, options: Options | None = None, *, practice: str | None = None, setup: bool = False) -> None:
        super().__init__(options, practice=practice, setup=setup)
        self.typed = Typed(self, super().on_event)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.typed.take(event)
        else:
            await super().on_event(event)

    def begin_typing(self) -> None:
        self.call_after_refresh(self.call_later, self.typed.begin)

    def make_page(self, name: str) -> Screen[Any]:
        from wizard.fronts.tui.screens import make

        return make(name)

    def on_asked(self, message: Asked) -> None:
        from wizard.fronts.tui.screens.decisions import dialog_for

        if (dialog := dialog_for(self, message.question)) is not None:
            self.push_screen(dialog, message.reply.put)
        elif self.listener is not None:
            self.listener.post_message(Asked(message.question, message.reply))

    def action_help(self) -> None:
        from wizard.fronts.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_command_palette(self) -> None:
        from wizard.fronts.tui.screens.menu import Menu, make

        if not isinstance(self.screen, Menu):
            self.push_screen(make())

    def action_leave(self) -> None:
        from wizard.fronts.tui.screens.leave import LeaveScreen

        if isinstance(self.screen, LeaveScreen):
            return
        if self.engine.busy:
            self.push_screen(LeaveScreen())
        else:
            self.leave()


def run(options: Options | None = None, *, practice: str | None = None, setup: bool = False) -> int:
    """Shows the front until the person leaves; the exit status.

    practice: go straight to that practice server; setup: go straight to the page that asks for a server.
    """
    app = WizardApp(options, practice=practice, setup=setup)
    status = app.run()
    app.engine.stop()
    if app.engine.busy or (app.journey is not None and app.journey.session is not None):
        print(text("tui.app.closing_connection"), flush=True)
    if not app.leave_at_once and app.engine.wait(PATIENCE_S) and app.journey is not None:
        app.journey.close()
    if line := app.farewell():
        print(line)
    return app.return_code or status or 0
