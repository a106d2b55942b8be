"""A recipe that asks for a project, as the real one does, for the Project screen."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.operations.base import Operation
from wizard.operations.file import directory
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("project", __file__)

source = recipe.ask(Question("source", str, example="~/code/guestbook"))
settings_module = recipe.ask(
    Question(
        "settings_module",
        str,
        lambda a: a.found and a.found.settings_module,
        pattern=r"[\w.]+",
        example="shop.settings",
    )
)


@recipe.step("folder")
def folder(a: Answers) -> Iterator[Operation]:
    yield directory("/srv/shop")
