"""The answers that a server keeps for whoever goes on there: without secrets, and without what names things of one computer.

What a server says is not trusted: only values that their questions take come back, and none that would make this computer
read one of its own files. Opens no connection.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from wizard.answers import GENERATE, Given
from wizard.printable import printable
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import Secret

Tables = dict[str, dict[str, Any]]


def dumps(answers: Answers, recipes: Sequence[Recipe], before: str = "") -> str:
    """As JSON, a table per recipe, over what was kept before of other recipes. A secret that was made up is kept as such."""
    tables = _tables(before)
    for recipe in recipes:
        tables[recipe.name] = {}
        for question in recipe.questions:
            value = answers.tables[recipe.name].get(question.name)
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
