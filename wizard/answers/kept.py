"""The answers that a server keeps for whoever goes on there: without secrets, and without what names things of one computer.

What a server says is not trusted: only values that their questions take come back, and none that would make this computer
read one of its own files. Opens no connection.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from wizard.answers.given import GENERATE, Given
from wizard.answers.resolve import default
from wizard.errors import WizardError
from wizard.printable import printable
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret
from wizard.server import Server

Tables = dict[str, dict[str, Any]]


FOUND = "found in the project"  # a table of its own: no recipe can have this name


def dumps(answers: Answers, recipes: Sequence[Recipe], before: str = "") -> str:
    """As JSON, a table per recipe, over what was kept before of other recipes. A secret that was made up is kept as such.

    What follows from the files of a folder is not kept: whoever goes on has them, or another project. Where somebody
    answered otherwise, what had been found is kept beside it.
    """
    tables = _tables(before)
    from_files = tables[FOUND] = dict(tables.get(FOUND, {}))
    everywhere = is_portable(answers.tables.get("project", {}).get("source"), recipes)
    for recipe in recipes:
        tables[recipe.name] = {}
        for question in recipe.questions:
            value = answers.tables[recipe.name].get(question.name)
            follows, found = follows_from_files(question, answers)
            from_files.pop(f"{recipe.name}.{question.name}", None)
            if follows and value == found and not everywhere:
                continue
            if follows and value is not None:
                from_files[f"{recipe.name}.{question.name}"] = list(found) if isinstance(found, tuple) else found
            if question.type is Secret:
                if f"{recipe.name}.{question.name}" in answers.generated:
                    tables[recipe.name][question.name] = GENERATE
            elif value is not None and question.portable(value):
                tables[recipe.name][question.name] = list(value) if isinstance(value, tuple) else value
    return json.dumps(tables, ensure_ascii=False, indent=1, sort_keys=True)


def loads(text: str, recipes: Sequence[Recipe]) -> Given:
    """What of it these recipes' questions take; the rest is left out, as if nobody had answered."""
    given, tables = Given(), _tables(text)
    for recipe in recipes:
        for question in recipe.questions:
            value = tables.get(recipe.name, {}).get(question.name)
            if isinstance(value, list):
                value = tuple(value)
            if value is not None and _taken(question, value):
                given.set(recipe.name, question.name, value)
    return given


def found_then(text: str) -> dict[str, Any]:
    """What had been found in the project, by `recipe.question`, when these answers were kept."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in _tables(text).get(FOUND, {}).items()}


def is_portable(source: Any, recipes: Sequence[Recipe]) -> bool:
    """Whether the project's source means the same on every computer."""
    questions = (q for r in recipes if r.name == "project" for q in r.questions if q.name == "source")
    return any(isinstance(source, str) and bool(source) and q.portable(source) for q in questions)


def follows_from_files(question: Question[Any], answers: Answers) -> tuple[bool, Any]:
    """Whether the question's default comes from what was found in the project; and that default."""
    if answers.found is None or not callable(question.default):
        return False, None
    with_it, without = (
        _default(question, Answers(answers.tables, server=answers.server, found=found, recipes=answers.recipes))
        for found in (answers.found, None)
    )
    return with_it != without, with_it


def bound(recipes: Sequence[Recipe]) -> set[tuple[str, str]]:
    """The questions whose answers belong to one project: of what needs `project`, and what its name decides."""
    needs = {r.name: set(r.needs) for r in recipes}
    having = {"project"}
    while more := {name for name, needed in needs.items() if needed & having} - having:
        having |= more
    one, other = ({"name": f"{word}-site", "source": f"https://{word}.example/{word}.git"} for word in ("one", "other"))
    keys = set()
    for recipe in recipes:
        for question in recipe.questions:
            named = [
                _default(question, Answers({recipe.name: {}, "project": project}, server=Server(), recipes=recipes))
                for project in (one, other)
            ]
            if recipe.name in having or named[0] != named[1]:
                keys.add((recipe.name, question.name))
    return keys


def _default(question: Question[Any], answers: Answers) -> Any:
    try:
        return default(question, answers)
    except (WizardError, TypeError, AttributeError, ValueError, KeyError):
        return None  # it builds on an answer that is not there


def _taken(question: Question[Any], value: Any) -> bool:
    if question.type is Secret:
        return bool(value == GENERATE) and question.made_up
    texts = [v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, str)]
    harmless = all(printable(text) == text for text in texts)
    return harmless and question.refusal(value) is None and question.portable(value)


def _tables(text: str) -> Tables:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):  # nesting that Python refuses
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}
