"""Recipes are found, ordered by what they need, and replaced by a teacher's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard import catalog
from wizard.errors import UsageError, WizardError
from wizard.recipe import Recipe

JOURNEY = [
    "roles", "system_update", "deploy_user", "hardening", "mariadb", "postgres", "redis", "project", "virtualenv", "env_vars",
    "django", "gunicorn", "uvicorn", "celery", "nginx", "sanity_check",
]  # fmt: skip


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "recipe.py").write_text("from wizard.api import Recipe\n" + text)


def test_the_journey_is_in_its_order() -> None:
    assert [r.name for r in catalog.load()] == JOURNEY


def test_own_recipe_of_the_same_name_replaces_ours(tmp_path: Path) -> None:
    write(tmp_path, "nginx", 'recipe = Recipe("nginx", role="web_server", needs=["app_server"])')
    (nginx,) = [r for r in catalog.load([tmp_path]) if r.name == "nginx"]
    assert nginx.folder == tmp_path / "nginx"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("recipe = 1 / 0", "ZeroDivisionError"),
        ("pass", "must define recipe"),
        ('recipe = Recipe("other")', "must define recipe"),
    ],
)
def test_broken_recipe_is_named_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path, "mine", text)
    with pytest.raises(WizardError, match=reason):
        catalog.load([tmp_path])


def test_circle_and_missing_need_are_refused() -> None:
    with pytest.raises(UsageError, match="needs"):
        catalog.ordered([Recipe("a", "", ["b"]), Recipe("b", "", ["a"])])
    with pytest.raises(UsageError, match="'b', which is not there"):
        catalog.ordered([Recipe("a", "", ["b"])])


def test_unknown_recipe_gets_the_nearest_name() -> None:
    with pytest.raises(UsageError) as error:
        catalog.selected(catalog.load(), only=["ngnix"])
    assert error.value.hint == "did you mean 'nginx'?"


def test_until_keeps_all_that_comes_before() -> None:
    assert [r.name for r in catalog.selected(catalog.load(), until="postgres")] == JOURNEY[:6]
