"""The answers file (TOML): read, checked all at once, filled up with defaults; written with comments and no secrets.

A table per recipe, a key per question; `[env]` holds the project's own variables. Secrets are given as
`{ env = "NAME" }`, `{ file = "path" }` or `{ generate = "secret" }`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard import own_files
from wizard.errors import UsageError
from wizard.project.secret_names import secret_value
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret
from wizard.server import Server

LONGEST = 1024 * 1024  # bytes of an answers file, and of a file that an answer is taken from
GENERATE = {"generate": "secret"}
Ask = Callable[[Question[Any], Answers, Any], Any]


@dataclass
class Given:
    """What a person answered so far: plain values and Secrets by recipe and question; GENERATE stands for itself."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    env: dict[str, Any] = field(default_factory=dict)

    def set(self, recipe: str, question: str, value: Any) -> None:
        self.tables.setdefault(recipe, {})[question] = value


def read(path: Path, recipes: Sequence[Recipe]) -> Given:
    """An answers file. UsageError lists everything that is wrong with it, with the nearest right names."""
    try:
        document = tomllib.loads(_text(path))
    except OSError as error:
        raise UsageError(f"cannot read the answers file {path}: {error.strerror}") from error
    except own_files.NoTextError as error:
        raise UsageError(f"cannot read the answers file {path}: {error}") from error
    except (ValueError, RecursionError) as error:  # of TOML; or numbers and nesting that Python refuses
        raise UsageError(
            f"cannot read the answers file {path}: {error}", hint="it is TOML; see `wizard answers`"
        ) from error
    return check(document, recipes, where=str(path), folder=path.parent)


def _text(path: Path) -> str:
    """A file's text. OSError, or ValueError where it is too large or no text."""
    return own_files.text_of(path, largest=LONGEST)


def check(document: Mapping[str, Any], recipes: Sequence[Recipe], *, where: str, folder: Path) -> Given:
    """A parsed answers file, its references to the environment and to files resolved."""
    given, problems = Given(), []
    by_name = {r.name: {q.name: q for q in r.questions} for r in recipes}
    for table, values in document.items():
        if not isinstance(values, dict):
            problems.append(f"{table}: is not in a table" + _nearest(table, by_name))
            continue
        if table == "env":
            for name, value in values.items():
                if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                    _take(given.env, name, value, None, f"env.{name}", folder, problems)
                else:  # it would be a line of a file, and the name of one where it is generated
                    problems.append(
                        f"env.{name[:60]!r}: is not the name of a variable: use letters, digits and underscores"
                    )
            continue
        if table not in by_name:
            problems.append(f"[{table}]: no recipe has this name" + _nearest(table, [*by_name, "env"]))
            continue
        for name, value in values.items():
            question = by_name[table].get(name)
            if question is None:
                problems.append(f"{table}.{name}: no such question" + _nearest(name, by_name[table]))
                continue
            _take(given.tables.setdefault(table, {}), name, value, question, f"{table}.{name}", folder, problems)
    if problems:
        raise UsageError(
            f"cannot use the answers in {where}: {len(problems)} of them must be mended",
            details="\n".join(problems),
            hint="`wizard answers` prints a file with every question; nothing on the server was touched",
        )
    return given


