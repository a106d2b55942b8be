"""The run: the steps and how far they are; for the current one the guide, the commands, the difference, the output."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from wizard import events
from wizard.app import running
from wizard.app.stepper import NextStep, Stepper
from wizard.errors import HeldError, StoppedError
from wizard.fronts.estimates import Estimate, duration
from wizard.fronts.tui.messages import Asked, Finished, Happened
from wizard.fronts.tui.screens.decisions import GuardDialog
from wizard.fronts.tui.screens.failure import FailureScreen
from wizard.fronts.tui.screens.page import Page, Primary, button, relabel
from wizard.fronts.tui.widgets.current import Current
from wizard.fronts.tui.widgets.steps import Steps

if TYPE_CHECKING:
    from wizard.fronts.tui.forecast import Forecast

DRAINS_PER_S = 20
STOPPED = "nothing is half-done on the server, and what is done stays done"
LAST = 25  # lines of output that a failure shows


class Run(Page):
    """Runs the plan, or goes back where the app says so. `reply` is open while the engine waits for a person."""

    station = "Run"
    before = ""  # a run is left by pausing or quitting, not by going back
    KEYS = (
        ("F3", "the list of steps, where the window is narrow"),
        ("F4", "pause before the next step"),
        ("F5", "all at once, or step by step"),
        ("F6", "find in the output"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "steps", "Steps", key_display="F3"),
        Binding("f4", "pause", "Pause", key_display="F4"),
        Binding("f5", "pace", "Pace", key_display="F5"),
        Binding("f6", "find", "Find", key_display="F6"),
    ]
    help_text = (
        "**Step by step** stops before each step, so that you can read what comes: press Enter to do it. **All at "
        "once** goes through. You can switch at any time. **Pause** stops before the next step: there nothing is "
        "half-done.\n\nAfter each step comes its **check**, a proof that it works, and then a **checkpoint**: a place "
        "to which you can go back. The tabs show why a step is there, its commands, the difference it makes, and what "
        "the programs on the server print."
    )

    def __init__(self) -> None:
        super().__init__()
        self.stepper: Stepper | None = None
        self.reply: queue.SimpleQueue[Any] | None = None
        self.estimate = Estimate(())
        self.details = ""  # of the last failure
        self.after = ""  # what a person chose to do once the run has stopped
        self.ended = False

    @property
    def forecast(self) -> Forecast:
        assert self.wizard.forecast is not None
        return self.wizard.forecast

    def middle(self) -> ComposeResult:
        assert self.wizard.journey is not None
        self.steps, self.current = Steps(id="steps"), Current(self.wizard.journey.mask)
        yield Horizontal(self.steps, self.current, id="running")

    def buttons(self) -> Iterator[Button]:
        yield Primary("Working …", "go")
        yield button("All at once", "pace")
        yield button("Pause", "pause")
        yield button("Skip", "skip")
        yield button("Go back …", "checkpoints")
        yield button("Steps", "show-steps")

    def guide(self) -> str:
        words, recipe = self.wizard.words, self.steps.current.partition("/")[0]
        return words.guides[recipe].text if words is not None and recipe in words.guides else ""

    # -- starting -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.query_one("#go", Primary).wait("Working …")
        self.set_interval(1 / DRAINS_PER_S, lambda: self.current.drain(self.wizard.engine.lines))
        self.set_interval(1.0, self._tick)
        self._offer()
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
        self.estimate = Estimate(self.forecast.all)
        ask = running.patient(app.journey, app.engine.ask)
        self.stepper = self.stepper or Stepper(
            app.engine.emit, ask, plan, app.journey.chosen, step_by_step=app.step_by_step
        )
        self.steps.fill({s.step.id: words.heading(s.step.id) for s in plan.steps})
        for planned in plan.steps:
            if self.forecast.done(planned):
                self.steps.mark(planned.step.id, "already")
        self._show_pace()
        self.current.say("Starting …")
        journey, stepper = app.journey, self.stepper
        app.engine.submit("run", lambda: running.run(journey, plan, stepper.emit, app.engine.ask), self)

    def roll_back(self, checkpoint: str | None, steps: list[str]) -> None:
        """Undoes these steps, the newest first."""
        app, words = self.wizard, self.wizard.words
        assert app.journey is not None and words is not None
        app.going_back = None
        self.steps.fill({step: words.heading(step) for step in steps})
        self.query_one("#pace").display = self.query_one("#pause").display = False
        self.current.say("Going back …")
        self.current.tab = "output"
        journey, engine = app.journey, app.engine
        app.engine.submit("rollback", lambda: running.roll_back(journey, engine.emit, engine.ask, checkpoint), self)

    # -- what the engine says -------------------------------------------------------------------------------------

    def on_happened(self, message: Happened) -> None:
        event, words = message.event, self.wizard.words
        assert words is not None
        line = words.event(event)
        if line is not None:
            self.current.tell(line, self.wizard.engine.lines)
        match event:
            case events.StepStarted(step):
                self._show_step(step)
                self.current.say(words.heading(step))
                if self.current.tab == "why":
                    self.current.tab = "output"
            case events.ChangeStarted(commands=script):
                self.current.show_commands(script)
            case events.UndoStarted(commands=script):
                self.current.show_commands(script)
                self.current.say(line or "")
            case events.ServerHeld():
                self.current.say(line or "")
                self.current.tab = "output"
            case events.ChangeDone(key=key):
                self.estimate.spend(key)
            case events.FailsafeArmed(_, window):
                self.app.push_screen(GuardDialog(window))
            case events.LoginProved() | events.CheckpointReached() | events.RunFinished():
                self._guard_over()
            case events.StepFailed(_, _, details):
                self.details = details
        self.steps.take(event)
        self._tick()

    def _guard_over(self) -> None:
        if isinstance(self.app.screen, GuardDialog):
            self.app.screen.dismiss()

    def on_asked(self, message: Asked) -> None:
        self.reply = message.reply
        if not isinstance(message.question, NextStep):
            question = message.question
            check = "leave-out" in question.options
            self._failed(question.step, question.facts.get("reason", ""), alive=True, details=self.details, check=check)
            return
        step = message.question.planned.step.id
        assert self.wizard.words is not None
        self.steps.mark(step, "next")
        self._show_step(step)
        self.current.tab = "why"
        self.current.say(f"Next: {self.wizard.words.heading(step)}")
        self._offer("#checkpoints", *(["#skip"] if message.question.may_skip else []))
        self.query_one("#go", Primary).ready("Do this step")

    def answer(self, choice: str) -> None:
        """Lets the engine's thread go on with this."""
        if self.reply is None:
            return
        reply, self.reply = self.reply, None
        self._offer()
        self.query_one("#go", Primary).wait("Working …")
        self.query_one("#go").focus()
        reply.put(choice)

    def _offer(self, *buttons: str) -> None:
        for name in ("#skip", "#checkpoints"):
            self.query_one(name).display = name in buttons

    def _show_step(self, step: str) -> None:
        words = self.wizard.words
        assert words is not None
        recipe, _, name = step.partition("/")
        guide = words.guides.get(recipe)
        heading, text = guide.steps.get(name, (name, "")) if guide else (step, "")
        planned = self.forecast.changes.get(step, []) if self.wizard.forecast else []
        self.current.show_step(heading, text or (guide.intro if guide else ""), planned)

    # -- failing, ending ------------------------------------------------------------------------------------------

    def _failed(
        self, step: str, reason: str, *, alive: bool, details: str = "", hint: str = "",
        held: bool = False, chosen: bool = False, check: bool = False,
    ) -> None:  # fmt: skip
        """alive: the runner waits for what is decided; otherwise it has ended. held, chosen, check: see FailureScreen."""
        self._guard_over()
        output = self.current.output
        while self.wizard.engine.lines:
            output.drain(self.wizard.engine.lines)
        text = "" if chosen or held else details or "\n".join(list(output.lines)[-LAST:])
        screen = FailureScreen(step, reason, text, hint=hint, held=held, chosen=chosen, check=check)
        self.app.push_screen(screen, lambda choice: self._decided(str(choice or "stop"), alive))

    def _decided(self, choice: str, alive: bool) -> None:
        if alive and choice in ("retry", "leave-out"):
            self.answer(choice)
            return
        self.after = choice
        if alive:
            self.answer("stop")
        else:
            self._do_after()

    def on_finished(self, message: Finished) -> None:
        error = message.error
        self.current.drain(self.wizard.engine.lines)
        if error is None and message.job == "login":
            self.start()
        elif error is None:
            self._came_to_the_end(message.job)
        elif self.after:
            self._do_after()
        elif type(error) is StoppedError and self.watching:
            self._failed("", error.message, alive=False, hint="Try again goes on from where they stopped.")
        elif type(error) is StoppedError:  # not those that follow from it: somebody else is at work there
            self._failed("", STOPPED, alive=False, chosen=True)
        else:
            text = getattr(error, "message", f"{type(error).__name__}: {error}")
            held = isinstance(error, HeldError)
            details, hint = getattr(error, "details", ""), getattr(error, "hint", "")
            self._failed("", text, alive=False, details=details, hint=hint, held=held)

    @property
    def watching(self) -> bool:
        journey = self.wizard.journey
        return journey is not None and journey.request.when_held == "watch"

    def _do_after(self) -> None:
        """What was chosen, now that nothing runs any more."""
        after, self.after = self.after, ""
        app = self.wizard
        match after:
            case "retry" | "wait" | "watch" | "take-over":
                assert app.journey is not None
                app.journey.request.take_over = after == "take-over"
                app.journey.request.when_held = after if after in ("wait", "watch") else "stop"
                self.start()
            case "login":
                journey = app.journey
                assert journey is not None
                self.current.say("Logging in …")
                app.engine.submit("login", lambda: running.log_in_anew(journey), self)
            case "answers":
                app.change_answers(self.steps.current.partition("/")[0])
            case "back":
                app.roll_last_step_back()
            case "checkpoints":
                app.forget("checkpoints")
                app.go("checkpoints")
            case _:
                app.leave()

    def _came_to_the_end(self, job: str) -> None:
        self._guard_over()
        if job == "run":
            self.wizard.arrived = True
            self.wizard.forget("done")
            self.wizard.go("done")
            return
        self.ended = True
        self.current.say("Gone back: the server is as it was at that checkpoint.")
        self._offer("#checkpoints")
        self.query_one("#go", Primary).ready("Set up again")

    # -- buttons and keys -----------------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "go" if self.ended:
                self.wizard.go(self.wizard.neighbour("connect", +1))
            case "go" | "skip" as choice:
                self.answer(choice)
            case "pace":
                self.action_pace()
            case "pause":
                self.action_pause()
            case "show-steps":
                self.action_steps()
            case "checkpoints":
                self.after = "checkpoints"
                if self.ended:
                    self._do_after()
                else:
                    self.answer("stop")

    def enter_leads_on(self, box: Input) -> bool:
        """It finds the next hit in the output."""
        return False

    def action_pace(self) -> None:
        if self.stepper is not None and not self.ended:
            self.stepper.step_by_step = self.wizard.step_by_step = not self.stepper.step_by_step
            self._show_pace()
            if not self.stepper.step_by_step:
                self.answer("go")

    def _show_pace(self) -> None:
        assert self.stepper is not None
        relabel(self.query_one("#pace", Button), "All at once" if self.stepper.step_by_step else "Step by step")
        self.query_one("#pause").display = not self.stepper.step_by_step

    def action_pause(self) -> None:
        if self.stepper is not None and self.reply is None:
            self.stepper.pausing = True
            self.notify("It stops before the next step.")

    def action_steps(self) -> None:
        self.query_one("#running").toggle_class("-steps")

    def action_find(self) -> None:
        self.current.find()

    def _tick(self) -> None:
        if not (self.is_attached and self.current.query("#left")):
            return  # the screen is just being put up, or taken away
        done, total = self.steps.count("done", "already", "skipped", "undone"), len(self.steps.lines)
        words = f"{done} of {total} steps"
        if self.reply is not None:
            words += " · waiting for you"
        elif done < total and self.stepper is not None:
            words += f" · {duration(self.estimate.left_s)} left"
        share = done / max(1, total) if self.stepper is None else self.estimate.share
        self.current.progress(1.0 if done == total else share, words)


def make() -> Run:
    return Run()
