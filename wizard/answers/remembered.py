"""The answers of a server's set-up, kept between runs on this computer (0600, no secrets), and saved as an answers file."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import tomlkit

from wizard import local_state, private
from wizard.answers import file
from wizard.answers.given import GENERATE, Given
from wizard.errors import WizardError
from wizard.project.secret_names import secret_value
from wizard.recipe import Recipe
from wizard.secret import Secret
from wizard.text import text


def path_of(target: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9.@_-]+", "_", target) or "unnamed"
    return local_state.state_folder() / "answers" / f"{name}.toml"


def read(target: str, recipes: list[Recipe]) -> Given | None:
    """What was answered here before. None where nothing was, or where the file no longer fits the recipes."""
    path = path_of(target)
    try:
        return file.read(path, recipes) if path.is_file() else None
    except WizardError:
        return None


def keep(target: str, given: Given, recipes: list[Recipe]) -> None:
    """A full or read-only disk here must not stop a set-up there."""
    with contextlib.suppress(OSError):
        private.write(path_of(target), as_toml(given, recipes, references=False))


def save(given: Given, recipes: list[Recipe], path: Path) -> None:
    """An answers file with every answer given so far; secrets as references. OSError where it cannot be written."""
    private.write(path.expanduser(), as_toml(given, recipes, references=True))


def as_toml(given: Given, recipes: list[Recipe], *, references: bool) -> str:
    """references: name an environment variable for each secret; otherwise secrets are left out."""
    document = tomlkit.document()
    tables: dict[str, dict[str, Any]] = {r.name: given.tables.get(r.name, {}) for r in recipes}
    if references:  # otherwise the project's own variables are not kept: anything typed there may be a secret
        tables["env"] = given.env
    for name, values in tables.items():
        table = tomlkit.table()
        for key, value in values.items():
            if name == "env" and isinstance(value, str) and secret_value(key, value):
                value = Secret(value)  # noqa: PLW2901  (named like a secret, so taken for one)
            if (item := _item(value, f"{name}_{key}".upper() if name != "env" else key, references)) is not None:
                table[key] = item
        if table:
            document[name] = table
    return "".join(f"# {line}\n" for line in text("answers.remembered").splitlines()) + "\n" + tomlkit.dumps(document)


def _item(value: Any, variable: str, references: bool) -> Any:
    if isinstance(value, Secret) or value == GENERATE:
        inline = tomlkit.inline_table()
        if value == GENERATE:
            inline.update(GENERATE)
        elif value and references:
            inline.update({"env": variable})
        else:
            return None
        return inline
    return list(value) if isinstance(value, tuple) else value
