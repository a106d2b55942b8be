"""`wizard answers`: a commented answers file with every question, its default and what was found in the project."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit

from wizard import catalog
from wizard.answers.given import Given
from wizard.answers.resolve import LATER, foreseen
from wizard.fronts.findings import problem
from wizard.fronts.words import Words
from wizard.recipe import Question, Recipe
from wizard.secret import Secret
from wizard.text import text as in_words

EMPTY: dict[Any, str] = {str: '""', int: "1", bool: "true", tuple: "[]"}


def render(project: Path | None, folders: tuple[Path, ...] = ()) -> str:
    """The file's text. project: a folder on this computer to look at."""
    recipes = catalog.load(folders)
    given, found = Given(), None
    if project is not None:
        from wizard.project.inspect import inspect

        found = inspect(project)
        if any(q.name == "source" for r in recipes if r.name == "project" for q in r.questions):
            given.set("project", "source", str(project.resolve()))
    words = Words(recipes)
    values = foreseen(recipes, given, found)
    lines = [*_comment("plain.answers_file.head"), "", *_findings(found)]
    taking_part = catalog.in_force(recipes, given.tables, found)
    for recipe in recipes:
        lines += _table(recipe, values, given, words, taking_part=recipe in taking_part)
    lines += _environment(found)
    return "\n".join(lines) + "\n"


def _comment(code: str) -> Iterator[str]:
    """Words as lines of a comment."""
    yield from (f"# {line}" for line in in_words(code).splitlines())


def _findings(found: Any) -> Iterator[str]:
    """What is not right in the project, as comments."""
    if found is None or not found.problems:
        return
    yield from _comment("plain.answers_file.found")
    for one in found.problems:
        mark = in_words("plain.answers_file.must_put_right_first") if one.stops else "- "
        yield from textwrap.wrap(mark + problem(one), 100, initial_indent="# ", subsequent_indent="#   ")
    yield ""


def _table(
    recipe: Recipe, values: dict[Question[Any], Any], given: Given, words: Words, *, taking_part: bool
) -> Iterator[str]:
    """A recipe's questions. Of one that does not take part unless it is chosen, none is open."""
    if not recipe.questions:
        return
    yield f"[{recipe.name}]"
    for question in recipe.questions:
        text = words.question(recipe.name, question.name)
        yield from textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ")
        value = values[question]
        open_to_answer = (value is None and taking_part) or question.name in given.tables.get(recipe.name, {})
        yield ("" if open_to_answer else "# ") + f"{question.name} = {_toml(question, value)}"
    yield ""


def _toml(question: Question[Any], value: Any) -> str:
    """The value, and what one must know of it."""
    example = in_words("plain.answers_file.like", example=question.example) if question.example else ""
    if question.type is Secret:
        return f'{{ env = "{question.recipe.upper()}_{question.name.upper()}" }}'
    if value is None:
        return in_words("plain.answers_file.must_answered", example=example)
    if value is LATER:
        return in_words("plain.answers_file.default_follows_from_other", empty=EMPTY[question.type], example=example)
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())


def _environment(found: Any) -> Iterator[str]:
    yield from _comment("plain.answers_file.environment")
    yield "[env]"
    names = {n.name: n for n in found.env_names if n.is_open} if found is not None else {}
    for name in names.values():
        shown = tomlkit.item(name.default or "").as_string()
        code = "plain.answers_file.required" if name.required else "plain.answers_file.optional"
        yield f"# {name.name} = {shown}  # {in_words(code, where=name.where)}"
