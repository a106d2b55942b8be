"""What the engine asks in the middle of its work: host keys, drift, points of no return. A dialog each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from wizard.fronts.tui.screens.page import Dialog, button
from wizard.fronts.tui.widgets.difference import coloured
from wizard.text import text

if TYPE_CHECKING:
    from textual.screen import ModalScreen

    from wizard.fronts.tui.wizard import Wizard

SHOWN = 8  # lines of a difference

LABELS = {
    "keep": (text("tui.decisions.keep"), text("tui.decisions.wizard_leaves_somebody_made")),
    "restore": (text("tui.decisions.put_right"), text("tui.decisions.answers_say_now_kept")),
    "go": (text("tui.decisions.go"), text("tui.decisions.cannot_undone_later_everything")),
    "skip": (text("tui.decisions.leave_out"), text("tui.decisions.rest_done_without")),
    "take-over": (text("tui.decisions.take_over"), text("tui.decisions.kept_rolling_back_gives")),
    "answers": (text("tui.decisions.other_answers"), text("tui.decisions.such_another_name_left")),
    "stop": (text("tui.decisions.stop_here"), text("tui.decisions.nothing_more_done_you")),
}


def dialog_for(app: Wizard, question: Any) -> ModalScreen[Any] | None:
    """The dialog of a question; None where the screen that is told about events asks it itself."""
    from wizard.engine.runner import Decision
    from wizard.transport.base import HostKey

    if isinstance(question, HostKey):
        return HostKeyDialog(question)
    if isinstance(question, Decision) and question.kind != "failure":
        return DecisionDialog(app, question)
    return None


class HostKeyDialog(Dialog[bool]):
    """First contact with a server."""

    AUTO_FOCUS = "#no"
    help_text = text("tui.decisions.every_server_key_own")

    def __init__(self, key: Any) -> None:
        super().__init__()
        self.key = key

    def body(self) -> ComposeResult:
        key = self.key
        yield Static(text("tui.decisions.first_contact", host=key.host), classes="title", markup=False)
        yield Static(
            text("tui.decisions.shows_key_type_fingerprint", type=key.type, fingerprint=key.fingerprint),
            markup=False,
        )

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.decisions.same_connect"), "yes", variant="primary")
        yield button(text("tui.decisions.do_not_connect"), "no")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class DecisionDialog(Dialog[str]):
    """Drift and points of no return: the options, each with what it leads to."""

    AUTO_FOCUS = ""
    help_text = text("tui.decisions.drift_means_something_no")

    def __init__(self, app: Wizard, question: Any) -> None:
        super().__init__()
        self.question = question
        from wizard.fronts.words import decision

        self.text = decision(app.texts, question)
        self.difference = _difference(app, question) if question.kind == "drift" else ""
        # where nothing is at stake Enter goes on; on a real server it takes the option that loses nothing
        easy = app.practice is not None and "go" in question.options
        self.first = "go" if easy else question.options[-1]

    def body(self) -> ComposeResult:
        titles = {
            "drift": text("tui.decisions.changed_hand"),
            "point_of_no_return": text("tui.decisions.point_no_return"),
            "takeover": text("tui.decisions.already"),
        }
        yield Static(titles.get(self.question.kind, "A question"), classes="title")
        if self.question.kind == "takeover":  # as long as what is there is much
            with VerticalScroll(id="changed"):
                yield Static(self.text, markup=False)
        else:
            yield Static(self.text, markup=False)
        if "found" in self.question.facts:
            with VerticalScroll(id="changed"):
                yield from self._changed()
        for option in self.question.options:
            label, meaning = LABELS.get(option, (option, ""))
            with Horizontal(classes="option"):
                yield button(label, option, variant="primary" if option == self.first else "default")
                yield Static(meaning, classes="dim", markup=False)

    def _changed(self) -> ComposeResult:
        yield Static(_states(self.question.facts), markup=False)
        if lines := self.difference.splitlines():
            shown = [*lines[:SHOWN], text("tui.decisions.more_all_stands_review")] if len(lines) > SHOWN else lines
            yield Static(text("tui.decisions.putting_right_would_make"))
            yield Static(coloured("\n".join(shown)))

    def on_mount(self) -> None:
        self.query_one(f"#{self.first}", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        assert event.button.id is not None
        self.dismiss(event.button.id)


class GuardDialog(Dialog[None]):
    """Counts down while the server stands ready to take a guarded step back; closes when the new login has worked."""

    help_text = text("tui.decisions.change_ssh_or_firewall")

    def __init__(self, window: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.until = clock() + window  # seconds

    def body(self) -> ComposeResult:
        yield Static(text("tui.decisions.guarded_against_locking_you"), classes="title")
        yield Static(text("tui.decisions.step_could_shut_door"))
        yield Static("", id="countdown")

    def buttons(self) -> Iterator[Button]:
        yield button(text("tui.decisions.hide"), "hide", variant="primary")

    def on_mount(self) -> None:
        self._count()
        self.set_interval(0.5, self._count)

    def _count(self) -> None:
        left = max(0, round(self.until - self.clock()))
        for line in self.query("#countdown").results(Static):  # none, while the dialog is taken down
            line.update(text("tui.decisions.unless_works_server_takes", left=left))

    def on_button_pressed(self) -> None:
        self.dismiss()


def _states(facts: dict[str, Any]) -> str:
    """What differs between the state that the journal knows and the one found: how it was → how it is."""
    known, found = facts.get("known", {}), facts["found"]
    differ = {name: (known.get(name), value) for name, value in found.items() if known.get(name) != value}
    lines: list[str] = [text("tui.decisions.content_another_one")] if differ.pop("sha256", None) else []
    lines += [f"{name.replace('_', ' ')}: {_said(before)} → {_said(after)}" for name, (before, after) in differ.items()]
    return "\n".join(lines)


def _said(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _difference(app: Wizard, question: Any) -> str:
    """From what is there to what the answers say, as the plan worked it out for this very thing."""
    planned = app.forecast.changes.get(question.step, []) if app.forecast is not None else []
    same = [p.difference for p in planned if p.change.operation.key == question.facts["key"]]
    return same[0] if same else ""
