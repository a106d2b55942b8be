"""The project: where it is, what was found in it, and what of that is to be corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.markup import escape
from textual.widgets import Button, Input, Static

from wizard.app.project import look
from wizard.crash import as_error
from wizard.fronts.findings import problem
from wizard.fronts.tui.messages import Finished
from wizard.fronts.tui.screens.page import Page, Primary, button
from wizard.fronts.tui.widgets.facts import Facts
from wizard.fronts.tui.widgets.field import Field
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
from wizard.fronts.words import explain
from wizard.project.secret_names import secret_value
from wizard.recipe import Question
from wizard.secret import Secret
from wizard.text import text as words

LEAD = words("tui.project.django_project_run_server")


class Project(Page):
    station = words("tui.page.project")
    help_text = words("tui.project.git_repository_where_code")

    def __init__(self) -> None:
        super().__init__()
        self.looking = ""  # the source that is being looked at
        self.fit = ""  # the source that was looked at and can be set up

    def body(self) -> ComposeResult:
        if self.source is not None:
            yield Field(self.wizard.drafted, self.source, words("tui.project.folder_computer_or_address"))
        yield Facts(id="found")
        yield Static("", id="findings")
        with Vertical(id="corrections"):
            pass

    def buttons(self) -> Iterator[Button]:
        yield Primary(words("tui.project.continue"), "continue")
        yield button(words("tui.project.look"), "look")
        yield button(words("tui.project.back"), "back")

    @property
    def before(self) -> str:
        return self.wizard.neighbour("project", -1)

    @property
    def source(self) -> Question[Any] | None:
        """The question that names the project; there is none where the recipes set no project up."""
        for recipe in self.wizard.here.chosen:
            if recipe.name == "project":
                return next((q for q in recipe.questions if q.name == "source"), None)
        return None

    def on_mount(self) -> None:
        self.lead(LEAD if self.source else words("tui.project.these_recipes_set_no"))
        self.query_one("#corrections").styles.height = "auto"
        self.query_one("#look").display = self.source is not None
        if self.source and self.wizard.draft and (known := self.wizard.drafted.value(self.source)):
            self.wizard.drafted.take(
                self.source, known
            )  # the current folder is an answer now, which the person can see
            self.look()
        elif self.source:
            self.query_one(Field).query_one(Input).focus()

    @property
    def typed(self) -> str:
        """What stands in the field of the source."""
        return self.wizard.drafted.text(self.source) if self.source is not None else ""

    def look(self) -> None:
        if self.looking or self._refused(only=self.source):
            return
        self.looking, self.fit = self.typed, ""
        self.wizard.here.found = None
        self.query_one("#found").display = False
        self.query_one("#findings").display = True
        self.query_one("#findings", Static).update(words("tui.project.looking_project"))
        self.query_one("#continue", Primary).wait(words("tui.project.looking"))
        journey = self.wizard.here
        self.wizard.engine.submit("look", lambda: look(journey), self)

    def enter_leads_on(self, box: Input) -> bool:
        """Not from the source before it was looked at."""
        field = next((node for node in box.ancestors if isinstance(node, Field)), None)
        return field is None or field.question != self.source or self.typed == self.fit

    @on(Input.Submitted)
    def _named(self) -> None:
        self.look()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "look":
                self.look()
            case "back":
                self.wizard.back()
            case "continue":
                self._continue()

    def _continue(self) -> None:
        """Only from a project that was looked at as it is named now; the first time, what was found is shown before."""
        if self._refused():
            return
        if self.source is not None and self.typed != self.fit:
            self.look()
            return
        for row in self.query(EnvironmentRow):
            row.take(self.wizard.here.given.env)
        self.wizard.here.remember()
        self.wizard.go(self.wizard.neighbour("project", +1))

    def _refused(self, only: Question[Any] | None = None) -> bool:
        """Whether an answer on this page (only this one) cannot be used; it says why, and has the focus."""
        for field in self.query(Field):
            if only in (None, field.question) and (reason := self.wizard.drafted.problem(field.question)) is not None:
                field.validate(reason)
                field.children[0].children[1].focus()
                return True
        for row in self.query(EnvironmentRow) if only is None else ():
            missing = row.needed and not row.query_one(Input).value
            row.refuse(words("tui.project.must_given_project_does") if missing else None)
            if missing and self.typed == self.fit:
                row.query_one(Input).focus()
                return True
        return False

    def _unfit(self, error: Exception) -> None:
        """Why this is no project that can be set up; the field is where that can be put right."""
        known = as_error(error)
        text = explain(known)
        self.query_one("#findings", Static).update(Content.styled(f"✗ {text}", "$error"))
        for field in self.query(Field).results(Field):
            if field.question == self.source:
                field.refuse(words("tui.project.cannot_set_up_see"))
                field.query_one(Input).focus()

    async def on_finished(self, message: Finished) -> None:
        looked, self.looking = self.looking, ""
        self.query_one("#continue", Primary).ready(words("tui.project.continue"))
        if message.error is not None:
            await self.query_one("#corrections", Vertical).remove_children()
            self._unfit(message.error)
            return
        stops = message.result.stops if message.result is not None else ()
        self.fit = "" if stops else looked
        self._judge_source(stops)
        if message.result is not None:
            await self.query_one(Facts).show(found_in(message.result))
            self.query_one("#found").display = True
        problems = self._findings(message.result)
        self.query_one("#findings", Static).update(problems)
        self.query_one("#findings").display = bool(problems)
        corrections = self.query_one("#corrections", Vertical)
        await corrections.remove_children()
        if message.result is None:
            return
        rows: list[Row] = [
            Field(self.wizard.drafted, question, self.wizard.texts.question(question.recipe, question.name))
            for question in self.wizard.drafted.from_project()
        ]
        given = self.wizard.drafted.given.env
        names = sorted((n for n in message.result.env_names if n.is_open), key=lambda n: not n.required)
        rows += [EnvironmentRow(name, given.get(name.name)) for name in names]
        await corrections.mount_all([Static(words("tui.project.found_can_corrected_here"), classes="title gap"), *rows])
        if not stops:
            self.focus_primary()

    def _judge_source(self, stops: Any) -> None:
        for field in self.query(Field).results(Field):
            if field.question == self.source:
                field.refuse(words("tui.project.cannot_run_mend_marked") if stops else None)
                if stops:
                    field.query_one(Input).focus()

    def _findings(self, found: Any) -> str:
        if found is None:
            return words("tui.project.git_repository_looked_server")
        lines = [f"[$error]✗[/] {escape(problem(one))}" for one in found.stops]
        lines += [f"[$warning]![/] {escape(problem(one))}" for one in found.problems if one not in found.stops]
        return "\n".join(lines)


def found_in(found: Any) -> list[tuple[str, str]]:
    """The facts of a project, by their names on the screen."""
    listed = found.dependencies
    packages = words("tui.project.them", path=listed.path, packages=len(listed.packages)) if listed else ""
    names = dict.fromkeys(n.name for n in found.env_names)
    return [
        (words("tui.project.django_version"), found.django or words("tui.project.any_version")),
        (words("tui.project.settings_module"), found.settings_module or ""),
        (words("tui.project.web_server_door_wsgi"), found.wsgi or ""),
        (words("tui.project.python_packages"), packages),
        (words("tui.project.debian_libraries"), ", ".join(found.native_packages) or words("tui.project.none_needed")),
        (words("tui.project.variables_reads"), ", ".join(names) or words("tui.project.none_read")),
    ]  # fmt: skip


class EnvironmentRow(Row):
    """A variable that the project reads and no recipe sets."""

    def __init__(self, name: Any, value: Any) -> None:
        self.variable = name
        self.needed = name.required and name.when is None
        text = value.reveal() if isinstance(value, Secret) else value if isinstance(value, str) else ""
        what = words("tui.project.project_needs") if name.required else words("tui.project.project_can_do_without")
        secret = name.secret or isinstance(value, Secret)
        box = Input(text, password=secret, compact=True, placeholder="" if secret else name.default or "")
        controls = [box, reveal_button()] if secret else [box]
        super().__init__(name.name, *controls, meaning=f"{what} ({name.where}).")

    def take(self, env: dict[str, Any]) -> None:
        name, text = self.variable.name, self.query_one(Input).value
        if text:
            env[name] = Secret(text) if self.variable.secret or secret_value(name, text) else text
        elif isinstance(env.get(name), str | Secret):
            del env[name]

    @on(Button.Pressed, ".reveal")
    def _reveal(self, event: Button.Pressed) -> None:
        event.stop()
        toggle_reveal(event.button)


def make() -> Project:
    return Project()
