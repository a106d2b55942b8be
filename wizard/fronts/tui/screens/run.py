"""The run: the steps and how far they are; for the current one the guide, the commands, the difference, the output."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Markdown, ProgressBar, Static, TabbedContent, TabPane

from wizard import events
from wizard.fronts.tui import remembered, running
from wizard.fronts.tui.estimates import OTHERWISE, SECONDS, duration
from wizard.fronts.tui.messages import Asked, Finished, Happened
from wizard.fronts.tui.pace import NextStep, Pace
from wizard.fronts.tui.screens.failure import FailureScreen
from wizard.fronts.tui.screens.page import Page, Primary, button
from wizard.fronts.tui.screens.save import SaveDialog
from wizard.fronts.tui.widgets.difference import coloured, commands
from wizard.fronts.tui.widgets.output import Output
from wizard.fronts.tui.widgets.steps import Steps

if TYPE_CHECKING:
    from wizard.fronts.tui.forecast import Forecast

DRAINS_PER_S = 20


class Run(Page):
    station = "Run"
    before = ""  # a run is left by pausing or quitting, not by going back
    KEYS = (
        ("F3", "the list of steps, where the window is narrow"),
        ("F4", "pause before the next step"),
        ("F5", "all at once, or step by step"),
        ("F6", "find in the output"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.lower(), action, label, key_display=key)
        for key, action, label in (
            ("F3", "steps", "Steps"), ("F4", "pause", "Pause"), ("F5", "pace", "Pace"), ("F6", "find", "Find"),
        )
    ]  # fmt: skip
    help_text = (
        "**Step by step** stops before each step, so that you can read what comes: press Enter to do it. **All at "
        "once** goes through. You can switch at any time. **Pause** stops before the next step: there nothing is "
        "half-done.\n\nAfter each step comes its **check**, a proof that it works, and then a **checkpoint**: a place "
        "to which you can go back. The tabs show why a step is there, its commands, the difference it makes, and what "
        "the programs on the server print."
    )

    def __init__(self) -> None:
        super().__init__()
        self.pace: Pace | None = None
        self.reply: queue.SimpleQueue[Any] | None = None
        self.began = self.step_began = time.monotonic()
        self.after = ""  # what a person chose to do once the run has stopped
        self.left_s = self.whole_s = 1.0
        self.ended = False

    @property
    def forecast(self) -> Forecast:
        assert self.wizard.forecast is not None
        return self.wizard.forecast

    def middle(self) -> ComposeResult:
        assert self.wizard.journey is not None
        with Horizontal(id="running"):
            yield Steps(id="steps")
            with Vertical(id="current"):
                yield Static("", id="now", markup=False)
                with Horizontal(id="progress"):
                    yield ProgressBar(total=100, show_eta=False, id="bar")
                    yield Static("", id="left")
                with TabbedContent(id="tabs"):
                    with TabPane("Why", id="why"), VerticalScroll(can_focus=False):
                        yield Markdown("", id="why-text")
                    with TabPane("Commands", id="commands"), VerticalScroll(can_focus=False):
                        yield Static("", id="commands-text")
                    with TabPane("Difference", id="difference"), VerticalScroll(can_focus=False):
                        yield Static("", id="difference-text")
                    with TabPane("Output", id="output"):
                        with Horizontal(id="search"):
                            yield Input(placeholder="find, then Enter", id="find", compact=True)
                            yield Static("", id="hits")
                            yield button("Copy", "copy")
                            yield button("Save …", "save")
                        yield Output(self.wizard.journey.mask, id="log")

    def buttons(self) -> Iterator[Button]:
        yield Primary("Working …", "go")
        yield button("All at once", "pace")
        yield button("Pause", "pause")
        yield button("Leave out", "skip")
        yield button("Go back …", "checkpoints")
        yield button("Steps", "show-steps")
        yield button("Find", "find-button")

    # -- starting -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.query_one("#go", Primary).wait("Working …")
        self.set_interval(1 / DRAINS_PER_S, self._drain)
        self.set_interval(1.0, self._tick)
        self.query_one("#skip").display = False
        self.query_one("#checkpoints").display = False
        if self.wizard.going_back is None:
            self.start()
        else:
            self.roll_back(*self.wizard.going_back)

    def on_screen_resume(self) -> None:
        self.wizard.listener = self

    def start(self) -> None:
        """Runs the plan from where it stands."""
        app, words = self.wizard, self.wizard.words
        assert app.journey is not None and words is not None
        plan = self.forecast.plan
        self.ended = False
        self.whole_s = self.left_s = 1 + sum(SECONDS.get(c.operation.kind, OTHERWISE) for c in self.forecast.all)
        self.pace = self.pace or Pace(app.engine, plan, app.journey.chosen, step_by_step=app.step_by_step)
        steps = self.query_one(Steps)
        steps.fill({s.step.id: words.heading(s.step.id) for s in plan.steps})
        for planned in plan.steps:
            if self.forecast.done(planned):
                steps.mark(planned.step.id, "already")
        self._show_pace()
        self._say("Starting …")
        journey, pace = app.journey, self.pace
        app.engine.submit("run", lambda: running.run(journey, plan, pace, app.engine.ask), self)

    def roll_back(self, checkpoint: str | None, steps: list[str]) -> None:
        """Undoes these steps, newest first."""
        app, words = self.wizard, self.wizard.words
        assert app.journey is not None and words is not None
        app.going_back = None
        self.after = ""
        self.ended = False
        self.query_one(Steps).fill({step: words.heading(step) for step in steps})
        self.query_one("#pace").display = self.query_one("#pause").display = False
        self._say("Going back …")
        self.show_tab("output")
        journey, engine = app.journey, app.engine
        app.engine.submit("rollback", lambda: running.roll_back(journey, engine.emit, engine.ask, checkpoint), self)

    # -- what the engine says -------------------------------------------------------------------------------------

    def on_happened(self, message: Happened) -> None:
        event, steps, words = message.event, self.query_one(Steps), self.wizard.words
        assert words is not None
        log = self.query_one("#log", Output)
        if (line := words.event(event)) is not None:
            log.drain(self.wizard.engine.lines)
            log.take([line])
        match event:
            case events.StepStarted(step):
                self.step_began = time.monotonic()
                steps.mark(step, "running")
                self.show_step(step)
                self._say(words.heading(step))
                if self.query_one("#tabs", TabbedContent).active == "why":
                    self.show_tab("output")
            case events.ChangeStarted(commands=script) | events.UndoStarted(commands=script):
                self.query_one("#commands-text", Static).update(commands(script))
                if isinstance(event, events.UndoStarted):
                    steps.mark(event.step, "running")
                    self._say(line or "")
            case events.ChangeDone():
                self._spend(event)
            case events.CheckpointReached(step):
                steps.mark(step, "done", seconds=time.monotonic() - self.step_began)
            case events.StepSkipped(step, reason):
                steps.mark(step, "already" if reason == "already-so" else "skipped")
            case events.StepFailed(step):
                steps.mark(step, "failed")
            case events.Undone(step):
                steps.mark(step, "undone")
            case events.FailsafeArmed(_, seconds):
                self._say(f"Guarded: if the new login does not work, the server takes this back within {seconds} s.")
        self._tick()

    def _spend(self, event: events.ChangeDone) -> None:
        kind = event.key.partition(":")[0]
        self.left_s = max(1.0, self.left_s - SECONDS.get(kind, OTHERWISE))
        self.query_one("#bar", ProgressBar).update(progress=100 * (1 - self.left_s / self.whole_s))

    def on_asked(self, message: Asked) -> None:
        self.reply = message.reply
        if isinstance(message.question, NextStep):
            self._wait(message.question)
        else:
            self._failed(message.question.step, message.question.facts.get("reason", ""), alive=True)

    def _wait(self, question: NextStep) -> None:
        step = question.planned.step.id
        assert self.wizard.words is not None
        self.query_one(Steps).mark(step, "next")
        self.show_step(step)
        self.show_tab("why")
        self._say(f"Next: {self.wizard.words.heading(step)}")
        self.query_one("#skip").display = question.may_skip
        self.query_one("#checkpoints").display = True
        self.query_one("#go", Primary).ready("Do this step")

    def answer(self, choice: str) -> None:
        """Lets the engine's thread go on with this."""
        if self.reply is None:
            return
        reply, self.reply = self.reply, None
        for name in ("#skip", "#checkpoints"):
            self.query_one(name).display = False
        self.query_one("#go", Primary).wait("Working …")
        self.query_one("#go").focus()
        reply.put(choice)

    def show_step(self, step: str) -> None:
        """Fills the tabs for this step."""
        words = self.wizard.words
        assert words is not None
        recipe, _, name = step.partition("/")
        guide = words.guides.get(recipe)
        heading, text = guide.steps.get(name, (name, "")) if guide else (step, "")
        planned = self.forecast.changes.get(step, []) if self.wizard.forecast else []
        self.query_one("#why-text", Markdown).update(f"**{heading}**\n\n{text or (guide.intro if guide else '')}")
        scripts = "\n".join(p.change.script() for p in planned) or "(nothing is to be changed: only the check is run)"
        self.query_one("#commands-text", Static).update(commands(scripts) if planned else Content(scripts))
        texts = [
            Content("\n").join([Content.styled(p.change.operation.key, "b"), coloured(p.difference), Content("")])
            for p in planned
        ]
        self.query_one("#difference-text", Static).update(Content("\n").join(texts) if texts else "(none)")

    # -- failing, ending ------------------------------------------------------------------------------------------

    def _failed(self, step: str, reason: str, *, alive: bool, details: str = "", hint: str = "") -> None:
        log = self.query_one("#log", Output)
        while self.wizard.engine.lines:
            log.drain(self.wizard.engine.lines)
        output = details or "\n".join(list(log.lines)[-25:])
        self.wizard.push_screen(
            FailureScreen(step, reason, output, hint=hint, journalled=bool(step)),
            lambda choice: self._decided(choice, alive),
        )

    def _decided(self, choice: str | None, alive: bool) -> None:
        if alive and choice == "retry":
            self.answer("retry")
        elif alive:
            self.after = choice or "stop"
            self.answer("stop")
        else:
            self.after = choice or "stop"
            self._after()

    def on_finished(self, message: Finished) -> None:
        self._drain()
        error = message.error
        if error is None:
            self._ended(message.job)
        elif self.after:
            self._after()
        else:
            text = getattr(error, "message", repr(error))
            self._failed("", text, alive=False, details=getattr(error, "details", ""), hint=getattr(error, "hint", ""))

    def _after(self) -> None:
        """What was chosen on the failure screen, now that nothing runs any more."""
        after, self.after = self.after, ""
        app = self.wizard
        if after in ("retry", "take-over"):
            assert app.journey is not None
            app.journey.request.take_over = after == "take-over"
            self.start()
        elif after == "answers":
            app.change_answers(self.query_one(Steps).current.partition("/")[0])
        elif after == "back":
            app.roll_last_step_back()
        elif after == "checkpoints":
            app.forget("checkpoints")
            app.go("checkpoints")
        else:
            app.leave()

    def _ended(self, job: str) -> None:
        self.ended = True
        self.query_one("#bar", ProgressBar).update(progress=100)
        if job == "run":
            self.wizard.arrived = True
            self.wizard.forget("done")
            self.wizard.go("done")
            return
        self._say("Gone back. The server is as it was at that checkpoint.")
        self.query_one("#go", Primary).ready("Go on with the set-up")

    # -- buttons and keys -----------------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "go" if self.ended:
                self.wizard.forget("review")
                self.wizard.go("project")
            case "go":
                self.answer("go")
            case "skip":
                self.answer("skip")
            case "pace":
                self.action_pace()
            case "pause":
                self.action_pause()
            case "checkpoints":
                self.after = "checkpoints"
                self.answer("stop")
            case "find-button":
                self.action_find()
            case "show-steps":
                self.action_steps()
            case "save":
                self.wizard.push_screen(SaveDialog("the output", "wizard-output.txt", self._save))
            case "copy":
                self.app.copy_to_clipboard(self.query_one("#log", Output).text)
                self.notify("The output is in the clipboard, where your terminal allows that.")

    def action_pace(self) -> None:
        if self.pace is not None:
            self.pace.step_by_step = self.wizard.step_by_step = not self.pace.step_by_step
            self._show_pace()
            if not self.pace.step_by_step:
                self.answer("go")

    def _show_pace(self) -> None:
        assert self.pace is not None
        self.query_one("#pace", Button).label = "All at once" if self.pace.step_by_step else "Step by step"
        self.query_one("#pause").display = not self.pace.step_by_step

    def action_pause(self) -> None:
        if self.pace is not None and self.reply is None:
            self.pace.pausing = True
            self.notify("It stops before the next step.")

    def action_steps(self) -> None:
        self.query_one("#running").toggle_class("-steps")

    def action_find(self) -> None:
        self.show_tab("output")
        self.query_one("#find").focus()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        log = self.query_one("#log", Output)
        y = log.find(event.value) if event.value else None
        self.query_one("#hits", Static).update(
            "not there" if y is None else f"line {y + 1}, {log.hits(event.value)} in all"
        )

    def _save(self, path: Path) -> None:
        remembered.write(path, self.query_one("#log", Output).text + "\n")

    def show_tab(self, name: str) -> None:
        self.query_one("#tabs", TabbedContent).active = name

    # -- time -----------------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        for log in self.query(Output):  # none, while the screen is taken down
            log.drain(self.wizard.engine.lines)

    def _tick(self) -> None:
        if not self.query(Steps):
            return
        steps = self.query_one(Steps)
        done, total = steps.count("done", "already", "skipped", "undone"), len(steps.lines)
        waiting = "" if self.reply is None else " · waiting for you"
        left = f" · {duration(self.left_s)} left" if done < total and self.pace is not None else ""
        self.query_one("#left", Static).update(f"{done} of {total} steps{left}{waiting}")

    def _say(self, line: str) -> None:
        self.query_one("#now", Static).update(line)


def make() -> Run:
    return Run()
