"""Keys one after the other: a key that leaves a field is dealt with before the next one is looked at, however fast they come.

Textual hands a key to what has the focus now, while the key before (Tab, Enter) may not have moved the focus yet: of what is
typed ahead or pasted as keys, a password could land in the field before its own, where it can be read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.dom import DOMNode
from textual.widgets import Input

from wizard.fronts.tui.screens.page import Frame
from wizard.fronts.tui.widgets.lists import Dropdown, Overlay

if TYPE_CHECKING:
    from wizard.fronts.tui.wizard import Wizard

LATEST_S = 3.0  # where what was waited for was taken down

Deal = Callable[[events.Event], Awaitable[None]]


class Typed:
    """deal: what Textual does with a key or a paste. On the app's own task throughout, so that the order is kept."""

    def __init__(self, app: Wizard, deal: Deal) -> None:
        self.app = app
        self.deal = deal
        # what came while a key before it is being dealt with, or before the first screen was there
        self.ahead: deque[events.Event] | None = deque()
        self._turn = 0

    async def begin(self) -> None:
        """The first screen is there."""
        await self._next()

    async def take(self, event: events.Event) -> None:
        if self.ahead is not None:
            self.ahead.append(event)
            return
        self.ahead = deque([event])
        await self._next()

    async def _next(self) -> None:
        """Deals with what has come, up to a key that moves the focus."""
        self._turn += 1
        while self.ahead:
            event, focused = self.ahead.popleft(), self.app.focused
            if (
                isinstance(event, events.Key)
                and isinstance(focused, Input)
                and (move := self._move(event.key, focused))
            ):
                self._after([focused], move)  # then what was typed before is in the field
                return
            await self.deal(event)
            if isinstance(event, events.Key) and isinstance(focused, Dropdown | Overlay):
                # the key goes up to the app; then it is a message to the list, to the dropdown, and to the app again
                self._after([*focused.ancestors_with_self, *[focused, *focused.ancestors[:1], self.app] * 3], None)
                return
        self.ahead = None

    def _move(self, key: str, box: Input) -> Callable[[], object] | None:
        """What a key that leaves this field does; None where it does not, or something else happens, too."""
        screen = self.app.screen
        if not isinstance(screen, Frame):
            return None
        if key == "enter" and screen.enter_leads_on(box):
            return screen.focus_next_field
        return {
            "tab": screen.focus_next, "down": screen.focus_next, "shift+tab": screen.focus_previous, "up": screen.focus_previous,
        }.get(key)  # fmt: skip

    def _after(self, way: Sequence[DOMNode], move: Callable[[], object] | None) -> None:
        """Moves, and goes on, once all of these have dealt with what they have got by now, one after the other."""
        turn = self._turn

        async def go_on() -> None:
            if turn == self._turn:
                if move is not None:
                    move()
                await self._next()

        def hop(place: int) -> None:
            while place < len(way) and not way[place].call_later(hop, place + 1):
                place += 1  # it is being taken down
            if place == len(way):
                self.app.call_later(go_on)

        hop(0)
        self.app.set_timer(LATEST_S, go_on)
