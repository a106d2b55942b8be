"""What every screen has: a heading, a body, a row of buttons, the keys below, and a message when there is no room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, Select, Static

from wizard.text import text as words

if TYPE_CHECKING:
    from wizard.fronts.tui.wizard import Wizard

STATIONS = (
    words("tui.page.welcome"),
    words("tui.page.connect"),
    words("tui.page.project"),
    words("tui.page.questions"),
    words("tui.page.review"),
    words("tui.page.run"),
    words("tui.page.done"),
)
TOO_SMALL = words("tui.page.window_too_small_show")

T = TypeVar("T")

ARROWS: list[BindingType] = [
    Binding("down,right", "app.focus_next", words("tui.page.next"), show=False),
    Binding("up,left", "app.focus_previous", words("tui.page.previous"), show=False),
    Binding("pagedown", "scroll_body(1)", words("tui.page.scroll_down"), show=False),
    Binding("pageup", "scroll_body(-1)", words("tui.page.scroll_up"), show=False),
]


class Body(VerticalScroll, can_focus=False):
    """Scrolls when what is in it is too high; the focus stays with what is in it."""


class Frame(Widget):
    """The parts that pages and questions share. Must be mixed into a Screen."""

    help_text: ClassVar[str] = ""
    _in_sight: tuple[object, ...] = ()  # what had the focus, and where it was, when it was last brought into sight

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    def body(self) -> ComposeResult:
        yield from ()

    def buttons(self) -> Iterator[Button]:
        """The first one is the primary: the focus is on it, so that Enter alone leads on."""
        yield from ()

    def action_scroll_body(self, direction: int) -> None:
        """A page up (-1) or down (+1) in what the focus is in, else in the largest part that has more than it shows."""
        if (part := self._scrolling_part()) is not None:
            part.scroll_relative(y=direction * max(1, part.size.height - 2), animate=False)

    def _scrolling_part(self) -> Widget | None:
        focused = cast("Screen[object]", self).focused
        around = [node for node in focused.ancestors_with_self if isinstance(node, Widget)] if focused else []
        parts = sorted(self.query("*").results(Widget), key=lambda part: -part.size.area)
        return next((p for p in (*around, *parts) if p is not self and p.size and p.allow_vertical_scroll), None)

    def focus_primary(self) -> None:
        """Puts the focus where Enter leads on, unless the person is typing."""
        for button in self.query("#buttons Button").results(Button):
            if not button.disabled and button.display:
                button.focus()
                return

    def focus_next_field(self) -> None:
        """What Enter in a field leads to: the next one, else the button that leads on; never “Reveal” or the like."""
        screen = cast("Screen[object]", self)
        chain = screen.focus_chain
        place = chain.index(screen.focused) if screen.focused in chain else -1
        main = [*self.query("#buttons Button"), *self.query("#actions Button")]
        for widget in chain[place + 1 :]:
            if isinstance(widget, Input | Select) or widget in main:
                screen.set_focus(widget)
                return

    def enter_leads_on(self, box: Input) -> bool:
        """Whether Enter in this field does nothing but go on to the next one."""
        return True

    # -- what has the focus is in sight: when it gets it, and when anything (an error, the window) moves it elsewhere

    def on_mount(self) -> None:
        screen = cast("Screen[object]", self)
        screen.screen_layout_refresh_signal.subscribe(self, self._laid_out, immediate=True)

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Textual scrolls by the layout of before, which is wrong where an error has just come up."""
        super().set_focus(widget, False, from_app_focus)  # type: ignore[misc]
        if scroll_visible:
            self._in_sight = ()
            self.call_later(self._laid_out)

    def _laid_out(self, _: object = None) -> None:
        """Only where something has moved: who pages away from what has the focus is not called back."""
        focused = cast("Screen[object]", self).focused
        if focused is None or not focused.virtual_region.size:
            return
        around = [node for node in focused.ancestors_with_self if isinstance(node, Widget) and node is not self]
        places = (focused, *((node.virtual_region, node.container_size) for node in around))
        if places != self._in_sight:
            self._in_sight = places
            self.call_next(self._bring_into_sight)
            self.call_after_refresh(self._bring_into_sight)  # what has just grown could not yet scroll so far

    def _bring_into_sight(self) -> None:
        screen = cast("Screen[object]", self)
        if screen.focused is not None and not screen.can_view_entire(screen.focused):
            screen.scroll_to_center(screen.focused, animate=False, immediate=True)

    def on_resize(self) -> None:
        """A window that was too small has hidden what had the focus."""
        if cast("Screen[object]", self).focused is None:
            self.call_after_refresh(self.focus_primary)

    def guide(self) -> str:
        """Markdown from a recipe's guide that belongs to what is on the screen."""
        return ""


