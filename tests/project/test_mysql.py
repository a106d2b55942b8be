"""What a look at a project that is made for MySQL or MariaDB finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import made
from wizard import catalog
from wizard.project.inspect import inspect
from wizard.role import recommended


def chosen(name: str, folder: Path) -> str:
    candidates = [one for one in catalog.load() if one.role == "database"]
    return recommended(candidates, inspect(made(name, folder)))


@pytest.mark.parametrize("name", ["mysql-in-code", "mysql-by-variables"])
def test_mariadb_is_recommended_where_the_settings_name_mysql(name: str, tmp_path: Path) -> None:
    assert chosen(name, tmp_path) == "mariadb"


def test_postgresql_stays_recommended_for_others(tmp_path: Path) -> None:
    assert chosen("settings-engine-from-variable", tmp_path) == "postgres"


def test_a_database_in_the_code_is_set_by_a_file_on_the_server(tmp_path: Path) -> None:
    found = inspect(made("mysql-in-code", tmp_path))
    assert not found.mysql_by_variables and found.has_mysql_driver
    codes = {problem.code for problem in found.problems}
    assert "database_in_source" in codes and not codes & {"no_database_driver", "no_mysql_driver"}


def test_variables_of_mysql_are_known_by_their_purpose(tmp_path: Path) -> None:
    found = inspect(made("mysql-by-variables", tmp_path))
    purposes = {name.name: name.purpose for name in found.env_names}
    for part in ("USER", "PASSWORD", "HOST", "PORT"):
        assert purposes[f"DJANGO_MYSQL_{part}"] == f"database_{part.lower()}"
    assert purposes["DJANGO_MYSQL_DATABASE"] == "database_name"
    engine = next(name for name in found.env_names if name.name == "DJANGO_DB_ENGINE")
    assert (engine.mysql, engine.postgres) == ("django.db.backends.mysql", "django.db.backends.postgresql")
    assert found.mysql_by_variables and "database_in_source" not in {one.code for one in found.problems}


def test_a_project_without_a_driver_gets_one(tmp_path: Path) -> None:
    top = made("mysql-in-code", tmp_path)
    (top / "requirements.txt").write_text("Django>=4.2\n")
    found = inspect(top)
    assert not found.has_mysql_driver
    assert [problem.fields for problem in found.problems if problem.code == "no_mysql_driver"] == [("mysqlclient",)]
