"""The screens, one a file; `make` is told which by the name of a station."""

from __future__ import annotations

import importlib

from wizard.fronts.tui.screens.page import Page


def make(name: str) -> Page:
    """The page of a station; `questions:RECIPE` is the page of that recipe's questions."""
    kind, _, rest = name.partition(":")
    module = importlib.import_module(f"wizard.fronts.tui.screens.{kind}")
    page: Page = module.make(rest) if rest else module.make()
    return page
