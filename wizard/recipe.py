"""Recipe, Step, Question and Answers: what a recipe is written in. No I/O but reading a recipe's own templates.

What recipes hand to each other is in role.py, where things of the site are in site.py.

Words for the learner are not here: they are in the recipe's guide.md, under the names used here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from wizard.checks.base import Check
from wizard.errors import RecipeError, UsageError
from wizard.guide import read_guide
from wizard.operations.base import Operation
from wizard.operations.file import file
from wizard.project.found import Found
from wizard.role import (
    ROLES,
    AppServer,
    Broker,
    Contribution,
    Database,
    DeployUser,
    Output,
    Project,
    WebServer,
    is_choice,
    recommended,
)
from wizard.secret import SECRETS_FOLDER, Secret
from wizard.server import Server
from wizard.site import Site
from wizard.templates import rendered
from wizard.text import ENGLISH, Text, has, language, of_recipe, text

T = TypeVar("T")
C = TypeVar("C", bound=Contribution)
CHOICE = "roles"  # the table of the answers file that says which recipe has a role
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*"  # for a question's pattern; RFC 1123, 2.1

Operations = Callable[["Answers"], Iterable[Operation]]
Checks = Callable[["Answers"], Iterable[Check]]
Resolve = Callable[[str, str], None]


@dataclass(frozen=True, eq=False)
class Question(Generic[T]):
    """One thing to be answered: a key of the recipe's table in the answers file.

    type: str, int, bool, Secret, or tuple for a list of strings. default: a value, or a function of the answers so far; None
    means that it must be answered, unless `optional`, where unanswered is the empty value. `valid` returns the
    reason why a value is refused, or None. `made_up`: a secret that the wizard can make up, because any will do. `portable`
    says whether a value means the same on every computer: only then is it kept on the server for whoever goes on there.
    """

    name: str
    type: type[T]
    default: T | Callable[[Answers], T | None] | None = None
    optional: bool = False
    choices: tuple[T, ...] = ()
    pattern: str = ""
    example: str = ""
    minimum: int | None = None
    maximum: int | None = None
    valid: Callable[[T], str | None] | None = None
    made_up: bool = True
    portable: Callable[[T], bool] = lambda _: True
    recipe: str = ""

    def refusal(self, value: Any) -> str | None:
        """Why this value cannot be taken, in a phrase that follows "…:"; None when it can."""
        if self.type is int and (not isinstance(value, int) or isinstance(value, bool)):
            return text("answers.must.int")
        if self.type is bool and not isinstance(value, bool):
            return text("answers.must.bool")
        if self.type is str and not isinstance(value, str):
            return text("answers.must.str")
        if self.type is tuple and not (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
            return text("answers.must.list")
        if self.choices and value not in self.choices:
            return text("answers.must.choice", choices=self.choices)
        if isinstance(value, int) and self.minimum is not None and value < self.minimum:
            return text("answers.must.minimum", minimum=self.minimum)
        if isinstance(value, int) and self.maximum is not None and value > self.maximum:
            return text("answers.must.maximum", maximum=self.maximum)
        plain = value.reveal() if isinstance(value, Secret) else value
        if not plain and self.type is not int and self.type is not bool:
            return None if self.optional else text("answers.must.given")
        for one in value if isinstance(value, tuple) else (plain,):
            if isinstance(one, str) and re.search("[\0\ud800-\udfff]", one):
                return text("answers.must.printable")
            if self.pattern and not re.fullmatch(self.pattern, str(one)):
                return text("answers.must.look_like", example=self.example or self.pattern)
        return self.valid(value) if self.valid else None


@dataclass(frozen=True)
class LoginAs:
    """Told at the end: the line for ssh(1) that logs in as this user, tried before it is shown. keys: who may, as lines of
    authorized_keys."""

    user: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class WayIn:
    """The login that will be needed from now on; a guarded step must prove it with a new connection."""

    user: str
    sudo_password: Secret | None = None


@dataclass(frozen=True)
class Step:
    """What the learner sees as one thing: operations, checks, and the guide's heading of the same name.

    way_in makes the step guarded: its changes undo themselves on the server unless a new connection by that way works.
    when: the step is left out where it returns False. again: its checks are made anew when a step before it has changed
    something later on: they are about what those steps bring about together.
    """

    recipe: str
    name: str
    operations: Operations
    checks: Checks | None = None
    way_in: Callable[[Answers], WayIn] | None = None
    when: Callable[[Answers], bool] | None = None
    again: bool = False

    @property
    def id(self) -> str:
        return f"{self.recipe}/{self.name}"


@dataclass(frozen=True)
class GivenOutput:
    """An output as its recipe gives it. afterwards: it is also shown to the person at the end."""

    value: Callable[[Answers], object]
    afterwards: bool = False


class Recipe:
    """One topic of the set-up: a folder of that name, with recipe.py, guide.md and templates/.

    name: the folder's name. needs: the recipes (or roles) whose steps come before. role: what it stands for, where several
    recipes can (see wizard.role). fits: whether it is the right one of its role for a project (what the inspection found, or
    None); one without `fits` is taken where none of them does, and where there is no such one, no recipe has the role.
    home: the path of its recipe.py; found out where it is left out.
    """

    def __init__(
        self,
        name: str,
        home: str | None = None,
        needs: Sequence[str] = (),
        *,
        role: str = "",
        fits: Callable[[Found | None], bool] | None = None,
        questions: Iterable[Question[Any]] = (),
        steps: Iterable[Step] = (),
    ) -> None:
        if role and role not in ROLES:
            raise RecipeError("recipes.no_role", recipe=name, role=role, roles=tuple(ROLES))
        # the module that calls: a recipe is made at the top of its recipe.py
        self.home: str = sys._getframe(1).f_globals.get("__file__", "") if home is None else home
        self.name, self.needs, self.role, self.fits = name, needs, role, fits
        self.questions, self.steps = list(questions), list(steps)
        self.outputs: dict[str, GivenOutput] = {}
        self._texts: dict[str, dict[str, str]] = {}
        of_recipe(name, self._words)
        self.contributions: list[tuple[type[Contribution], Callable[[Answers], Contribution]]] = []

    @property
    def folder(self) -> Path:
        return Path(self.home).parent

    @property
    def afterwards(self) -> list[tuple[str, Callable[[Answers], object]]]:
        """The outputs that the person sees at the end."""
        return [(name, output.value) for name, output in self.outputs.items() if output.afterwards]

    def ask(self, question: Question[T]) -> Question[T]:
        """Adds a question; use its answer as `a[question]`, and in templates as `a.<recipe>.<name>`."""
        object.__setattr__(question, "recipe", self.name)
        self.questions.append(question)
        return question

    def step(
        self,
        name: str,
        *,
        check: Checks | None = None,
        way_in: Callable[[Answers], WayIn] | None = None,
        when: Callable[[Answers], bool] | None = None,
        again: bool = False,
    ) -> Callable[[Operations], Operations]:
        """Decorates a function that yields the step's operations, in order."""

        def add(operations: Operations) -> Operations:
            self.steps.append(Step(self.name, name, operations, check, way_in, when, again))
            return operations

        return add

    def output(self, name: str, value: Callable[[Answers], object], *, afterwards: bool = False) -> None:
        """A value that this recipe hands to others, who read it from its role: `a.app_server.socket`.

        An output that has the name of a question need not be given: it is the answer. afterwards: the person needs it later (an
        address, a command, a path: a text, Secret or LoginAs), so it is shown at the end, unless it is empty; the guide says what
        it is, under `## Afterwards`, in a bullet of the same form as a question's.
        """
        self.outputs[name] = GivenOutput(value, afterwards)

    def contribute(self, kind: type[C], value: Callable[[Answers], C]) -> None:
        """Adds to a thing that another recipe owns, as `recipe.contribute(HostNames, lambda a: HostNames(("www.…",)))`."""
        self.contributions.append((kind, value))

    def text(self, name: str, /, **fields: object) -> Text:
        """What the recipe says besides (the name of a check, why an answer is refused): a bullet under `## Texts` of its guide, in

        the language in use, with each `{field}` filled in. RecipeError where the guide has no such bullet.
        """
        if not has(f"{self.name}/{name}"):
            raise RecipeError("recipes.text_missing", recipe=self.name, name=name)
        return text(f"{self.name}/{name}", **fields)

    def _words(self, name: str) -> str | None:
        """A text of the guide in the language in use, else in English."""
        for spoken in dict.fromkeys((language(), ENGLISH)):
            if spoken not in self._texts:
                self._texts[spoken] = read_guide(self.folder, spoken).texts if self.home else {}
            if name in self._texts[spoken]:
                return self._texts[spoken][name]
        return None

    def template(self, name: str, a: Answers, **values: Any) -> str:
        """A file of templates/, filled by Jinja2: `a` and the values given; an undefined name is an error.

        Filters for values that a person gave: `sh`, `nginx`, `sql` (see wizard.operations.quoting). UsageError for a value that
        would need one and has none.
        """
        return rendered(self.folder / "templates", name, a=a, **values)


