"""Which text of a variable makes a project use PostgreSQL, however the settings make their choice of it."""

from __future__ import annotations

import pytest

from tests.project.conftest import Tree
from wizard.project.inspect import EnvName, Found, Problem, inspect

HEAD = "import os\nimport environ\nfrom decouple import config\nenv = environ.Env()\nget = os.environ.get\n"
BACKEND = "django.db.backends.postgresql"


def decides(found: Found, name: str) -> EnvName:
    return next(one for one in found.env_names if one.name == name)


@pytest.mark.parametrize(
    "settings, postgres",
    [
        ('DATABASES = {"default": {"ENGINE": get("X_ENGINE", "django.db.backends.sqlite3")}}', BACKEND),
        ('DATABASES = {"default": {"ENGINE": os.environ["X_ENGINE"]}}', BACKEND),
        ('DATABASES = {"default": {"ENGINE": env("X_ENGINE", default="django.db.backends.mysql")}}', BACKEND),
        ('DATABASES = {"default": {"ENGINE": config("X_ENGINE", default="django.db.backends.sqlite3")}}', BACKEND),
        ('E = get("X_ENGINE", "django.db.backends.sqlite3")\nDATABASES = {"default": {"ENGINE": E}}', BACKEND),
        ('DATABASES = {"default": dict(ENGINE=get("X_ENGINE", "django.db.backends.sqlite3"))}', BACKEND),
        ('DATABASES = {"default": {"ENGINE": "django.db.backends." + get("X_ENGINE", "sqlite3")}}', "postgresql"),
        ("DATABASES = {'default': {'ENGINE': f\"django.db.backends.{get('X_ENGINE', 'sqlite3')}\"}}", "postgresql"),
        ('DATABASES = {"default": {"ENGINE": "django.db.{}".format(get("X_ENGINE", "x"))}}', "backends.postgresql"),
        ('DATABASES = {"default": {"ENGINE": "django.db.backends.%s" % get("X_ENGINE", "sqlite3")}}', "postgresql"),
        ('DATABASES = {"default": {"ENGINE": get("X_ENGINE", "django_prometheus.db.backends.sqlite3")}}',
         "django_prometheus.db.backends.postgresql"),
        ('DATABASES = {"default": {"ENGINE": get("X_ENGINE", "django.contrib.gis.db.backends.spatialite")}}',
         "django.contrib.gis.db.backends.postgis"),
        ('DATABASES = {"default": {"ENGINE": get("X_ENGINE", "django.db.backends.postgresql_psycopg2")}}',
         "django.db.backends.postgresql_psycopg2"),
    ],
)  # fmt: skip
def test_an_engine_from_a_variable_is_postgresql(project: Tree, settings: str, postgres: str) -> None:
    one = decides(inspect(project(HEAD + settings)), "X_ENGINE")
    assert (one.purpose, one.postgres) == ("database_engine", postgres)


@pytest.mark.parametrize(
    "settings, postgres",
    [
        ('if get("DB_TYPE", "sqlite") == "postgres":\n    DATABASES = {"default": {}}', "postgres"),
        ('K = get("DB_TYPE", "sqlite").lower()\nif K in ("postgresql", "pg"):\n    DATABASES = {}', "postgresql"),
        ('K = get("DB_TYPE")\nif K == "mysql":\n    pass\nelif K == "psql":\n    DATABASES = {}', "psql"),
        ('K = get("DB_TYPE")\nif K == "sqlite":\n    pass\nelse:\n    DATABASES = {}', "postgresql"),
        ('match get("DB_TYPE"):\n    case "pg" | "postgres":\n        DATABASES = {}\n    case _:\n        pass', "pg"),
        ('E = {"lite": "django.db.backends.sqlite3", "big": "django.db.backends.postgresql"}\n'
         'DATABASES = {"default": {"ENGINE": E[get("DB_TYPE", "lite")]}}', "big"),
        ('ALL = {"lite": {"ENGINE": "x.sqlite3"}, "pg": {"ENGINE": "x.postgresql"}}\nK = get("DB_TYPE", "lite")\n'
         'DATABASES = {"default": ALL.get(K)}', "pg"),
        ('DATABASES = {"default": {"ENGINE": "a.postgresql" if get("DB_TYPE") == "postgres" else "a.sqlite3"}}', "postgres"),
    ],
)  # fmt: skip
def test_the_word_for_postgresql_is_the_one_that_the_project_knows(project: Tree, settings: str, postgres: str) -> None:
    one = decides(inspect(project(HEAD + settings)), "DB_TYPE")
    assert (one.purpose, one.postgres, one.is_open) == ("database_engine", postgres, False)


