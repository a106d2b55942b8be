"""What every screen knows of the full-screen front: its journey, the engine's thread, and the way from station to station.

Must not know any screen: `WizardApp` (app.py) makes them. Everything heavy (paramiko, the recipes, Markdown) is loaded on
the engine's thread, after the first screen is there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Static

from wizard import local_state
from wizard.crash import as_error
from wizard.events import CheckPassed
from wizard.fronts.tui.engine_thread import EngineThread
from wizard.fronts.tui.messages import Finished, Happened, Noted
from wizard.fronts.tui.themes import THEMES
from wizard.text import text as words

if TYPE_CHECKING:
    from wizard.app.journey import Journey
    from wizard.app.request import Request
    from wizard.fronts.draft import Draft
    from wizard.fronts.options import Options
    from wizard.fronts.tui.forecast import Forecast
    from wizard.fronts.words import Words

PRACTICE_NAME = "guestbook"  # as `wizard practice` calls its server
SIGN_S = 0.25  # between two looks at whether something is under way
UNSEEN_S = 0.7  # what is done sooner needs no sign
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Wizard(App[int]):
    """options: what the command line said; None asks everything on the screen."""

    CSS_PATH = "app.tcss"
    TITLE = "wizard"
    COMMAND_PALETTE_BINDING = "f2"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny-width"),
        (60, "-narrow"),
        (100, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny-height"),
        (20, "-low"),
        (32, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", words("tui.wizard.help"), key_display="F1"),
        Binding("f2", "command_palette", words("tui.wizard.menu"), key_display="F2"),
        Binding("f10,ctrl+c", "leave", words("tui.wizard.quit"), key_display="F10"),
        Binding("ctrl+q", "leave", words("tui.wizard.quit"), show=False, priority=True),
    ]

    def __init__(self, options: Options | None = None, *, practice: str | None = None, setup: bool = False) -> None:
        super().__init__()
        self.setup = setup  # straight to the page that asks for the server
        self.options = options
        self.practice = practice  # the name of the practice server of this journey
        self.journey: Journey | None = None
        self.draft: Draft | None = None
        self.words: Words | None = None
        self.forecast: Forecast | None = None
        self.pages: dict[str, Screen[Any]] = {}
        self.forgotten: list[Screen[Any]] = []  # taken down once they are no longer shown
        self.request: Request = None  # type: ignore[assignment]  # made when the person has said where to
        self.leave_at_once = False
        self.arrived = False  # at the end of the set-up
        self.step_by_step = True
        self.going_back: tuple[str | None, list[str]] | None = (
            None  # to which checkpoint, and the steps that this undoes
        )
        self.verified: list[tuple[str, str]] = []  # the checks that passed, with what was seen
        self.listener: MessagePump | None = None  # the screen that is told about events and questions
        for theme in THEMES:
            self.register_theme(theme)
        chosen = local_state.preferences().get("theme", "")
        self.theme = chosen if chosen in [theme.name for theme in THEMES] else THEMES[0].name
        self.busy_sign = ""
        self.animation_level = "none"  # what has the focus is in sight at once
        self.engine = EngineThread(self)

    def on_mount(self) -> None:
        self.set_interval(SIGN_S, self.show_busy)
        if self.practice is not None:
            self.start(practice=True)
        elif self.options is not None and (self.options.target or self.setup):
            self.start(target=self.options.target)
        else:
            self.go("welcome")
        self.begin_typing()

    def show_busy(self) -> None:
        """In the heading of every page: that the engine is at work, and for how long."""
        seconds = time.monotonic() - self.engine.since
        waits = self.engine.busy and not self.engine.asking and seconds > UNSEEN_S
        sign = SPINNER[int(seconds / SIGN_S) % len(SPINNER)]
        text = f"{sign} {seconds:.0f} s" if waits else ""
        if text == self.busy_sign:
            return  # each change is a new layout
        self.busy_sign = text
        for screen in self.screen_stack:
            for place in screen.query("#busy").results(Static):
                place.update(text)

    # -- stations -------------------------------------------------------------------------------------------------

    def begin_typing(self) -> None:
        """The first screen is on its way: keys that were typed ahead are for it."""

    def make_page(self, name: str) -> Screen[Any]:
        """The page of a station."""
        raise NotImplementedError

    def go(self, name: str) -> None:
        """Shows a station; one that was there before is as it was left."""
        if name not in self.pages:
            self.pages[name] = self.make_page(name)
            self.install_screen(self.pages[name], f"{name} {id(self.pages[name])}")
        if len(self.screen_stack) > 1:
            self.switch_screen(self.pages[name])
        else:
            self.push_screen(self.pages[name])
        for page in [p for p in self.forgotten if p not in self.screen_stack]:
            self.forgotten.remove(page)
            self.uninstall_screen(page)
            page.remove()

    def back(self) -> None:
        if (before := getattr(self.screen, "before", "")) != "":
            self.go(before)

    def forget(self, *names: str) -> None:
        """These stations start afresh when they are next shown."""
        for name in [n for n in self.pages if n in names or n.partition(":")[0] in names]:
            self.forgotten.append(self.pages.pop(name))

    # -- the journey ----------------------------------------------------------------------------------------------

    @property
    def here(self) -> Journey:
        """The journey. Only Welcome and Connect are shown before there is one."""
        assert self.journey is not None
        return self.journey

    @property
    def texts(self) -> Words:
        """The words of the journey's recipes."""
        assert self.words is not None
        return self.words

    @property
    def drafted(self) -> Draft:
        """The answers of the journey while they are being given."""
        assert self.draft is not None
        return self.draft

    def warm_up(self) -> None:
        """Loads what the next screens need while the person reads the first one; Welcome gets the ids of all steps."""
        self.engine.submit("warm-up", _load, self.screen)

    def start(self, *, practice: bool = False, target: str = "") -> None:
        """A new journey: to a practice server, to this target, or to one that the next screen asks for."""
        from wizard.app.request import Request

        self.practice = self.practice or PRACTICE_NAME if practice else None
        self.request = self.options.request() if self.options is not None else Request()
        self.request.target = target or self.request.target
        if self.practice is not None:
            self.request.target = f"practice:{self.practice}"
        self.forget("connect", "project", "questions", "review", "run", "checkpoints", "done")
        self.go("connect")

    def connect_job(self) -> Any:
        """On the engine's thread: boots the practice server where it is one, and logs in; nothing is changed there."""
        name = self.request.target.removeprefix("practice:")
        if name != self.request.target:
            from wizard.practice.fleet import Fleet

            fleet = Fleet()
            if self.practice is None:
                fleet.get(name)  # a server of that name must be there already
            fleet.up(name, say=self._note)
        if self.practice is not None and self.request.answers is None:
            from wizard.practice import sample

            self.request.given = self.request.given or sample.given()
        self.begin(self.request)
        from wizard.app import connection

        return connection.connect(self.here, acquire=False)

    def _note(self, line: str) -> None:
        self.post_message(Noted(line))

    def begin(self, request: Request) -> None:
        """On the engine's thread: a journey to this target, with what was answered here before."""
        from wizard.app.journey import Journey
        from wizard.fronts.draft import Draft
        from wizard.fronts.words import Words

        if self.journey is not None:
            self.journey.close()
        journey = Journey(request, self.engine.emit, ask_host_key=self.engine.ask)
        journey.prepare()
        journey.recall()
        journey.decide = self.engine.ask
        self.journey, self.draft, self.words = journey, Draft(journey), Words(journey.recipes)
        self.forecast = None

    # -- the pages of questions -----------------------------------------------------------------------------------

    def neighbour(self, name: str, direction: int) -> str:
        """The page before (-1) or after (+1) this one."""
        from wizard.fronts.tui.pages import order

        pages = order(self.here)
        return pages[pages.index(name) + direction]

    def change_answers(self, recipe: str) -> None:
        """Back to the page of this recipe's questions, or to the nearest one; Continue leads to a new plan from there."""
        from wizard.fronts.tui.pages import order

        pages = order(self.here)
        self.go(page if (page := f"questions:{recipe}") in pages else pages[0])

    def roll_last_step_back(self) -> None:
        """Undoes what came after the newest checkpoint."""
        from wizard.app.run import last_checkpoint
        from wizard.engine.rollback import plan_rollback

        journal = self.here.connected.journal
        checkpoint = last_checkpoint(journal)
        steps = list(dict.fromkeys(undo.entry.step for undo in plan_rollback(journal, checkpoint)))
        self.going_back = (checkpoint, steps)
        self.forget("run")
        self.go("run")

    def save_answers(self, path: Path) -> None:
        self.here.save_answers(path)

    # -- what the engine says -------------------------------------------------------------------------------------

    def on_happened(self, message: Happened) -> None:
        if isinstance(message.event, CheckPassed):
            self.verified.append((message.event.check, message.event.seen))
        if self.listener is not None:
            self.listener.post_message(Happened(message.event))

    def on_noted(self, message: Noted) -> None:
        if self.listener is not None:
            self.listener.post_message(Noted(message.text))

    def on_finished(self, message: Finished) -> None:
        if message.tell is not self:
            message.tell.post_message(Finished(message.job, message.result, message.error, message.tell))
        elif message.error is not None:
            self.notify(str(message.error), severity="error")

    # -- everywhere -----------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        raise NotImplementedError

    def action_leave(self) -> None:
        raise NotImplementedError

    def leave(self) -> None:
        """Closes: what is open on the server is given back by `run`, after the screen is gone."""
        self.exit(0)

    def farewell(self) -> str:
        """What is said on the terminal after the screen is gone: how to go on, where there is something left."""
        begun = self.journey is not None and not self.arrived
        return words("tui.wizard.go_wizard_setup", target=self.request.target) if begun else ""

    def get_system_commands(self, screen: Screen[Any]) -> Iterator[SystemCommand]:
        yield SystemCommand(words("tui.wizard.help_screen"), words("tui.wizard.keys_guide"), self.action_help)
        for theme in THEMES:
            name = theme.name.removeprefix("wizard-")
            yield SystemCommand(
                words("tui.wizard.colours", name=name),
                words("tui.wizard.use_colours", name=name),
                lambda t=theme.name: self.colour(t),
            )
        yield SystemCommand(
            words("tui.wizard.save_picture_screen"), words("tui.wizard.svg_file_current_folder"), self.save_picture
        )
        yield SystemCommand(
            words("tui.wizard.quit"),
            words("tui.wizard.leave_done_stays_done"),
            self.action_leave,
        )

    def colour(self, theme: str) -> None:
        """These colours from now on, also at the next start."""
        self.theme = theme
        local_state.prefer(theme=theme)

    def save_picture(self) -> None:
        self.notify(words("tui.wizard.saved", name=Path(self.save_screenshot()).name))

    def _fatal_error(self) -> None:
        """Textual would show a traceback with the values of all variables, some of which are secrets."""
        self.bell()
        from wizard.fronts.words import explain

        self.panic(Text(explain(as_error(self._exception or RuntimeError("unknown")))))


def _load() -> list[str]:
    """The ids of every step of this program's recipes, in order."""
    import importlib

    from wizard import catalog

    for name in ("wizard.app.connection", "wizard.fronts.words", "wizard.answers.remembered", "wizard.transport.ssh",
                 "paramiko", "jinja2", "markdown_it"):  # fmt: skip
        importlib.import_module(name)
    for name in ("connect", "project", "questions", "review", "run"):
        importlib.import_module(f"wizard.fronts.tui.screens.{name}")
    return [step.id for recipe in catalog.load() for step in recipe.steps]
