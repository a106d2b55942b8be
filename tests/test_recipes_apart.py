"""Recipes see `wizard.api` alone, and neither each other's names nor paths."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from wizard import api

TOP = Path(__file__).parents[1]
RECIPES = sorted([*TOP.glob("recipes/*/recipe.py"), *TOP.glob("tests/**/recipes*/*/recipe.py")])


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    return names | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(TOP)))
def test_recipe_imports_the_api_and_the_standard_library_only(path: Path) -> None:
    assert {name for name in imported(path) if name.partition(".")[0] in ("wizard", "recipes", "")} <= {"wizard.api"}


def test_there_are_recipes_to_look_at() -> None:
    assert len(RECIPES) >= 18


def test_all_that_the_api_offers_is_there_and_has_a_meaning() -> None:
    for name in api.__all__:
        assert getattr(api, name) is not None
    plain = {"HOST_NAME", "LAST_ERROR", "daemon_reload"}  # texts
    assert not [name for name in api.__all__ if name not in plain and not getattr(api, name).__doc__]


def files_with(word: str, *folders: str) -> set[str]:
    done = subprocess.run(
        ["git", "grep", "-l", "-i", "-e", word, "--", *folders], cwd=TOP, text=True, capture_output=True, check=False
    )
    return set(done.stdout.split())


def test_paths_below_srv_stand_in_one_place() -> None:
    found = {path for path in files_with("/srv/", "wizard", "recipes") if not path.endswith(".md")}
    assert found == {"wizard/site.py"}


def test_app_server_is_named_in_its_recipe_in_detection_and_in_guides_only() -> None:
    found = {path for path in files_with("gunicorn", "wizard", "recipes") if not path.endswith(".md")}
    allowed = ("recipes/gunicorn/", "wizard/project/", "wizard/practice/sample_project/")
    assert {path for path in found if not path.startswith(allowed)} == set()
