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
from wizard.app.run import AGAIN, Ended, NextStep
from wizard.app.run import Run as RunOfJourney
from wizard.fronts.estimates import Estimate, duration
from wizard.fronts.tui.messages import Asked, Finished, Happened
from wizard.fronts.tui.screens.decisions import GuardDialog
from wizard.fronts.tui.screens.failure import FailureScreen
from wizard.fronts.tui.screens.page import Page, Primary, button, relabel
from wizard.fronts.tui.widgets.current import Current
from wizard.fronts.tui.widgets.steps import Steps
from wizard.text import text as in_words

if TYPE_CHECKING:
    from wizard.fronts.tui.forecast import Forecast

DRAINS_PER_S = 20
STOPPED = in_words("tui.run.nothing_half_done_server")
LAST = 25  # lines of output that a failure shows


class Run(Page):
    """Runs the plan, or goes back where the app says so. `reply` is open while the engine waits for a person."""

    station = in_words("tui.page.run")
    before = ""  # a run is left by pausing or quitting, not by going back
    KEYS = (
        ("F3", in_words("tui.run.list_steps_where_window")),
        ("F4", in_words("tui.run.pause_before_next_step")),
        ("F5", in_words("tui.run.all_once_or_step")),
        ("F6", in_words("tui.run.find_output")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "steps", in_words("tui.run.steps"), key_display="F3"),
        Binding("f4", "pause", in_words("tui.run.pause"), key_display="F4"),
        Binding("f5", "pace", in_words("tui.run.pace"), key_display="F5"),
        Binding("f6", "find", in_words("tui.run.find"), key_display="F6"),
    ]
    help_text = in_words("tui.run.step_step_stops_before")

    def __init__(self) -> None:
        super().__init__()
        self.going: RunOfJourney | None = None
        self.reply: queue.SimpleQueue[Any] | None = None
        self.estimate = Estimate(())
        self.details = ""  # of the last failure
        self.ended = False
        self.undoing: list[str] = []  # the steps that are undone, where this goes back

    @property
    def forecast(self) -> Forecast:
        assert self.wizard.forecast is not None
        return self.wizard.forecast

    def middle(self) -> ComposeResult:
        self.steps, self.current = Steps(id="steps"), Current(self.wizard.here.mask)
        yield Horizontal(self.steps, self.current, id="running")

    def buttons(self) -> Iterator[Button]:
        yield Primary(in_words("tui.run.working"), "go")
        yield button(in_words("tui.run.all_once"), "pace")
        yield button(in_words("tui.run.pause"), "pause")
        yield button(in_words("tui.run.skip"), "skip")
        yield button(in_words("tui.run.go_back"), "checkpoints")
        yield button(in_words("tui.run.steps"), "show-steps")

    def guide(self) -> str:
        words, recipe = self.wizard.texts, self.steps.current.partition("/")[0]
        return words.guides[recipe].text if words is not None and recipe in words.guides else ""

    # -- starting -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.query_one("#go", Primary).wait(in_words("tui.run.working"))
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
        plan, run = self.forecast.plan, self._run()
        self._show_plan()
        self._show_pace()
        self.wizard.engine.submit("run", lambda: run.set_up(plan), self)

    def roll_back(self, checkpoint: str | None, steps: list[str]) -> None:
        """Undoes these steps, the newest first."""
        self.wizard.going_back = None
        self.undoing = steps
        run = self._run()
        self._show_plan()
        self.query_one("#pace").display = self.query_one("#pause").display = False
        self.current.tab = "output"
        self.wizard.engine.submit("rollback", lambda: run.roll_back(checkpoint), self)

    def _run(self) -> RunOfJourney:
        app, engine = self.wizard, self.wizard.engine
        self.going = RunOfJourney(
            app.here, engine.emit, engine.ask, step_by_step=app.step_by_step, cancelled=lambda: engine.stopping
        )
        return self.going

    def _show_plan(self) -> None:
        """The steps as they stand when an attempt begins."""
        words = self.wizard.texts
        if self.undoing:
            self.steps.fill({step: words.heading(step) for step in self.undoing})
            self.current.say(in_words("tui.run.going_back"))
            return
        plan = self.forecast.plan
        self.estimate = Estimate(self.forecast.all)
        self.steps.fill({s.step.id: words.heading(s.step.id) for s in plan.steps})
        for planned in plan.steps:
            if self.forecast.done(planned):
                self.steps.mark(planned.step.id, "already")
        self.current.say(in_words("tui.run.starting"))

    # -- what the engine says -------------------------------------------------------------------------------------

    def on_happened(self, message: Happened) -> None:
        event, words = message.event, self.wizard.texts
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
        question = message.question
        if isinstance(question, Ended):
            self._show_ended(question)
        elif isinstance(question, NextStep):
            self._show_next(question)
        else:
            check = "leave-out" in question.options
            self._show_failure(question.step, question.facts.get("reason", ""), details=self.details, check=check)

    def _show_next(self, question: NextStep) -> None:
        step = question.planned.step.id
        self.steps.mark(step, "next")
        self._show_step(step)
        self.current.tab = "why"
        self.current.say(in_words("tui.run.next", step=self.wizard.texts.heading(step)))
        self._offer("#checkpoints", *(["#skip"] if question.may_skip else []))
        self.query_one("#go", Primary).ready(in_words("tui.run.do_step"))

    def answer(self, choice: str) -> None:
        """Lets the engine's thread go on with this."""
        if self.reply is None:
            return
        reply, self.reply = self.reply, None
        self._offer()
        self.query_one("#go", Primary).wait(in_words("tui.run.working"))
        self.query_one("#go").focus()
        reply.put(choice)

    def _offer(self, *buttons: str) -> None:
        for name in ("#skip", "#checkpoints"):
            self.query_one(name).display = name in buttons

    def _show_step(self, step: str) -> None:
        words = self.wizard.texts
        recipe, _, name = step.partition("/")
        guide = words.guides.get(recipe)
        heading, text = guide.steps.get(name, (name, "")) if guide else (step, "")
        planned = self.forecast.changes.get(step, []) if self.wizard.forecast else []
        self.current.show_step(heading, text or (guide.intro if guide else ""), planned)

    # -- failing, ending ------------------------------------------------------------------------------------------

    def _show_failure(
        self, step: str, reason: str, *, details: str = "", hint: str = "",
        held: bool = False, chosen: bool = False, check: bool = False,
    ) -> None:  # fmt: skip
        """The engine waits for what is decided. held, chosen, check: see FailureScreen."""
        self._guard_over()
        output = self.current.output
        while self.wizard.engine.lines:
            output.drain(self.wizard.engine.lines)
        text = "" if chosen or held else details or "\n".join(list(output.lines)[-LAST:])
        screen = FailureScreen(step, reason, text, hint=hint, held=held, chosen=chosen, check=check)
        self.app.push_screen(screen, lambda choice: self._decided(str(choice or "stop"), step))

    def _show_ended(self, question: Ended) -> None:
        error = question.error
        if question.watched:
            self._show_failure("", error.message, hint=in_words("tui.run.try_again_goes_from"))
        elif question.chosen:
            self._show_failure("", STOPPED, chosen=True)
        else:
            self._show_failure("", error.message, details=error.details, hint=error.hint, held=question.held)

    def _decided(self, choice: str, step: str) -> None:
        self.answer(choice)
        if choice == "login":
            self.current.say(in_words("tui.run.logging"))
        elif choice in AGAIN and not step:
            self._show_plan()

    def on_finished(self, message: Finished) -> None:
        self.current.drain(self.wizard.engine.lines)
        if message.error is not None:  # a person chose to stop, and was shown why
            self.wizard.leave()
            return
        match message.result:
            case "done":
                self._came_to_the_end(message.job)
            case "answers":
                self.wizard.change_answers(self.steps.current.partition("/")[0])
            case "back":
                self.wizard.roll_last_step_back()
            case "checkpoints":
                self._go_back()

    def _go_back(self) -> None:
        self.wizard.forget("checkpoints")
        self.wizard.go("checkpoints")

    def _came_to_the_end(self, job: str) -> None:
        self._guard_over()
        if job == "run":
            self.wizard.arrived = True
            self.wizard.forget("done")
            self.wizard.go("done")
            return
        self.ended = True
        self.current.say(in_words("tui.run.gone_back_server_checkpoint"))
        self._offer("#checkpoints")
        self.query_one("#go", Primary).ready(in_words("tui.run.set_up_again"))

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
                if self.ended:
                    self._go_back()
                else:
                    self.answer("checkpoints")

    def enter_leads_on(self, box: Input) -> bool:
        """It finds the next hit in the output."""
        return False

    def action_pace(self) -> None:
        if self.going is not None and not self.undoing:
            self.going.step_by_step = self.wizard.step_by_step = not self.going.step_by_step
            self._show_pace()
            if not self.going.step_by_step:
                self.answer("go")

    def _show_pace(self) -> None:
        step_by_step = self.wizard.step_by_step
        relabel(
            self.query_one("#pace", Button),
            in_words("tui.run.all_once") if step_by_step else in_words("tui.run.step_step"),
        )
        self.query_one("#pause").display = not step_by_step

    def action_pause(self) -> None:
        if self.going is not None and not self.undoing and self.reply is None:
            self.going.pausing = True
            self.notify(in_words("tui.run.stops_before_next_step"))

    def action_steps(self) -> None:
        self.query_one("#running").toggle_class("-steps")

    def action_find(self) -> None:
        self.current.find()

    def _tick(self) -> None:
        if not (self.is_attached and self.current.query("#left")):
            return  # the screen is just being put up, or taken away
        done, total = self.steps.count("done", "already", "skipped", "undone"), len(self.steps.lines)
        code, left = "tui.run.done_of", duration(self.estimate.left_s)
        if self.reply is not None:
            code = "tui.run.done_of_waiting"
        elif done < total and not self.undoing:
            code = "tui.run.done_of_left"
        words = in_words(code, done=done, total=total, left=left)
        share = done / max(1, total) if self.undoing else self.estimate.share
        self.current.progress(1.0 if done == total else share, words)


def make() -> Run:
    return Run()
