"""The project: where it is, what was found in it, and what of that is to be corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.markup import escape
from textual.widgets import Button, Input, Static

from wizard.errors import WizardError
from wizard.fronts import remembered
from wizard.fronts.findings import problem
from wizard.fronts.tui.messages import Finished
from wizard.fronts.tui.screens.page import Page, Primary, button
from wizard.fronts.tui.widgets.facts import Facts
from wizard.fronts.tui.widgets.field import Field
from wizard.fronts.tui.widgets.row import Row, reveal_button, toggle_reveal
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

    def body(self) -> ComposeResult:
        if self.source is not None:
            assert self.wizard.draft is not None
            yield Field(
                self.wizard.draft, self.source, "A folder of this computer, or the address of a git repository."
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
        assert self.wizard.journey is not None
        for recipe in self.wizard.journey.chosen:
            if recipe.name == "project":
                return next((q for q in recipe.questions if q.name == "source"), None)
        return None

    def on_mount(self) -> None:
        self.lead(LEAD if self.source else "These recipes set no project up: there is nothing to say here.")
        self.query_one("#corrections").styles.height = "auto"
        self.query_one("#look").display = self.source is not None
        if self.source and self.wizard.draft and self.wizard.draft.value(self.source):
            self.look()
        elif self.source:
            self.query_one(Field).query_one(Input).focus()

    def look(self) -> None:
        assert self.wizard.journey is not None
        self.wizard.journey.found = None
        self.query_one("#found").display = False
        self.query_one("#findings").display = True
        self.query_one("#findings", Static).update("Looking at the project …")
        self.query_one("#continue", Primary).wait("Looking …")
        self.wizard.engine.submit("look", self.wizard.journey.inspect_project, self)

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "look":
                self.look()
            case "back":
                self.wizard.back()
            case "continue":
                self._continue()

    def _continue(self) -> None:
        assert self.wizard.draft is not None and self.wizard.journey is not None
        for field in self.query(Field):
            if (reason := self.wizard.draft.problem(field.question)) is not None:
                field.judge(reason)
                field.query_one(Input).focus()
                return
        for row in self.query(EnvironmentRow):
            row.take(self.wizard.journey.given.env)
        remembered.keep(self.wizard.journey)
        self.wizard.go(self.wizard.neighbour("project", +1))

    async def on_finished(self, message: Finished) -> None:
        self.query_one("#continue", Primary).ready("Continue")
        if message.error is not None:
            error = message.error
            hint = f"\n{error.hint}" if isinstance(error, WizardError) and error.hint else ""
            self.query_one("#findings", Static).update(f"[$error]✗ {escape(str(error))}[/]{escape(hint)}")
            return
        if message.result is not None:
            await self.query_one(Facts).show(found_in(message.result))
            self.query_one("#found").display = True
        problems = self._findings(message.result)
        self.query_one("#findings", Static).update(problems)
        self.query_one("#findings").display = bool(problems)
        assert self.wizard.draft is not None and self.wizard.words is not None
        corrections = self.query_one("#corrections", Vertical)
        await corrections.remove_children()
        if message.result is None:
            return
        rows: list[Row] = [
            Field(self.wizard.draft, question, self.wizard.words.question(question.recipe, question.name))
            for question in self.wizard.draft.from_project()
        ]
        given = self.wizard.draft.given.env
        names = sorted((n for n in message.result.env_names if n.is_open), key=lambda n: not n.required)
        rows += [EnvironmentRow(name, given.get(name.name)) for name in names]
        await corrections.mount_all([Static("What was found can be corrected here:", classes="title gap"), *rows])
        self.focus_primary()

    def _findings(self, found: Any) -> str:
        if found is None:
            return "A git repository is looked at on the server. Say on the next pages what is in it."
        lines = [f"[$warning]![/] {escape(problem(one))}" for one in found.problems]
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
