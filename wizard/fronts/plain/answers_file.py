"""`wizard answers`: a commented answers file with every question, its default and what was found in the project."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit

from wizard import catalog
from wizard.answers import default
from wizard.fronts.words import Words
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret
from wizard.server import Server

HEAD = """\
# Answers for `wizard setup TARGET --answers THIS-FILE`.
# A line that starts with # is a default: take the # away to change it. Secrets do not belong in here: give
# { env = "NAME" }, { file = "path" } or { generate = "secret" } instead.
"""


def render(project: Path | None, folders: tuple[Path, ...] = ()) -> str:
    """The file's text. project: a folder on this computer to look at."""
    recipes = catalog.load(folders)
    found = None
    if project is not None:
        from wizard.project.inspect import inspect

        found = inspect(project)
    words = Words(recipes)
    answers = Answers({r.name: {} for r in recipes}, server=Server(), found=found)
    questions = {(r.name, q.name): q for r in recipes for q in r.questions}

    def settle(recipe: str, name: str) -> None:
        values = answers.tables[recipe]
        values[name] = None  # where a default builds on itself
        values[name] = _default(questions[recipe, name], answers)

    answers.settle = settle
    if project is not None and "project" in answers.tables:
        answers.tables["project"]["source"] = str(project.resolve())
    lines = [HEAD]
    for recipe in recipes:
        lines += _table(recipe, answers, words)
    lines += _environment(found)
    return "\n".join(lines) + "\n"


def _table(recipe: Recipe, answers: Answers, words: Words) -> Iterator[str]:
    if not recipe.questions:
        return
    yield f"[{recipe.name}]"
    for question in recipe.questions:
        yield from textwrap.wrap(
            words.question(recipe.name, question.name), 100, initial_indent="# ", subsequent_indent="# "
        )
        value = getattr(getattr(answers, recipe.name), question.name)
        mark = "# " if question.default is not None or question.optional else ""
        yield f"{mark}{question.name} = {_toml(question, value)}"
    yield ""


def _default(question: Question[Any], answers: Answers) -> Any:
    try:
        return default(question, answers)
    except (TypeError, AttributeError, ValueError):
        return None  # it builds on an answer that is not there yet


def _toml(question: Question[Any], value: Any) -> str:
    if question.type is Secret:
        return f'{{ env = "{question.recipe.upper()}_{question.name.upper()}" }}'
    if value is None:
        return (
            tomlkit.item("").as_string()
            + f"  # must be answered{', like ' + question.example if question.example else ''}"
        )
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())


def _environment(found: Any) -> Iterator[str]:
    yield "# The project's own environment variables; what the recipes set themselves need not be here."
    yield "[env]"
    for name in found.env_names if found is not None else ():
        where = f"  # {name.where}" + (", required" if name.required else "")
        shown = tomlkit.item(name.default or "").as_string()
        yield f"# {name.name} = {shown}{where}"
