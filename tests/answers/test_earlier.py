"""Answers of an earlier set-up: taken up for the same project, and left behind for another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wizard.answers import kept as kept_answers
from wizard.answers.earlier import Earlier
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.catalog import load
from wizard.project.inspect import inspect
from wizard.recipe import Answers
from wizard.server import Server

RECIPES = load()
SERVER = Server(address="203.0.113.7", login_keys=("ssh-ed25519 AAAA a",))


def project(root: Path, name: str) -> Path:
    """A Django project whose settings module is `name`.settings."""
    (root / name).mkdir(parents=True)
    (root / "manage.py").write_text(
        f'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{name}.settings")\n'
        "from django.core.management import execute_from_command_line\n"
    )
    (root / name / "__init__.py").write_text("")
    (root / name / "wsgi.py").write_text(
        f'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{name}.settings")\n'
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    (root / name / "settings.py").write_text(
        "SECRET_KEY = 'x'\nINSTALLED_APPS = []\nROOT_URLCONF = 'x'\nSTATIC_URL = '/assets-of-" + name + "/'\n"
    )
    (root / "requirements.txt").write_text("django\n")
    return root


def kept_of(given: Given, found: Any) -> str:
    answers: Answers = complete(given, RECIPES, server=SERVER, found=found, lenient=True)
    return kept_answers.dumps(answers, RECIPES)


def taken_up(kept: str, given: Given, found: Any = None) -> dict[str, dict[str, Any]]:
    earlier = Earlier()
    earlier.take_up(given, kept_answers.loads(kept, RECIPES), over=set(), found=kept_answers.found_then(kept))
    earlier.leave_behind(given, RECIPES, found)
    return given.tables


def of(source: object, **more: Any) -> Given:
    return Given({"project": {"source": str(source), **more}})


def test_what_follows_from_a_folders_files_is_not_kept(tmp_path: Path) -> None:
    shop = project(tmp_path / "shop", "shop")
    tables = json.loads(kept_of(of(shop, name="site"), inspect(shop)))
    assert "settings_module" not in tables["project"] and "static_url" not in tables["nginx"]
    assert tables["project"]["name"] == "site"


@pytest.mark.parametrize("name", ["site", "notes"])
def test_another_project_gets_its_own_settings_module(tmp_path: Path, name: str) -> None:
    shop, notes = project(tmp_path / "a" / "project", "shop"), project(tmp_path / "b" / "project", "notes")
    found = inspect(notes)
    given = of(notes, name=name)
    taken_up(kept_of(of(shop, name="site"), inspect(shop)), given, found)
    answers = complete(given, RECIPES, server=SERVER, found=found, lenient=True)
    assert answers.project.settings_module == "notes.settings"
    assert answers.project.wsgi == "notes.wsgi:application"
    assert answers.nginx.static_url == "/assets-of-notes/"


def test_an_answer_that_corrects_what_was_found_is_kept_for_the_same_files_only(tmp_path: Path) -> None:
    shop, notes = project(tmp_path / "a" / "project", "shop"), project(tmp_path / "b" / "project", "notes")
    kept = kept_of(of(shop, name="site", settings_module="shop.production"), inspect(shop))
    assert taken_up(kept, of(shop, name="site"), inspect(shop))["project"]["settings_module"] == "shop.production"
    assert "settings_module" not in taken_up(kept, of(notes, name="site"), inspect(notes))["project"]


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (Given(), True), (of("/elsewhere/shop"), True), (of("/elsewhere/x", name="shop"), True),
        (of("/home/ana/notes"), False), (of("/elsewhere/shop", name="notes"), False),
        (of("https://git.example.org/me/notes.git"), False),
    ],
)  # fmt: skip
def test_another_site_does_not_get_the_first_ones_database(given: Given, same: bool) -> None:
    kept = kept_of(of("/home/ana/shop", domain="shop.example.org"), None)
    tables = taken_up(kept, given)
    assert (tables.get("postgres", {}).get("database") == "shop") == same
    assert (tables["project"].get("domain") == "shop.example.org") == same
    assert tables["deploy_user"]["name"] == "deploy"  # what is the server's own is kept for whatever comes


def test_a_repository_that_is_fetched_another_way_is_the_same_project() -> None:
    kept = kept_of(of("https://git.example.org/me/shop.git", name="site", settings_module="shop.settings"), None)
    tables = taken_up(kept, of("git@git.example.org:me/shop.git"))
    assert tables["project"]["name"] == "site" and tables["project"]["settings_module"] == "shop.settings"


def test_a_source_that_is_changed_takes_what_followed_from_the_old_one_along(tmp_path: Path) -> None:
    shop, notes = project(tmp_path / "a" / "project", "shop"), project(tmp_path / "b" / "project", "notes")
    earlier, given = Earlier(), Given()
    earlier.take_up(given, of(shop, name="project", settings_module="shop.settings"), over=set())
    given.set("project", "source", str(notes))
    earlier.leave_behind(given, RECIPES, inspect(notes))
    assert "settings_module" not in given.tables["project"]