class Page(Frame, Screen[None]):
    """One of the stations, or a screen beside them."""

    AUTO_FOCUS = "#buttons Button"
    BINDINGS: ClassVar[list[BindingType]] = [
        *ARROWS,
        Binding("escape", "back", words("tui.page.back"), key_display="Esc"),
    ]
    station: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static(self.title_line(), id="station", markup=False)
            yield Static("", id="busy", markup=False)
            yield Static(self._trail(), id="trail")
            yield Static(self._number(), id="number")
        yield Static("", id="lead")
        yield from self.middle()
        with Horizontal(id="buttons"):
            yield from self.buttons()
        yield Footer(show_command_palette=False, compact=True)
        yield Static(TOO_SMALL, id="too-small")

    def title_line(self) -> str:
        return self.station

    def middle(self) -> ComposeResult:
        """What stands between the lead and the buttons."""
        with Body(id="body"):
            yield from self.body()

    def _trail(self) -> str:
        """All stations with this one marked; a narrow window has room for its number only."""
        names = [f"[b u]{name}[/]" if name == self.station else name for name in STATIONS]
        return " › ".join(names) if self.station in STATIONS else ""

    def _number(self) -> str:
        if self.station not in STATIONS:
            return ""
        return words("tui.page.number", number=STATIONS.index(self.station) + 1, total=len(STATIONS))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is offered where there is a way back."""
        return getattr(self, "before", "") != "" if action == "back" else True

    def lead(self, text: str) -> None:
        """The sentence below the heading: what this screen is for, or how it stands now."""
        lead = self.query_one("#lead", Static)
        lead.display = True
        lead.update(text)

    def action_back(self) -> None:
        self.wizard.back()


class Dialog(Frame, ModalScreen[T], Generic[T]):
    """A question over the screen it belongs to."""

    # the keys of the app do not reach through a dialog, and one must be able to ask and to leave from everywhere
    BINDINGS: ClassVar[list[BindingType]] = [
        *ARROWS,
        Binding("f1", "app.help", words("tui.page.help"), key_display="F1"),
        Binding("f10,ctrl+c", "app.leave", words("tui.page.quit"), key_display="F10"),
    ]

    long: ClassVar[bool] = False  # takes all the height there is, and keeps its buttons in sight

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", can_focus=False, classes="-long" if self.long else ""):
            with Body(id="long") if self.long else contextlib.nullcontext():
                yield from self.body()
            if buttons := list(self.buttons()):
                yield Horizontal(*buttons, id="buttons")
        yield Static(TOO_SMALL, id="too-small")


def relabel(button: Button, label: str) -> None:
    """A new label, and room for it."""
    button.label = label
    button.refresh(layout=True)


class Primary(Button):
    """Leads on. While something is under way it keeps the focus, but does nothing: Enter must not fall on another button."""

    def __init__(self, label: str, id: str) -> None:
        super().__init__(label, id=id, variant="primary", compact=True)
        self.active_effect_duration = 0  # while the effect lasts, Enter would be lost

    @property
    def waiting(self) -> bool:
        return self.has_class("-waiting")

    def wait(self, label: str) -> None:
        self.add_class("-waiting")
        relabel(self, label)

    def ready(self, label: str) -> None:
        self.remove_class("-waiting")
        relabel(self, label)
        self.focus()

    def press(self) -> Self:
        return self if self.waiting else super().press()


def button(label: str, id: str, *, variant: str = "default", disabled: bool = False) -> Button:
    if variant == "primary":
        return Primary(label, id)
    return Button(label, id=id, variant=variant, compact=True, disabled=disabled)  # type: ignore[arg-type]
