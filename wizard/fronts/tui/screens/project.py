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

LEAD = "Which Django project is to run on the server? The wizard reads its files; it does not run them."


class Project(Page):
    station = "Project"
    help_text = (
        "A *git repository* is where code and its history are kept; its address looks like "
        "`https://git.example.org/me/site.git`. A *folder* is copied from this computer.\n\n"
        "*Settings module*: the file with Django's settings, written with dots. *WSGI*: the door by which a web server "
        "talks to Django. *Native libraries*: Debian packages that some Python packages need. *Environment variables*: "
        "named texts that a program is given when it starts; good projects read their settings from them."
    )

    def __init__(self) -> None:
        super().__init__()
        self.looking = ""  # the source that is being looked at
        self.fit = ""  # the source that was looked at and can be set up

    def body(self) -> ComposeResult:
        if self.source is not None:
            yield Field(
                self.wizard.drafted, self.source, "A folder of this computer, or the address of a git repository."
            )
        yield Facts(id="found")
        yield Static("", id="findings")
        with Vertical(id="corrections"):
            pass

    def buttons(self) -> Iterator[Button]:
        yield Primary("Continue", "continue")
        yield button("Look at it", "look")
        yield button("Back", "back")

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
        self.lead(LEAD if self.source else "These recipes set no project up: there is nothing to say here.")
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
        self.query_one("#findings", Static).update("Looking at the project …")
        self.query_one("#continue", Primary).wait("Looking …")
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
            row.refuse("must be given: the project does not start without it" if missing else None)
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
                field.refuse("this cannot be set up; see below")
                field.query_one(Input).focus()

    async def on_finished(self, message: Finished) -> None:
        looked, self.looking = self.looking, ""
        self.query_one("#continue", Primary).ready("Continue")
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
        await corrections.mount_all([Static("What was found can be corrected here:", classes="title gap"), *rows])
        if not stops:
            self.focus_primary()

    def _judge_source(self, stops: Any) -> None:
        for field in self.query(Field).results(Field):
            if field.question == self.source:
                field.refuse(
                    "it cannot run as it is: mend what is marked ✗, then press “Look at it”" if stops else None
                )
                if stops:
                    field.query_one(Input).focus()

    def _findings(self, found: Any) -> str:
        if found is None:
            return "A git repository is looked at on the server. Say on the next pages what is in it."
        lines = [f"[$error]✗[/] {escape(problem(one))}" for one in found.stops]
        lines += [f"[$warning]![/] {escape(problem(one))}" for one in found.problems if one not in found.stops]
        return "\n".join(lines)


def found_in(found: Any) -> list[tuple[str, str]]:
    """The facts of a project, by their names on the screen."""
    dependencies = found.dependencies
    return [
        ("Django's version", f"{found.django or 'any version'}"),
        ("Settings module", found.settings_module or ""),
        ("Web server's door (WSGI)", found.wsgi or ""),
        ("Python packages", f"{dependencies.path}, {len(dependencies.packages)} of them" if dependencies else ""),
        ("Debian libraries", ", ".join(found.native_packages) or "none needed"),
        ("Variables that it reads", ", ".join(dict.fromkeys(n.name for n in found.env_names)) or "none read"),
    ]  # fmt: skip


class EnvironmentRow(Row):
    """A variable that the project reads and no recipe sets."""

    def __init__(self, name: Any, value: Any) -> None:
        self.variable = name
        self.needed = name.required and name.when is None
        text = value.reveal() if isinstance(value, Secret) else value if isinstance(value, str) else ""
        what = "The project needs it" if name.required else "The project can do without it"
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