class Table:
    """The answers of one recipe, by attribute."""

    def __init__(
        self, recipe: str, values: Mapping[str, Any], resolve: Resolve | None, read: Callable[[Any], Any]
    ) -> None:
        self._recipe, self._values, self._resolve, self._read = recipe, values, resolve, read

    def __getattr__(self, name: str) -> object:
        if name not in self._values and self._resolve is not None:
            self._resolve(self._recipe, name)
        if name not in self._values:
            raise UsageError("recipes.no_answer", recipe=self._recipe, name=name)
        return self._read(self._values[name])


class Answers:
    """Every answer, with defaults filled in: `a[question]`; what other recipes hand over: `a.site`, `a.database`, …

    server: facts of the server. found: what the inspection of the project found, or None. env: the project's own variables,
    values str or Secret. recipes: all that there are; their outputs and contributions are read.
    """

    def __init__(
        self,
        tables: dict[str, dict[str, Any]],
        *,
        server: Server,
        found: Found | None = None,
        env: Mapping[str, str | Secret] | None = None,
        secrets: dict[str, Secret] | None = None,
        resolve: Resolve | None = None,
        recipes: Sequence[Recipe] = (),
    ) -> None:
        self.tables = tables
        self.resolve = resolve  # while answers are being completed: answers a question that a default builds on
        self.read_nothing = False  # whether an answer was read that is not there yet
        self.server = server
        self.found = found
        self.env = dict(env or {})
        self.generated: list[str] = []  # secrets that the answers file asked to generate; the plan keeps them first
        self.recipes = recipes
        self._secrets = secrets if secrets is not None else {}

    def __getitem__(self, question: Question[T]) -> T:
        return cast(T, getattr(self._table(question.recipe), question.name))

    def __getattr__(self, recipe: str) -> Table:
        """The answers of a recipe, for its own templates."""
        if recipe.startswith("_"):
            raise AttributeError(recipe)
        return self._table(recipe)

    def _table(self, recipe: str) -> Table:
        if recipe not in self.tables:
            raise AttributeError(f"no recipe {recipe!r} among the answers")
        return Table(recipe, self.tables[recipe], self.resolve, self._read)

    def _read(self, value: Any) -> Any:
        self.read_nothing |= value is None
        return value

    # -- what other recipes hand over -----------------------------------------------------------------------------------

    @property
    def site(self) -> Site:
        """Names and paths of the project on the server."""
        return Site(self.project.name)

    @property
    def project(self) -> Project:
        return Project(self)

    @property
    def deploy_user(self) -> DeployUser:
        return DeployUser(self)

    @property
    def database(self) -> Database:
        return Database(self)

    @property
    def broker(self) -> Broker:
        return Broker(self)

    @property
    def app_server(self) -> AppServer:
        return AppServer(self)

    @property
    def web_server(self) -> WebServer:
        return WebServer(self)

    def contributions(self, kind: type[C]) -> list[C]:
        """What all recipes add to a thing, in the order of the recipes."""
        found = [(r, value) for r in self.recipes for wanted, value in r.contributions if wanted is kind]
        return [cast(C, value(self)) for recipe, value in found if self.in_force(recipe)]

    def units(self) -> tuple[str, ...]:
        """The units of all roles, in the order of the recipes: what must run where all is well."""
        roles = [ROLES[r.role](self) for r in self.recipes if r.role and self.in_force(r)]
        return tuple(unit for role in roles for unit in role.units)

    def in_force(self, recipe: Recipe) -> bool:
        """Whether the recipe takes part: False where another one was chosen for its role."""
        return not recipe.role or self._recipe_of(recipe.role) is recipe

    def recipe_of(self, role: str) -> str:
        recipe = self._recipe_of(role)
        return recipe.name if recipe is not None else role

    def _recipe_of(self, role: str) -> Recipe | None:
        """The recipe that has a role; of several the one that was chosen. It may also have the role's name."""
        named = [r for r in self.recipes if r.role == role] or [r for r in self.recipes if r.name == role]
        if not is_choice(named):
            return named[0] if named else None
        choice = getattr(self._table(CHOICE), role) if CHOICE in self.tables else recommended(named, self.found)
        return next((r for r in named if r.name == choice), None)

    def read(self, role: str, output: Output[T]) -> T:
        """An output of a role. UsageError where no recipe has the role or gives it, RecipeError for a value of another type."""
        recipe = self._recipe_of(role)
        if recipe is not None and output.name in recipe.outputs:
            value = recipe.outputs[output.name].value(self)
            if not isinstance(value, output.type | None):
                raise RecipeError(
                    "recipes.output_type", recipe=recipe.name, output=output.name, value=repr(value),
                    says=output.says, type=output.type.__name__,
                )  # fmt: skip
            return cast(T, value)
        name = recipe.name if recipe is not None else role
        asks = any(q.name == output.name for q in recipe.questions) if recipe is not None else name in self.tables
        if asks or (name in self.tables and output.name in self.tables[name]):
            return cast(T, getattr(self._table(name), output.name))
        if output.default is not None:
            return output.default
        missing = "recipes.role_empty" if recipe is None else "recipes.output_missing"
        raise UsageError(missing, says=output.says, role=role, recipe=name, output=output.name)

    # -- secrets --------------------------------------------------------------------------------------------------------

    def secret(self, name: str) -> Secret:
        """A secret that is generated once for this server and read back ever after. Its step must yield `keep(name)` first."""
        if name not in self._secrets:
            import secrets

            self._secrets[name] = Secret(secrets.token_urlsafe(48))
        return self._secrets[name]

    def keep(self, name: str) -> Operation:
        """The operation that keeps a generated secret on the server, for root alone."""
        return file(f"{SECRETS_FOLDER}/{name}", self.secret(name), mode=0o600)

    def all_secrets(self) -> Iterator[Secret]:
        """Everything that must be masked wherever text is shown."""
        yield from self._secrets.values()
        yield from (v for v in self.env.values() if isinstance(v, Secret))
        for table in self.tables.values():
            yield from (v for v in table.values() if isinstance(v, Secret))
