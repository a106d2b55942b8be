"""The answers file (TOML): read, and checked all at once.

A table per recipe, a key per question; `[env]` holds the project's own variables. Secrets are given as
`{ env = "NAME" }`, `{ file = "path" }` or `{ generate = "secret" }`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wizard import own_files
from wizard.answers.given import GENERATE, Given
from wizard.errors import UsageError
from wizard.project.secret_names import secret_value
from wizard.recipe import Question, Recipe
from wizard.secret import Secret
from wizard.text import text

LONGEST = 1024 * 1024  # bytes of an answers file, and of a file that an answer is taken from


def read(path: Path, recipes: Sequence[Recipe]) -> Given:
    """An answers file. UsageError lists everything that is wrong with it, with the nearest right names."""
    try:
        document = tomllib.loads(_text(path))
    except OSError as error:
        raise UsageError("answers.unreadable", path=path, reason=error.strerror) from error
    except own_files.NoTextError as error:
        raise UsageError("answers.unreadable", path=path, reason=error) from error
    except (ValueError, RecursionError) as error:  # of TOML; or numbers and nesting that Python refuses
        raise UsageError("answers.no_toml", path=path, reason=error) from error
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
            problems.append(_with_nearest("answers.no_table", table, by_name))
            continue
        if table == "env":
            for name, value in values.items():
                if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                    _take(given.env, name, value, None, f"env.{name}", folder, problems)
                else:  # it would be a line of a file, and the name of one where it is generated
                    problems.append(text("answers.variable_name", name=repr(name[:60])))
            continue
        if table not in by_name:
            problems.append(_with_nearest("answers.no_recipe", table, [*by_name, "env"]))
            continue
        for name, value in values.items():
            question = by_name[table].get(name)
            if question is None:
                problems.append(_with_nearest("answers.no_question", name, by_name[table], table=table))
                continue
            _take(given.tables.setdefault(table, {}), name, value, question, f"{table}.{name}", folder, problems)
    if problems:
        raise UsageError("answers.unusable", details="\n".join(problems), where=where, n=len(problems))
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
            problems.append(text("answers.refused", answer=where, reason=error.message))
            return
    elif secret and value != "":
        problems.append(text("answers.secret_in_file", answer=where))
        return
    elif secret:
        value = Secret("")
    elif isinstance(value, list):
        value = tuple(value)
    elif question is None:
        value = {True: "True", False: "False"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        value = Secret(value) if secret_value(name, value) else value
    if question is not None and value == GENERATE and (question.type is not Secret or not question.made_up):
        problems.append(text("answers.not_made_up", answer=where))
        return
    if question is not None and value != GENERATE and (reason := question.refusal(value)) is not None:
        problems.append(text("answers.refused", answer=where, reason=reason))
        return
    table[name] = value


def _resolve(value: dict[str, Any], folder: Path, *, as_secret: bool) -> Any:
    """`{ env = … }`, `{ file = … }` or `{ generate = "secret" }`. UsageError says why it cannot be had."""
    match value:
        case {"env": str(name)} if len(value) == 1:
            if "\0" in name or name not in os.environ:
                raise UsageError("answers.env_missing", name=name)
            plain = os.environ[name]
            if re.search("[\ud800-\udfff]", plain):
                raise UsageError("answers.env_no_text", name=name)
        case {"file": str(name)} if len(value) == 1:
            try:
                plain = _text(folder / Path(name).expanduser()).removesuffix("\n")
            except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~ of a user who is not there
                raise UsageError("answers.file_unreadable", name=name, reason=error) from error
        case {"generate": "secret"} if len(value) == 1:
            return GENERATE
        case _:
            raise UsageError("answers.must.value")
    return Secret(plain) if as_secret else plain


def _with_nearest(code: str, name: str, names: Iterable[str], **fields: object) -> str:
    """The words for a name that is not there, with the nearest one that is."""
    near = difflib.get_close_matches(name, list(names), 1, cutoff=0.5)
    said = text(code, name=name, **fields)
    return text("answers.did_you_mean", said=said, near=near[0]) if near else said
