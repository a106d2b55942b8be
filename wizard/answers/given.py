"""What a person answered so far, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GENERATE = {"generate": "secret"}
"""Stands for a secret that is to be made up."""


@dataclass
class Given:
    """Plain values and Secrets by recipe and question, and the project's own variables; GENERATE stands for itself."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    env: dict[str, Any] = field(default_factory=dict)

    def set(self, recipe: str, question: str, value: Any) -> None:
        self.tables.setdefault(recipe, {})[question] = value
