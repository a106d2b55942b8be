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

if TYPE_CHECKING:
    from textual.screen import ModalScreen

    from wizard.fronts.tui.wizard import Wizard

SHOWN = 8  # lines of a difference

LABELS = {
    "keep": ("Keep what is there", "The wizard leaves it as somebody made it, and remembers that."),
    "restore": ("Put it right", "As the answers say; what is there now is kept in the journal."),
    "go": ("Go on with it", "It cannot be undone later; everything else can."),
    "skip": ("Leave it out", "The rest is done without it."),
    "take-over": ("Take it over", "What it was is kept: rolling back gives it back."),
    "answers": ("Other answers", "Such as another name. What is there is left alone."),
    "stop": ("Stop here", "Nothing more is done. You can go on later."),
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
    help_text = (
        "Every server has a key of its own, and this is its **fingerprint**. Whoever stands between you and the "
        "server would have to show another one. Your provider's web page shows it, or lets you open a *console* on "
        "the server, where the command below prints it."
    )

    def __init__(self, key: Any) -> None:
        super().__init__()
        self.key = key

    def body(self) -> ComposeResult:
        key = self.key
        yield Static(f"First contact with {key.host}", classes="title", markup=False)
        yield Static(
            f"It shows a key of type {key.type} with this fingerprint:\n\n    {key.fingerprint}\n\n"
            "Is it really your server? Compare this with what your provider shows for it, or open the provider's "
            "console and run:\n\n    ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n\n"
            "If it is the same, it is remembered, and you will not be asked again.",
            markup=False,
        )

    def buttons(self) -> Iterator[Button]:
        yield button("It is the same: connect", "yes", variant="primary")
        yield button("Do not connect", "no")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class DecisionDialog(Dialog[str]):
    """Drift and points of no return: the options, each with what it leads to."""

    AUTO_FOCUS = ""
    help_text = (
        "**Drift** means that something is no longer as the wizard left it: somebody changed it by hand. "
        "A **point of no return** is a change that cannot be undone, such as an upgrade of the system."
    )

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
        titles = {"drift": "Changed by hand", "point_of_no_return": "A point of no return", "takeover": "There already"}
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
            shown = [*lines[:SHOWN], "… and more: all of it stands in the review"] if len(lines) > SHOWN else lines
            yield Static("Putting it right would make this difference:")
            yield Static(coloured("\n".join(shown)))

    def on_mount(self) -> None:
        self.query_one(f"#{self.first}", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        assert event.button.id is not None
        self.dismiss(event.button.id)


class GuardDialog(Dialog[None]):
    """Counts down while the server stands ready to take a guarded step back; closes when the new login has worked."""

    help_text = (
        "A change to SSH or the firewall could lock you out. So the server takes it back by itself after a while, "
        "unless the wizard gets in again by a *new* connection. You have nothing to do."
    )

    def __init__(self, window: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.until = clock() + window  # seconds

    def body(self) -> ComposeResult:
        yield Static("Guarded against locking you out", classes="title")
        yield Static("This step could shut the door that you came in by. The wizard now tries the new way in.")
        yield Static("", id="countdown")

    def buttons(self) -> Iterator[Button]:
        yield button("Hide", "hide", variant="primary")

    def on_mount(self) -> None:
        self._count()
        self.set_interval(0.5, self._count)

    def _count(self) -> None:
        left = max(0, round(self.until - self.clock()))
        for line in self.query("#countdown").results(Static):  # none, while the dialog is taken down
            line.update(f"\nUnless that works, the server takes it back in [b]{left} s[/].")

    def on_button_pressed(self) -> None:
        self.dismiss()


def _states(facts: dict[str, Any]) -> str:
    """What differs between the state that the journal knows and the one found: how it was → how it is."""
    known, found = facts.get("known", {}), facts["found"]
    differ = {name: (known.get(name), value) for name, value in found.items() if known.get(name) != value}
    lines = ["its content is another one"] if differ.pop("sha256", None) else []
    lines += [f"{name.replace('_', ' ')}: {_said(before)} → {_said(after)}" for name, (before, after) in differ.items()]
    return "\n".join(lines)


def _said(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _difference(app: Wizard, question: Any) -> str:
    """From what is there to what the answers say, as the plan worked it out for this very thing."""
    planned = app.forecast.changes.get(question.step, []) if app.forecast is not None else []
    same = [p.difference for p in planned if p.change.operation.key == question.facts["key"]]
    return same[0] if same else ""
