"""Recipe, Step, Question and Answers: what a recipe is written in. No I/O but reading a recipe's own templates.

Words for the learner are not here: they are in the recipe's guide.md, under the names used here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from wizard.checks.base import Check
from wizard.errors import UsageError
from wizard.operations.base import Operation
from wizard.operations.file import file
from wizard.secret import Secret
from wizard.server import Server

T = TypeVar("T")
SECRETS = "/var/lib/wizard/secrets"  # generated secrets live on the server: the laptop may be lost
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*"  # for a question's pattern; RFC 1123, 2.1

Operations = Callable[["Answers"], Iterable[Operation]]
Checks = Callable[["Answers"], Iterable[Check]]
Settle = Callable[[str, str], None]


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
            return "must be a whole number"
        if self.type is bool and not isinstance(value, bool):
            return "must be true or false"
        if self.type is str and not isinstance(value, str):
            return "must be a text"
        if self.type is tuple and not (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
            return "must be a list of texts"
        if self.choices and value not in self.choices:
            return "must be one of " + ", ".join(str(c) for c in self.choices)
        if isinstance(value, int) and self.minimum is not None and value < self.minimum:
            return f"must be at least {self.minimum}"
        if isinstance(value, int) and self.maximum is not None and value > self.maximum:
            return f"must be at most {self.maximum}"
        text = value.reveal() if isinstance(value, Secret) else value
        if not text and self.type is not int and self.type is not bool:
            return None if self.optional else "must not be empty"
        for one in value if isinstance(value, tuple) else (text,):
            if isinstance(one, str) and re.search("[\0\ud800-\udfff]", one):
                return "must be a text without characters that stand for nothing"
            if self.pattern and not re.fullmatch(self.pattern, str(one)):
                return f"must look like {self.example or self.pattern}"
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


@dataclass(eq=False)
class Recipe:
    """One topic of the set-up. `home` is its recipe.py's __file__: guide.md and templates/ lie beside it."""

    name: str
    home: str
    needs: Sequence[str] = ()
    questions: list[Question[Any]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    told: list[tuple[str, Callable[[Answers], str | Secret | LoginAs]]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return Path(self.home).parent

    def ask(self, question: Question[T]) -> Question[T]:
        """Adds a question; use it as `a[question]` in steps, or `a.<recipe>.<name>` from other recipes."""
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

    def tell(self, name: str, value: Callable[[Answers], str | Secret | LoginAs]) -> None:
        """Something the learner needs afterwards (an address, a command, a path), shown at the end under this name.

        The guide says what it is, under `## Afterwards`, in a bullet of the same form as a question's.
        """
        self.told.append((name, value))

    def template(self, name: str, a: Answers, **values: Any) -> str:
        """A file of templates/, filled by Jinja2: `a` and the values given; an undefined name is an error.

        Filters for values that a person gave: `sh`, `nginx`, `sql` (see wizard.operations.quoting). UsageError for a value that
        would need one and has none.
        """
        import jinja2

        from wizard.operations import quoting

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self.folder / "templates"),
            undefined=jinja2.StrictUndefined,
            finalize=quoting.plain,
            autoescape=False,  # noqa: S701  (configuration files, not HTML)
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters |= {"sh": quoting.sh, "nginx": quoting.nginx_string, "sql": quoting.sql_literal}
        return environment.get_template(name).render(a=a, **values)


class Table:
    """The answers of one recipe, by attribute."""

    def __init__(
        self, recipe: str, values: Mapping[str, Any], settle: Settle | None, read: Callable[[Any], Any]
    ) -> None:
        self._recipe, self._values, self._settle, self._read = recipe, values, settle, read

    def __getattr__(self, name: str) -> Any:
        if name not in self._values and self._settle is not None:
            self._settle(self._recipe, name)
        if name not in self._values:
            raise UsageError(
                f"cannot find an answer {name!r} of the recipe {self._recipe!r}",
                hint=f"add {self._recipe!r} to the `needs` of the recipe that reads it",
            )
        return self._read(self._values[name])


class Answers:
    """Every answer, with defaults filled in: `a[question]`, `a.<recipe>.<question>`; `a.server`, `a.found`, `a.env`.

    found: what the inspection of the project found (wizard.project.inspect.Found), or None. env: the project's own
    variables, values str or Secret.
    """

    def __init__(
        self,
        tables: dict[str, dict[str, Any]],
        *,
        server: Server,
        found: Any = None,
        env: Mapping[str, str | Secret] | None = None,
        secrets: dict[str, Secret] | None = None,
        settle: Settle | None = None,
    ) -> None:
        self.tables = tables
        self.settle = settle  # while answers are being completed: answers a question that a default builds on
        self.read_nothing = False  # whether an answer was read that is not there yet
        self.server = server
        self.found = found
        self.env = dict(env or {})
        self.generated: list[str] = []  # secrets that the answers file asked to generate; the plan keeps them first
        self._secrets = secrets if secrets is not None else {}

    def __getitem__(self, question: Question[T]) -> T:
        value: T = getattr(getattr(self, question.recipe), question.name)
        return value

    def __getattr__(self, recipe: str) -> Table:
        if recipe.startswith("_") or recipe not in self.tables:
            raise AttributeError(f"no recipe {recipe!r} among the answers")
        return Table(recipe, self.tables[recipe], self.settle, self._read)

    def _read(self, value: Any) -> Any:
        self.read_nothing |= value is None
        return value

    def secret(self, name: str) -> Secret:
        """A secret that is generated once for this server and read back ever after. Its step must yield `keep(name)` first."""
        if name not in self._secrets:
            import secrets

            self._secrets[name] = Secret(secrets.token_urlsafe(48))
        return self._secrets[name]

    def keep(self, name: str) -> Operation:
        """The operation that keeps a generated secret on the server, for root alone."""
        return file(f"{SECRETS}/{name}", self.secret(name), mode=0o600)

    def all_secrets(self) -> Iterator[Secret]:
        """Everything that must be masked wherever text is shown."""
        yield from self._secrets.values()
        yield from (v for v in self.env.values() if isinstance(v, Secret))
        for table in self.tables.values():
            yield from (v for v in table.values() if isinstance(v, Secret))
