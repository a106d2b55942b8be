"""A recipe that asks for a project, as the real one does, for the Project screen."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Operation,
    Question,
    Recipe,
    directory,
)

recipe = Recipe("project")

source = recipe.ask(Question("source", str, example="~/code/guestbook"))
settings_module = recipe.ask(
    Question(
        "settings_module",
        str,
        lambda a: a.found.settings_module if a.found else None,
        pattern=r"[\w.]+",
        example="shop.settings",
    )
)


@recipe.step("folder")
def folder(a: Answers) -> Iterator[Operation]:
    yield directory("/srv/shop")