@pytest.mark.parametrize(
    "settings, name, postgres",
    [
        ('if env.bool("USE_POSTGRES", default=False):\n    DATABASES = {}', "USE_POSTGRES", "True"),
        ('if get("USE_POSTGRES") == "1":\n    DATABASES = {}', "USE_POSTGRES", "1"),
        ('if get("USE_PG", "no").lower() in ("yes", "y"):\n    DATABASES = {}', "USE_PG", "yes"),
        ('if int(get("USE_POSTGRES", "0")):\n    DATABASES = {}', "USE_POSTGRES", "1"),
        ('if not config("USE_SQLITE", default=True, cast=bool):\n    DATABASES = {}', "USE_SQLITE", "False"),
        ('if not get("USE_SQLITE", "1"):\n    DATABASES = {}', "USE_SQLITE", ""),
    ],
)
def test_a_switch_is_set_so_that_it_leads_to_postgresql(project: Tree, settings: str, name: str, postgres: str) -> None:
    one = decides(inspect(project(HEAD + settings)), name)
    assert (one.purpose, one.postgres) == ("database_engine", postgres)


def test_a_choice_that_cannot_be_understood_is_asked_for(project: Tree) -> None:
    settings = 'from elsewhere import database_for\nDATABASES = database_for(get("DB_TYPE", "lite"))'
    found = inspect(project(HEAD + settings))
    one = decides(found, "DB_TYPE")
    assert (
        one.required
        and one.is_open
        and Problem("database_choice_unclear", "site1/settings.py", 7, "DB_TYPE") in found.problems
    )


def test_a_choice_that_has_nothing_to_do_with_the_database_is_left_alone(project: Tree) -> None:
    one = decides(
        inspect(project(HEAD + 'DB_DRIVER = get("DB_DRIVER", "ODBC")\nDATABASES = {"default": env.db()}')), "DB_DRIVER"
    )
    assert (one.required, one.purpose, one.postgres) == (False, None, None)


@pytest.mark.parametrize(
    "entry, expected",
    [
        ('"ENGINE": get("E", "x.sqlite3"), "NAME": get("DB_NAME"), "USER": get("DB_USER"), "PASSWORD": get("DB_PASSWORD"), '
         '"HOST": get("DB_HOST")', True),
        ('"ENGINE": "django.db.backends.sqlite3", "NAME": get("DB_NAME", "db.sqlite3")', False),
        ('"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "me", "PASSWORD": get("DB_PASSWORD")', False),
        ('"ENGINE": "django.db.backends.postgresql", "NAME": get("DB_NAME"), "USER": get("DB_USER"), "PASSWORD": '
         'get("DB_PASSWORD"), "HOST": "db"', False),
        ('"ENGINE": "django.db.backends.postgresql", "NAME": get("DB_NAME"), "USER": get("DB_USER"), "PASSWORD": '
         'get("DB_PASSWORD"), "HOST": "localhost"', True),
        ('"ENGINE": "django.db.backends.mysql", "NAME": get("DB_NAME"), "USER": get("DB_USER"), "PASSWORD": '
         'get("DB_PASSWORD"), "HOST": get("DB_HOST")', False),
    ],
)  # fmt: skip
def test_variables_count_only_where_they_alone_lead_to_the_servers_database(
    project: Tree, entry: str, expected: bool
) -> None:
    found = inspect(project(HEAD + f'DATABASES = {{"default": {{{entry}}}}}'))
    assert found.database_by_variables is expected
    alone = found.mysql_by_variables if found.uses_mysql else expected
    assert ("database_in_source" in {one.code for one in found.problems}) is not alone


def test_a_url_by_any_name_is_found(project: Tree) -> None:
    settings = (
        'import dj_database_url\nDATABASES = {"default": dj_database_url.parse(get("WHERE_DATA_IS", "sqlite:///x"))}'
    )
    one = decides(inspect(project(HEAD + settings)), "WHERE_DATA_IS")
    assert (one.purpose, one.kind) == ("database_url", "url")


def test_a_url_is_enough(project: Tree) -> None:
    assert inspect(project(HEAD + 'DATABASES = {"default": env.db()}')).database_by_variables
