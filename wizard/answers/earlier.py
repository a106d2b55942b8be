"""Answers of an earlier set-up, and whether they are for this project: those of another one are left behind.

They come from the server (answers.kept) or from this computer's memory. Opens no connection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.answers import kept
from wizard.answers.given import Given
from wizard.answers.resolve import default
from wizard.recipe import Answers, Recipe
from wizard.server import Server

Key = tuple[str, str]
SOURCE, NAME = ("project", "source"), ("project", "name")


@dataclass
class Earlier:
    """values: what was taken up, by recipe and question; found: what had been found in the project then, where that is known."""

    values: dict[Key, Any] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    taken: set[Key] = field(default_factory=set)  # those that nobody has given anew

    def take_up(self, given: Given, earlier: Given, *, over: set[Key], found: dict[str, Any] | None = None) -> set[Key]:
        """Adds these answers where nothing is given, or only what may be written `over`. Returns what was added."""
        added = set()
        for table, values in earlier.tables.items():
            for name, value in values.items():
                self.values[table, name] = value
                if name not in given.tables.get(table, {}) or (table, name) in over:
                    given.set(table, name, value)
                    added.add((table, name))
        self.taken |= added
        self.found |= found or {}
        return added

    def leave_behind(self, given: Given, recipes: Sequence[Recipe], found: Any) -> None:
        """Takes out of `given` what is there from an earlier set-up of another project, or followed from other files."""
        stale = kept.bound(recipes) if self.of_another_project(given, recipes) else set()
        if found is not None:
            stale |= self._followed_from_other_files(given, recipes, found)
        stale &= self.taken
        for key in stale - {SOURCE}:
            table, name = key
            if key in self.values and given.tables.get(table, {}).get(name) == self.values[key]:
                del given.tables[table][name]
                del self.values[key]

    def of_another_project(self, given: Given, recipes: Sequence[Recipe]) -> bool:
        """A name decides where one is given; else the source, or the name that it gives (a folder means nothing elsewhere)."""
        name, source = (given.tables.get(t, {}).get(n) for t, n in (NAME, SOURCE))
        before = self.values.get(NAME)
        if before is None:
            return False
        if name is not None and (NAME not in self.taken or name != before):
            return bool(name != before)
        return isinstance(source, str) and not self._same_source(source) and bool(_named(source, recipes) != before)

    def _same_source(self, source: str) -> bool:
        whence = self.values.get(SOURCE)
        return isinstance(whence, str) and _address(source) == _address(whence)

    def _followed_from_other_files(self, given: Given, recipes: Sequence[Recipe], found: Any) -> set[Key]:
        answers = Answers(
            {r.name: dict(given.tables.get(r.name, {})) for r in recipes}, server=Server(), found=found, recipes=recipes
        )
        source = given.tables.get("project", {}).get("source")
        elsewhere = SOURCE in self.values and isinstance(source, str) and not self._same_source(source)
        stale = set()
        for recipe in recipes:
            for question in recipe.questions:
                follows, now = kept.follows_from_files(question, answers)
                key = f"{recipe.name}.{question.name}"
                if follows and (elsewhere or (key in self.found and self.found[key] != now)):
                    stale.add((recipe.name, question.name))
        return stale


def _address(source: str) -> str:
    """Where a source lies: the same for a repository by https and by ssh."""
    if "://" in source or re.match(r"[\w.-]+@[\w.-]+:", source):
        return (
            re.sub(r"^([a-z+]+://)?([^@/]*@)?", "", source.rstrip("/").removesuffix(".git")).replace(":", "/").lower()
        )
    return str(Path(source).expanduser().absolute())


def _named(source: str, recipes: Sequence[Recipe]) -> Any:
    answers = Answers({"project": {"source": source}}, server=Server(), recipes=recipes)
    for recipe in recipes:
        for question in recipe.questions:
            if (recipe.name, question.name) == NAME:
                return default(question, answers)
    return None
