"""The variables and files that a site gets, from what was found in its project."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.projects import made
from wizard import catalog
from wizard.answers import kept as kept_answers
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.operations.file import File
from wizard.project.inspect import inspect
from wizard.recipe import Answers
from wizard.secret import Secret
from wizard.server import Server

RECIPES = catalog.load()
KEYS = ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAeA3OdyxqZRbxGNAUDvSrKSrUBaNQBBGBNVtHVJYU3X me",)


def recipe(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"of_{name}", catalog.own_folder() / name / "recipe.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answered(folder: Path, **more: dict[str, Any]) -> Answers:
    """All answers for this project, the defaults where nothing else is given."""
    given = Given({"project": {"source": str(folder)}, **more})
    server = Server(login_keys=KEYS, address="192.0.2.7")
    return complete(given, RECIPES, server=server, found=inspect(folder))


def variables(a: Answers) -> dict[str, str]:
    values: dict[str, str | Secret] = recipe("env_vars").variables(a)
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


def files(a: Answers, step: str) -> dict[str, str]:
    wanted = next(s for r in RECIPES for s in r.steps if s.id == step)
    operations = wanted.operations(a) if wanted.when is None or wanted.when(a) else ()
    return {op.path.rpartition("/")[2]: op.content.decode() for op in operations if isinstance(op, File)}


def test_an_engine_from_a_variable_is_set_and_the_code_stays_as_it_is(tmp_path: Path) -> None:
    a = answered(made("settings-engine-from-variable", tmp_path))
    found = variables(a)
    assert found["SQL_ENGINE"] == "django.db.backends.postgresql"
    assert (found["SQL_DATABASE"], found["SQL_HOST"], found["SQL_PORT"]) == (a.postgres.database, "127.0.0.1", "5432")
    assert found["SQL_PASSWORD"] == a.secret("database_password").reveal()
    assert not a.env_vars.override_settings and found["DJANGO_SETTINGS_MODULE"] == "garden.settings"


@pytest.mark.parametrize("name", ["wsgi-sets-settings", "wsgi-sets-settings-open"])
def test_settings_that_wsgi_py_names_come_too_late(tmp_path: Path, name: str) -> None:
    a = answered(made(name, tmp_path))
    assert a.project.wsgi == "server_wsgi:application" and a.env_vars.override_settings
    assert variables(a)["PYTHONPATH"] == f"/etc/{a.project.name}/python"
    text = files(a, "env_vars/settings")["server_wsgi.py"]
    assert text.index("settings.INSTALLED_APPS") < text.index("from garden.wsgi import application as application")


LOADS = """
import server_wsgi
from django.conf import settings
print(settings.DEBUG, settings.DATABASES["default"]["ENGINE"], settings.ALLOWED_HOSTS, settings.SECRET_KEY)
"""


def test_the_application_has_the_servers_settings_although_wsgi_py_names_others(tmp_path: Path) -> None:
    top = made("wsgi-sets-settings-open", tmp_path)
    a = answered(top)
    for name, text in files(a, "env_vars/settings").items():
        (tmp_path / name).write_text(text)
    env = {**variables(a), "PYTHONPATH": f"{tmp_path}:{top}"}
    done = subprocess.run(
        [sys.executable, "-c", LOADS], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    expected = f"False django.db.backends.postgresql ['192.0.2.7'] {a.secret('secret_key').reveal()}\n"
    assert done.stdout == expected


def test_other_settings_than_those_that_wsgi_py_names_can_be_chosen(tmp_path: Path) -> None:
    top = made("wsgi-sets-settings", tmp_path)
    (top / "garden" / "settings.py").write_text("from garden.common import *\n")  # all of it is read from variables
    assert not answered(top).env_vars.override_settings
    assert answered(top, project={"source": str(top), "settings_module": "garden.common"}).env_vars.override_settings


def test_a_manage_py_that_names_settings_is_gone_past(tmp_path: Path) -> None:
    a = answered(made("manage-sets-settings", tmp_path))
    assert 'exec 3<&- "$0" -m django "$@"' in files(a, "env_vars/manage")[f"{a.project.name}-manage"]
    a = answered(made("base", tmp_path))
    assert 'exec 3<&- "$0" manage.py "$@"' in files(a, "env_vars/manage")[f"{a.project.name}-manage"]
    assert a.project.wsgi == "garden.wsgi:application" and not a.env_vars.override_settings


def test_every_variable_that_the_servers_settings_read_is_set(tmp_path: Path) -> None:
    top = made("base", tmp_path)
    (top / "garden" / "settings.py").write_text(
        "from garden.common import *\nALLOWED_HOSTS = []\n"
        'if origins := os.getenv("SHOP_CSRF_ORIGINS"):\n    CSRF_TRUSTED_ORIGINS = origins.split(" ")\n'
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.getenv("SHOP_DB_NAME", "x")}}\n'
    )
    a = answered(top)
    found, text = variables(a), files(a, "env_vars/settings")["server_settings.py"]
    read = {line.partition('os.environ["')[2].partition('"')[0] for line in text.splitlines() if "os.environ[" in line}
    assert read == {"ALLOWED_HOSTS", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT"} and read <= set(found)
    assert found["SHOP_CSRF_ORIGINS"] == f"https://{a.project.domain} http://{a.project.domain}"


def test_a_site_without_static_files_gets_no_settings_for_them(tmp_path: Path) -> None:
    assert not answered(made("api-without-staticfiles", tmp_path)).env_vars.override_settings


def test_a_setting_that_is_fixed_after_a_variable_was_read_for_it_is_changed(tmp_path: Path) -> None:
    text = files(answered(made("wsgi-sets-settings-open", tmp_path)), "env_vars/settings")["server_settings.py"]
    for line in ('SECRET_KEY = os.environ["SECRET_KEY"]', "DEBUG = False", "ALLOWED_HOSTS = os.environ", "postgresql"):
        assert line in text


@pytest.mark.parametrize(
    "place", ['os.path.join(BASE_DIR, "static")', 'BASE_DIR / "a" / "b"', 'str(BASE_DIR / "a")', '"/srv/s"']
)
def test_a_folder_of_static_files_that_is_fixed_after_a_variable_was_read_for_it_is_changed(
    tmp_path: Path, place: str
) -> None:
    top = made("base", tmp_path)
    (top / "garden" / "settings.py").write_text(f"from garden.common import *\nSTATIC_ROOT = {place}\n")
    assert 'STATIC_ROOT = os.environ["STATIC_ROOT"]' in files(answered(top), "env_vars/settings")["server_settings.py"]
    (top / "garden" / "settings.py").write_text("from garden.common import *\n")
    assert not answered(top).env_vars.override_settings


def test_a_gunicorn_that_cannot_run_here_is_replaced(tmp_path: Path) -> None:
    top = made("base", tmp_path)
    (top / "requirements.txt").write_text("Django==5.2.*\npsycopg[binary]\ngunicorn==20.1.0\n")
    assert answered(top).virtualenv.extra_packages == ("gunicorn>=22",)


def test_a_pin_that_does_not_work_with_the_servers_python_is_replaced(tmp_path: Path) -> None:
    top = made("base", tmp_path)
    (top / "requirements.txt").write_text("Django==2.0.7\npsycopg2==2.7.5\npsycopg2-binary==2.8.6\nPillow==5.4.1\n")
    instead = ("django==2.2.28", "psycopg2-binary==2.9.5", "psycopg2==2.9.3")
    assert answered(top).virtualenv.replaced_packages == instead


def test_a_site_that_asks_for_https_is_served_over_http_only_when_that_is_answered(tmp_path: Path) -> None:
    top = made("secure-cookies-without-tls", tmp_path)
    assert not answered(top).env_vars.override_settings
    text = files(answered(top, env_vars={"plain_http": True}), "env_vars/settings")["server_settings.py"]
    assert "SESSION_COOKIE_SECURE = False" in text and "SECURE_SSL_REDIRECT = False" in text


@pytest.mark.parametrize(
    "django, driver",
    [
        (">=4.2,<5.3", "psycopg[binary]"),
        ("", "psycopg[binary]"),
        ("~=3.2.0", "psycopg2-binary"),
        ("==4.1.*", "psycopg2-binary"),
        (">=3.2", "psycopg[binary]"),
        ("==2.2.28", "psycopg2-binary"),
    ],
)
def test_the_driver_that_is_added_fits_django(tmp_path: Path, django: str, driver: str) -> None:
    top = made("base", tmp_path)
    (top / "requirements.txt").write_text(f"Django{django}\n")
    a = answered(top)
    assert a.virtualenv.extra_packages == ("gunicorn", driver)
    # a driver that is newer than its Django
    assert ("_utc_tzinfo_factory" in str(files(a, "env_vars/settings").get("server_settings.py"))) == ("2.2" in django)


@pytest.mark.parametrize(
    "folder, name",
    [
        ("Olá Mundo – São João", "ola-mundo-sao-joao"),
        ("Año 2024 ¡Ñandú!", "ano-2024-nandu"),
        ("Straße Øl", "strasse-ol"),
        ("2024", "site-2024"),
        ("магазин", "site"),
        ("日本", "site"),
        ("mail", "mail-site"),
        ("...", "site"),
        ("a" * 60, "a" * 24),
        ("abcdefghijklmnopqrstuvw xyz", "abcdefghijklmnopqrstuvw"),
    ],
)
def test_the_name_that_follows_from_a_folder_is_always_acceptable(tmp_path: Path, folder: str, name: str) -> None:
    made("base", tmp_path).rename(tmp_path / folder)
    a = answered(tmp_path / folder)
    question = next(q for r in RECIPES for q in r.questions if (q.recipe, q.name) == ("project", "name"))
    assert a.project.name == name and question.refusal(name) is None


def test_that_nothing_had_to_be_changed_is_not_kept_for_the_next_project(tmp_path: Path) -> None:
    text = kept_answers.dumps(answered(made("base", tmp_path)), RECIPES)
    assert "override_settings" not in kept_answers.loads(text, RECIPES).tables.get("env_vars", {})
    old = '{"env_vars": {"override_settings": false}}'  # kept by a version before
    assert "override_settings" not in kept_answers.loads(old, RECIPES).tables.get("env_vars", {})
