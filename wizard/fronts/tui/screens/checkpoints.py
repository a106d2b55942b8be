"""The timeline of the journal: choose a checkpoint, see what going back would undo, confirm, watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.engine.checkpoints import places
from wizard.fronts.tui.screens.page import Dialog, Page, button
from wizard.fronts.tui.widgets.lists import Options
from wizard.fronts.words import loses_data
from wizard.text import text as in_words

if TYPE_CHECKING:
    from wizard.engine.rollback import Undo

BEGINNING = "beginning"


class Checkpoints(Page):
    station = in_words("tui.checkpoints.checkpoints")
    help_text = in_words("tui.checkpoints.checkpoint_place_where_step")

    @property
    def before(self) -> str:
        return "connect"

    def middle(self) -> ComposeResult:
        with Horizontal(id="plan"):
            yield Options(id="timeline", compact=True)
            with VerticalScroll(id="detail"):
                yield Static("", id="detail-text")

    def buttons(self) -> Iterator[Button]:
        yield button(in_words("tui.checkpoints.leave"), "stay", variant="primary")
        yield button(in_words("tui.checkpoints.go_back_checkpoint"), "back-to", variant="warning")

    def on_mount(self) -> None:
        words, journey = self.wizard.texts, self.wizard.here
        history = journey.connected.journal.history
        several = len({point.generation for point in history}) > 1
        self.lead(in_words("tui.checkpoints.every_step_done_checkpoint"))
        timeline = self.query_one("#timeline", OptionList)
        timeline.add_option(Option(Content(in_words("tui.checkpoints.before_wizard_came")), id=BEGINNING))
        generation = 0
        for place in places(history):
            point = place.point
            if several and point.generation != generation:
                generation = point.generation
                date = point.at[:10] or in_words("tui.checkpoints.today")
                timeline.add_option(
                    Option(
                        Content(in_words("tui.checkpoints.generation", generation=generation, date=date)), disabled=True
                    )
                )
            end = in_words("tui.checkpoints.end_generation", generation=place.generation) if place.generation else ""
            moment = point.at[11:16] or in_words("words.just_now")
            text = f"● {moment}  {end}{words.heading(point.step)}"
            timeline.add_option(Option(Content(text), id=place.name))
        timeline.highlighted = timeline.option_count - 1

    @property
    def chosen(self) -> str | None:
        option = self.query_one("#timeline", OptionList).highlighted_option
        return option.id if option is not None and option.id != BEGINNING else None

    def todo(self) -> list[Undo]:
        from wizard.engine.rollback import plan_rollback

        return plan_rollback(self.wizard.here.connected.journal, self.chosen)

    @on(OptionList.OptionHighlighted)
    def _show(self) -> None:
        todo = self.todo()
        self.query_one("#back-to", Button).disabled = not todo
        self.query_one("#detail-text", Static).update(_undone(todo))

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.query_one("#back-to", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "stay":
            self.wizard.go("connect")
            return
        name = self.wizard.here.connected.server.hostname
        losses = [u for u in self.todo() if not u.kept and loses_data(u.entry.operation["kind"])]
        self.wizard.push_screen(ConfirmDialog(name if losses else "", len(self.todo())), self._confirmed)

    def _confirmed(self, yes: bool | None) -> None:
        if yes:
            self.wizard.going_back = (self.chosen, list(dict.fromkeys(u.entry.step for u in self.todo())))
            self.wizard.forget("run")
            self.wizard.go("run")


def _undone(todo: list[Undo]) -> Content:
    """What going back would undo, the newest first, and what of it is lost or stays."""
    from wizard.fronts.words import describe, thing

    if not todo:
        return Content(in_words("tui.checkpoints.nothing_came_after_checkpoint"))
    lines = [Content.styled(in_words("tui.checkpoints.going_back_undoes_order", todo=len(todo)), "b")]
    for undo in todo:
        kind = undo.entry.operation["kind"]
        what = describe(kind, f"{kind}:{undo.entry.key.partition(':')[2]}", undo=True)
        if undo.kept:
            lines.append(
                Content.styled(in_words("tui.checkpoints.cannot_undone_stays", key=thing(undo.entry.key)), "$error")
            )
        elif loses_data(kind):
            lines.append(Content.styled(in_words("tui.checkpoints.data_goes_away_saved", what=what), "$warning"))
        else:
            lines.append(Content(f"↩ {what}"))
    return Content("\n").join(lines)


class ConfirmDialog(Dialog[bool]):
    """name: what must be typed, because data would be lost; "" where nothing is."""

    BINDINGS = [Binding("escape", "dismiss(False)", in_words("tui.checkpoints.cancel"))]  # noqa: RUF012
    AUTO_FOCUS = "Input, #no"

    def __init__(self, name: str, changes: int) -> None:
        super().__init__()
        self.needed, self.changes = name, changes

    def body(self) -> ComposeResult:
        yield Static(in_words("tui.checkpoints.undo_changes", changes=self.changes), classes="title")
        if self.needed:
            yield Static(
                in_words("tui.checkpoints.data_people_put_site", needed=self.needed),
                markup=False,
            )
            yield Input(id="name", compact=True)
        else:
            yield Static(in_words("tui.checkpoints.no_data_lost_set"))

    def buttons(self) -> Iterator[Button]:
        yield button(in_words("tui.checkpoints.go_back"), "yes", variant="warning", disabled=bool(self.needed))
        yield button(in_words("tui.checkpoints.leave"), "no", variant="primary")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value.strip() != self.needed

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


def make() -> Checkpoints:
    return Checkpoints()
