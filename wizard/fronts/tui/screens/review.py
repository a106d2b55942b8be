"""The plan before anything is touched: recipe → step → change, each with its commands and its difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static, Tree
from textual.widgets.tree import TreeNode

from wizard.app import planning, project
from wizard.errors import WizardError
from wizard.fronts.estimates import duration, seconds
from wizard.fronts.tui.messages import Finished
from wizard.fronts.tui.screens.page import Page, Primary, button
from wizard.fronts.tui.widgets.difference import coloured, commands
from wizard.fronts.words import counted, loses_data
from wizard.guide import flowing
from wizard.text import text as in_words

if TYPE_CHECKING:
    from wizard.engine.plan import PlannedStep
    from wizard.fronts.tui.forecast import Forecast
    from wizard.operations.base import Change


BADGES = {"!": "error", "D": "warning", "G": "accent"}


class Changes(Tree[object]):
    """The tree of the plan. Its labels are Rich's text, which knows no names of the theme's colours."""

    def render_label(self, node: TreeNode[object], base_style: Style, style: Style) -> Text:
        text = super().render_label(node, base_style, style)
        name, _, mark = text.plain.rpartition("  ")
        if name and mark in BADGES:
            text.stylize(f"bold {self.app.theme_variables[BADGES[mark]]}", len(text) - 1)
        return text


def _label(text: str, mark: str) -> str:
    return f"{text}  {mark}" if mark else text


class Review(Page):
    station = in_words("tui.page.review")
    help_text = in_words("tui.review.plan_every_change_going")

    @property
    def before(self) -> str:
        return self.wizard.neighbour("review", -1)

    def middle(self) -> ComposeResult:
        with Horizontal(id="plan"):
            tree = Changes("plan", id="tree")
            tree.show_root = False
            tree.guide_depth = 2
            yield tree
            with VerticalScroll(id="detail"):
                yield Static("", id="detail-text")

    def buttons(self) -> Iterator[Button]:
        yield Primary(in_words("tui.review.start"), "start")
        yield button(in_words("tui.review.back"), "back")
        yield button(in_words("tui.review.open_all"), "open")

    def on_screen_resume(self) -> None:
        self.wizard.listener = self
        self.lead(in_words("tui.review.comparing_you_want_server"))
        self.query_one("#start", Primary).wait(in_words("tui.review.comparing"))
        self.query_one("#start").focus()
        self.wizard.drafted.resolve()
        self.wizard.engine.submit("plan", self._make, self)

    def _make(self) -> Forecast:
        """On the engine's thread: looks at the server, changes nothing."""
        from wizard.fronts.tui.forecast import forecast

        journey = self.wizard.here
        project.refuse_unfit(journey)
        journey.answer()
        return forecast(planning.plan(journey), journey.connected)

    def on_finished(self, message: Finished) -> None:
        if message.error is not None:
            from wizard.fronts.words import explain

            error = message.error
            self.lead(in_words("tui.review.plan_cannot_made_yet"))
            self.query_one("#detail-text", Static).update(
                Content(explain(error) if isinstance(error, WizardError) else repr(error))
            )
            self.query_one("#back", Button).focus()
            return
        self.wizard.forecast = message.result
        self._show(message.result)
        self.query_one("#start", Primary).ready(in_words("tui.review.start"))

    def _show(self, forecast: Forecast) -> None:
        from wizard.fronts.words import describe

        tree = self.query_one("#tree", Tree)
        tree.clear()
        shown: dict[str, TreeNode[object]] = {}
        done = 0
        for planned in forecast.plan.steps:
            if forecast.done(planned):
                done += 1
                continue
            recipe = planned.step.recipe
            if recipe not in shown:
                title = self.wizard.texts.guides[recipe].title or recipe
                shown[recipe] = tree.root.add(Text(title, style="bold"), data=recipe, expand=True)
            node = shown[recipe].add(
                _label(self.wizard.texts.heading(planned.step.id), "G" if planned.step.way_in else ""),
                data=planned,
            )
            for one in forecast.changes[planned.step.id]:
                op = one.change.operation
                mark = "!" if op.irreversible else "D" if loses_data(op.kind) else ""
                node.add_leaf(_label(describe(op.kind, op.key), mark), data=one)
        total = len(forecast.all)
        if done == len(forecast.plan.steps):
            self.lead(in_words("tui.review.nothing_left_do_server"))
            return
        steps = len(forecast.plan.steps) - done
        journal = self.wizard.here.session.journal if self.wizard.journey and self.wizard.here.session else None
        begun = done or (journal is not None and journal.entries)
        untouched = (
            in_words("tui.review.nothing_more_changed_before")
            if begun
            else in_words("tui.review.nothing_server_been_touched")
        )
        already = (
            in_words("tui.review.done_already", done=counted(done, "step"), steps=len(forecast.plan.steps))
            if done
            else ""
        )
        self.lead(
            in_words(
                "tui.review.error_cannot_undone_warning",
                untouched=untouched,
                total=counted(total, "change"),
                steps=counted(steps, "step"),
                all=duration(seconds(forecast.all)),
                already=already,
            )
        )
        tree.move_cursor(tree.root.children[0] if tree.root.children else None)

    @on(Tree.NodeHighlighted)
    def _detail(self, event: Tree.NodeHighlighted[object]) -> None:
        self.query_one("#detail-text", Static).update(self._text(event.node.data))
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    def _text(self, data: object) -> Content:
        from wizard.engine.plan import PlannedStep
        from wizard.fronts.tui.forecast import Planned
        from wizard.fronts.words import describe

        words = self.wizard.texts
        if isinstance(data, str):
            return Content(flowing(words.guides[data].intro))
        if isinstance(data, PlannedStep):
            text = words.guides[data.step.recipe].steps.get(data.step.name, ("", ""))[1]
            heading = Content.styled(words.heading(data.step.id), "b")
            return Content("\n").join([heading, Content(_about(data, flowing(text)))])
        if isinstance(data, Planned):
            op = data.change.operation
            return Content("\n").join([
                Content.styled(describe(op.kind, op.key), "b"), badge(data.change), Content(""),
                Content.styled(in_words("tui.current.commands"), "b"), commands(data.change.script()), Content(""),
                Content.styled(in_words("tui.current.difference"), "b"), coloured(data.difference),
            ])  # fmt: skip
        return Content("")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "start":
                self.wizard.forget("run")
                self.wizard.go("run")
            case "back":
                self.wizard.back()
            case "open":
                self.query_one("#tree", Tree).root.expand_all()


def badge(change: Change) -> Content:
    op = change.operation
    if op.irreversible:
        return Content.styled(in_words("tui.review.point_no_return_cannot"), "$error")
    if loses_data(op.kind):
        return Content.styled(in_words("tui.review.reversible_but_going_back"), "$warning")
    return Content.styled(in_words("tui.review.reversible_now_kept_can"), "$success")


def _about(planned: PlannedStep, text: str) -> str:
    guard = in_words("tui.review.guarded_server_takes_step") if planned.step.way_in else ""
    checks = in_words("tui.review.check_runs_again") if not planned.changes else ""
    return guard + (text or checks)


def make() -> Review:
    return Review()
