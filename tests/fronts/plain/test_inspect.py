"""`wizard inspect`: what is in a project, for a person and for a program; and the exit status that tells them apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wizard.cli import cli
from wizard.practice.sample import PROJECT

SETTINGS = """
import os
SECRET_KEY = os.environ["SECRET_KEY"]
GATE = os.environ["MAIL_GATE"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["django.contrib.auth"]
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["inspect", *arguments])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "manage.py").write_text("import django\n")
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS)
    (tmp_path / "shop" / "wsgi.py").write_text("from django.core.wsgi import get_wsgi_application\n")
    return tmp_path


def test_a_project_is_described_with_file_and_line() -> None:
    result = run(str(PROJECT))
    assert result.exit_code == 0, result.output
    assert "config.settings" in result.stdout and ">=5.2,<5.3" in result.stdout
    line = next(line for line in result.stdout.splitlines() if "SECRET_KEY " in line)
    assert line.split() == [
        "SECRET_KEY",
        "secret",
        "key",
        "required",
        "config/settings.py:10",
        "set",
        "by",
        "the",
        "wizard",
    ]
    assert "Cannot be set up" not in result.stdout and "will ask for" not in result.stdout


def test_a_variable_that_only_a_person_knows_is_among_the_questions(shop: Path) -> None:
    result = run(str(shop))
    asked = result.stdout.partition("The set-up will ask for")[2]
    assert "MAIL_GATE" in asked and "shop/settings.py:4" in asked and "SECRET_KEY" not in asked


def test_a_project_that_cannot_run_ends_with_1_and_says_why(shop: Path) -> None:
    (shop / "shop" / "urls.py").write_text("urlpatterns = [\n")
    result = run(str(shop))
    assert result.exit_code == 1
    assert "shop/urls.py line 1" in result.stdout.partition("Cannot be set up as it is:")[2]


def test_json_holds_every_finding_with_its_sentence_and_no_sign_for_terminals(shop: Path) -> None:
    (shop / "shop" / "settings.py").write_text(SETTINGS + 'DEBUG = True\nNAME = os.environ.get("A", "\\x1b[31mred")\n')
    result = run(str(shop), "--json")
    found = json.loads(result.stdout)
    assert found["settings_module"] == "shop.settings" and found["stops"] is False
    debug = next(one for one in found["problems"] if one["code"] == "debug_true")
    assert (debug["file"], debug["line"]) == ("shop/settings.py", 7) and "DEBUG is on" in debug["words"]
    assert "\x1b" not in result.stdout and "u001b" not in result.stdout


@pytest.mark.parametrize("project", ["nowhere", "https://127.0.0.1:1/none.git"])
def test_what_is_no_project_ends_with_2_and_says_what_to_do_next(tmp_path: Path, project: str) -> None:
    result = run(project if "://" in project else str(tmp_path / project))
    assert result.exit_code == 2 and "Next: " in result.stderr and not result.stdout


def test_of_several_projects_the_one_that_is_named_is_looked_at(shop: Path) -> None:
    for lesson in ("lesson1", "lesson2"):
        (shop / lesson / "site").mkdir(parents=True)
        (shop / lesson / "manage.py").write_text("import django\n")
        (shop / lesson / "site" / "settings.py").write_text(SETTINGS)
    found = json.loads(run(str(shop), "--folder", "lesson2", "--json").stdout)
    assert (found["root"], found["settings_module"]) == ("lesson2", "site.settings")
