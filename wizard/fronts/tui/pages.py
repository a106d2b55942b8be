"""The order of the pages between Connect and Review: the project, then a page for each recipe that asks something."""

from __future__ import annotations

from typing import Any

from wizard.app.journey import Journey
from wizard.catalog import in_force
from wizard.fronts.here import SOURCE
from wizard.recipe import Question, Recipe


def asked_of(recipe: Recipe) -> list[Question[Any]]:
    """The questions of this recipe's page: where the project is was asked on a page of its own."""
    return [q for q in recipe.questions if (recipe.name, q.name) != SOURCE]


def order(journey: Journey) -> list[str]:
    """The names of all pages, from connect to review."""
    asks_project = any((r.name, q.name) == SOURCE for r in journey.chosen for q in r.questions)
    taking_part = in_force(journey.chosen, journey.given.tables, journey.found)
    pages = [f"questions:{r.name}" for r in taking_part if asked_of(r)]
    return ["connect", *(["project"] if asks_project else []), *pages, "review"]


def position(journey: Journey, name: str) -> tuple[int, int]:
    """The number of this page among those of questions, and how many they are."""
    pages = [page for page in order(journey) if page.startswith("questions:")]
    return pages.index(name) + 1, len(pages)
