"""What recipes hand to each other: outputs of a role, read as `a.app_server.socket`, and contributions.

A role is what a recipe stands for, where several can. Its class lists the outputs that others may read, each with its type;
the recipe of that role gives them (`recipe.output("socket", …)`), or asks a question of the same name. So no recipe knows
another one's name or paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar, overload

from wizard.checks.base import Check
from wizard.project.found import Found
from wizard.secret import Secret
from wizard.text import is_code, text

T = TypeVar("T")
R = TypeVar("R", bound="Role")


class Reader(Protocol):
    """The answers, as a role sees them."""

    def read(self, role: str, output: Output[T]) -> T: ...

    def recipe_of(self, role: str) -> str: ...


class Output(Generic[T]):
    """One value of a role: its type, what it is (a code of the catalogue), and its value where the recipe gives none (`default`)."""

    name: str

    def __init__(self, type: type[T], says: str, *, default: T | None = None) -> None:
        self.type, self.default = type, default
        self._says = says

    @property
    def says(self) -> str:
        """What it is, in words."""
        return text(self._says) if is_code(self._says) else self._says

    def __set_name__(self, owner: type[Role], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, role: None, owner: type[R]) -> Output[T]: ...

    @overload
    def __get__(self, role: Role, owner: type[R]) -> T: ...

    def __get__(self, role: Role | None, owner: type[R]) -> Output[T] | T:
        return self if role is None else role.reader.read(role.role, self)


class Role:
    """A role, with the outputs of whichever recipe has it."""

    role: ClassVar[str] = ""
    optional: ClassVar[bool] = False  # recipes may need it where nobody has it
    units = Output[tuple[str, ...]](tuple, "recipes.output.any.units", default=())

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @property
    def recipe(self) -> str:
        """The name of the recipe that has this role: of the one that was chosen, where there are several."""
        return self.reader.recipe_of(self.role)

    @classmethod
    def outputs(cls) -> dict[str, Output[object]]:
        """All outputs by name, with those of the classes below."""
        found = {name: value for one in reversed(cls.__mro__) for name, value in vars(one).items()}
        return {name: value for name, value in found.items() if isinstance(value, Output)}


class Project(Role):
    """The code: the recipe `project`, or one in its place."""

    role = "project"
    name = Output(str, "recipes.output.project.name")
    domain = Output(str, "recipes.output.project.domain")
    subdirectory = Output(str, "recipes.output.project.subdirectory")
    settings_module = Output(str, "recipes.output.project.settings_module")
    wsgi = Output(str, "recipes.output.project.wsgi")
    written = Output[tuple[str, ...]](tuple, "recipes.output.project.written", default=())
    content = Output(str, "recipes.output.project.content", default="")


class DeployUser(Role):
    """The account of the person who looks after the server."""

    role = "deploy_user"
    name = Output(str, "recipes.output.deploy_user.name")
    password = Output(Secret, "recipes.output.deploy_user.password")


class Database(Role):
    """Where Django keeps its tables."""

    role = "database"
    title = Output(str, "recipes.output.database.title")
    engine = Output(str, "recipes.output.database.engine")
    name = Output(str, "recipes.output.database.name")
    user = Output(str, "recipes.output.database.user")
    password = Output(Secret, "recipes.output.database.password")
    host = Output(str, "recipes.output.database.host")
    port = Output(int, "recipes.output.database.port")
    url = Output(str, "recipes.output.database.url")
    by_variables = Output(bool, "recipes.output.database.by_variables", default=False)
    row_check = Output(Check, "recipes.output.database.row_check")


class Broker(Role):
    """A store in memory: cache, sessions, and the queue that tasks wait in."""

    role = "broker"
    optional = True
    title = Output(str, "recipes.output.broker.title")
    host = Output(str, "recipes.output.broker.host")
    port = Output(int, "recipes.output.broker.port")
    url = Output(str, "recipes.output.broker.url")


class AppServer(Role):
    """The program that runs Django."""

    role = "app_server"
    socket = Output(str, "recipes.output.app_server.socket")
    timeout = Output(int, "recipes.output.app_server.timeout")
    websockets = Output(bool, "recipes.output.app_server.websockets", default=False)
    port = Output(int, "recipes.output.app_server.port", default=8000)


class WebServer(Role):
    """What takes the visitors' requests."""

    role = "web_server"
    address = Output(str, "recipes.output.web_server.address")


class Worker(Role):
    """A program beside the app server that works off a queue."""

    role = "worker"
    optional = True


ROLES: dict[str, type[Role]] = {role.role: role for role in (Database, Broker, AppServer, WebServer, Worker)}
"""The roles that a recipe may have."""


# -- which recipe has a role --------------------------------------------------------------------------------------------

NOBODY = "none"  # the choice that no recipe has the role


class Candidate(Protocol):
    """A recipe, as far as the choice among those of its role goes."""

    name: str
    fits: Callable[[Found | None], bool] | None


def is_choice(candidates: Sequence[Candidate]) -> bool:
    """Whether a person chooses among these, which have one role: several, or one that not every project needs."""
    return len(candidates) > 1 or (len(candidates) == 1 and candidates[0].fits is not None)


def recommended(candidates: Sequence[Candidate], found: Found | None) -> str:
    """Which recipe of one role fits this project: the first that says so, else the usual one, else NOBODY."""
    fitting = [one.name for one in candidates if one.fits is not None and one.fits(found)]
    return [*fitting, *(one.name for one in candidates if one.fits is None), NOBODY][0]


# -- contributions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contribution:
    """What a recipe adds to a thing that another recipe owns. Each kind is a class of its own."""


@dataclass(frozen=True)
class PythonPackages(Contribution):
    """To the virtual environment. packages: requirements that the project does not name itself; imports and programs: what

    must then work in it.
    """

    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostNames(Contribution):
    """To the web server's site: more names that it answers to."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebSite(Contribution):
    """To the web server's site, in its own language. server: lines inside the site's server block; before: lines in front of

    it. https: the site can then be had by https.
    """

    server: str = ""
    before: str = ""
    https: bool = False


@dataclass(frozen=True)
class Variables(Contribution):
    """To the site's variables (its environment), by name; what the answers file says in [env] wins."""

    values: Mapping[str, str | Secret] = field(default_factory=dict)


@dataclass(frozen=True)
class OutsideChecks(Contribution):
    """To what is looked at as a visitor when all is set up, after a restart, and by `wizard verify`."""

    checks: tuple[Check, ...] = ()