def _take(
    table: dict[str, Any],
    name: str,
    value: Any,
    question: Question[Any] | None,
    where: str,
    folder: Path,
    problems: list[str],
) -> None:
    """Puts one value into its table, or says what is wrong with it."""
    secret = question is not None and question.type is Secret
    if isinstance(value, dict):
        try:
            value = _resolve(value, folder, as_secret=secret or question is None)
        except UsageError as error:
            problems.append(f"{where}: {error.message}")
            return
    elif secret and value != "":
        problems.append(
            f'{where}: is a secret, which does not belong into a file; give {{ env = "NAME" }} or {{ file = "…" }}'
        )
        return
    elif secret:
        value = Secret("")
    elif isinstance(value, list):
        value = tuple(value)
    elif question is None:
        value = {True: "True", False: "False"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        value = Secret(value) if secret_value(name, value) else value
    if question is not None and value == GENERATE and (question.type is not Secret or not question.made_up):
        problems.append(f"{where}: must be given, because it cannot be made up")
        return
    if question is not None and value != GENERATE and (reason := question.refusal(value)) is not None:
        problems.append(f"{where}: {reason}")
        return
    table[name] = value


def _resolve(value: dict[str, Any], folder: Path, *, as_secret: bool) -> Any:
    """`{ env = … }`, `{ file = … }` or `{ generate = "secret" }`. UsageError says why it cannot be had."""
    match value:
        case {"env": str(name)} if len(value) == 1:
            if "\0" in name or name not in os.environ:
                raise UsageError(f"the environment variable {name} is not set")
            text = os.environ[name]
            if re.search("[\ud800-\udfff]", text):
                raise UsageError(f"the environment variable {name} is no text in UTF-8")
        case {"file": str(name)} if len(value) == 1:
            try:
                text = _text(folder / Path(name).expanduser()).removesuffix("\n")
            except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~ of a user who is not there
                raise UsageError(f"cannot read the file {name}: {error}") from error
        case {"generate": "secret"} if len(value) == 1:
            return GENERATE
        case _:
            raise UsageError('must be a value, { env = "NAME" }, { file = "…" } or { generate = "secret" }')
    return Secret(text) if as_secret else text


def _nearest(name: str, names: Any) -> str:
    near = difflib.get_close_matches(name, list(names), 1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def complete(
    given: Given,
    recipes: Sequence[Recipe],
    *,
    server: Server,
    found: Any = None,
    secrets: dict[str, Secret] | None = None,
    ask: Ask | None = None,
    lenient: bool = False,
    needed: Sequence[Recipe] | None = None,
) -> Answers:
    """Every question answered: as given, else asked (with its default), else by its default.

    needed: only these recipes' questions must be answered (None: all); others are when something builds on them.

    ask(question, answers so far, default) returns the value. Without it a question that has neither an answer nor a
    default is a UsageError that names all of them, as is a default that its own question refuses; lenient: they stay None.
    """
    completion = _Completion(given, recipes, ask)
    answers = completion.answers = Answers(
        {r.name: {} for r in recipes}, server=server, found=found, secrets=secrets, settle=completion.settle
    )
    answers.env = {k: _generated(answers, f"env.{k}") if v == GENERATE else v for k, v in given.env.items()}
    for recipe in recipes if needed is None else needed:
        for question in recipe.questions:
            completion.settle(recipe.name, question.name)
    answers.settle = completion.settle_late
    if completion.problems and not lenient:
        raise completion.refusal()
    return answers


class _Completion:
    """Answers question by question; a default that builds on another answer has that one settled first."""

    answers: Answers

    def __init__(self, given: Given, recipes: Sequence[Recipe], ask: Ask | None) -> None:
        self.given = given
        self.questions = {(r.name, q.name): q for r in recipes for q in r.questions}
        self.ask = ask
        self.problems: list[str] = []
        self.open: list[tuple[str, str]] = []

    def settle(self, recipe: str, name: str) -> None:
        question = self.questions.get((recipe, name))
        if question is None or name in self.answers.tables[recipe]:
            return
        if (recipe, name) in self.open:
            raise UsageError(f"cannot make the default of {recipe}.{name}: it builds on itself")
        self.open.append((recipe, name))
        value = self._value(question)
        self.open.pop()
        where = f"{recipe}.{name}"
        if value == GENERATE:
            value = _generated(self.answers, where)
        if value is None:
            self.problems.append(
                f"{where}: must be answered" + (f", for example {question.example}" if question.example else "")
            )
        elif (reason := question.refusal(value)) is not None:
            self.problems.append(f"{where}: {reason}")
        self.answers.tables[recipe][name] = value

    def settle_late(self, recipe: str, name: str) -> None:
        """For a step that builds on a recipe which is not among the needed ones."""
        said = len(self.problems)
        self.settle(recipe, name)
        if len(self.problems) > said:
            raise self.refusal()

    def refusal(self) -> UsageError:
        return UsageError(
            "cannot start: some questions have no answer yet, or one that cannot be used",
            details="\n".join(self.problems),
            hint="put them into an answers file (--answers; `wizard answers` prints one) or run in a terminal",
        )

    def _value(self, question: Question[Any]) -> Any:
        values = self.given.tables.get(question.recipe, {})
        if question.name in values:
            return values[question.name]
        try:
            value = default(question, self.answers)
        except (TypeError, AttributeError, ValueError):
            if not self.problems:
                raise
            value = None  # it builds on an answer that is missing, which is said already
        return self.ask(question, self.answers, value) if self.ask is not None else value


def default(question: Question[Any], answers: Answers) -> Any:
    """The default, with the answers so far; None when there is none. An optional question's is its empty value.

    Afterwards `answers.read_nothing` says whether it was to be built on an answer that is not there yet.
    """
    answers.read_nothing = False
    value = question.default(answers) if callable(question.default) else question.default
    if answers.read_nothing and isinstance(value, str) and "None" in value:
        value = None  # a text around a missing answer
    if value is None and question.optional:
        return {str: "", tuple: (), Secret: Secret("")}.get(question.type)
    return value


def _generated(answers: Answers, name: str) -> Secret:
    answers.generated.append(name)
    return answers.secret(name)
