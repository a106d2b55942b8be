"""What a project needs that a server does not give is said before the server is touched."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.project.conftest import MANAGE, WSGI, Tree
from tests.projects import made
from wizard.project.inspect import Found, Problem, inspect

HEAD = "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).parent.parent\n"
SQLITE = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}\n'


def said(found: Found, code: str) -> list[tuple[str, ...]]:
    return [problem.fields for problem in found.problems if problem.code == code]


@pytest.mark.parametrize(
    "statement, folder",
    [
        ('(BASE_DIR / "var").mkdir(exist_ok=True)', "var"),
        ('(BASE_DIR / "var" / "log").mkdir(parents=True)', "var/log"),
        ('os.makedirs(os.path.join(BASE_DIR, "var"), exist_ok=True)', "var"),
        ('LOGS = BASE_DIR / "logs"\nLOGS.mkdir(exist_ok=True)', "logs"),
        ('Path(os.environ.get("VAR", "/tmp")).mkdir(exist_ok=True)', None),
        ('(BASE_DIR / "kept").mkdir(exist_ok=True)', None),
        ('if DEBUG:\n    (BASE_DIR / "var").mkdir()', "var"),
        (
            'VAR = os.path.join(BASE_DIR, "var")\nif not os.path.exists(VAR):\n    os.makedirs(VAR, exist_ok=True)',
            "var",
        ),
        ('def later():\n    (BASE_DIR / "var").mkdir()', None),
        ('Path("/run/x").mkdir()', None),
    ],
)
def test_a_folder_that_the_settings_make_beside_the_code(project: Tree, statement: str, folder: str | None) -> None:
    found = inspect(project(HEAD + statement, {"kept/.keep.txt": "", "kept/a.txt": ""}))
    assert found.written == ((folder,) if folder else ()) and not found.stops


@pytest.mark.parametrize(
    "files, written",
    [({}, "log"), ({"log/.gitkeep": "", "log/old.log": ""}, "log"), ({"log/models.py": ""}, "log/site.log")],
)
def test_a_log_file_is_written_where_the_site_may_write(project: Tree, files: dict[str, str], written: str) -> None:
    logging = (
        'LOGGING = {"handlers": {"file": {"class": "logging.FileHandler", "filename": BASE_DIR / "log/site.log"}}}\n'
    )
    assert inspect(project(HEAD + logging, dict(files))).written == (written,)


def test_a_log_file_beside_the_code_is_said_and_does_not_stop(tmp_path: Path) -> None:
    found = inspect(made("release-that-does-not-start", tmp_path))
    assert said(found, "log_file_in_project") == [("garden/settings.py", "5", "logs/django.log")] and not found.stops


def test_content_in_sqlite_stays_behind(project: Tree) -> None:
    top = project(HEAD + SQLITE, {"db.sqlite3": b"SQLite format 3\x00"})
    assert said(inspect(top), "database_content_stays") == [("db.sqlite3",)]
    (top / ".gitignore").write_text("*.sqlite3\n")  # a laptop's own, which nobody expects on the server
    subprocess.run(["git", "init", "-q", top], check=True, timeout=60)
    assert said(inspect(top), "database_content_stays") == []
    subprocess.run(["git", "-C", top, "add", "--force", "db.sqlite3"], check=True, timeout=60)
    found = inspect(top)
    assert said(found, "database_content_comes") == [("db.sqlite3",)] and found.content == "db.sqlite3"


def test_static_files_that_are_kept_in_static_root(project: Tree) -> None:
    settings = HEAD + 'STATIC_ROOT = BASE_DIR / "static"\n'
    found = inspect(project(settings, {"static/staticfiles.json": "{}", "static/a.css": ""}))
    assert said(found, "static_root_tracked") == [("site1/settings.py", "4", "static")]


@pytest.mark.parametrize(
    "path, text, problem",
    [
        (
            "package.json",
            '{"scripts": {"build": "vite build"}}',
            Problem("needs_build", "package.json", "npm run build"),
        ),
        ("requirements.txt", "Django\ncelery[redis]>=5\n", Problem("needs_worker", "celery")),
        ("requirements.txt", "Django\ngunicorn==20.1.0\n", Problem("old_app_server", "gunicorn", "==20.1.0")),
        ("requirements.txt", "Django\nPillow==5.4.1\n", Problem("old_package", "pillow", "5.4.1", "3.11")),
        ("requirements.txt", "Django==6.0.*\n", Problem("needs_python", "3.12")),
    ],
)
def test_packages_and_builds(project: Tree, path: str, text: str, problem: Problem) -> None:
    assert problem in inspect(project("", {path: text})).problems


@pytest.mark.parametrize(
    "text", ["[", "[]", '{"scripts": 1}', '{"scripts": {"build": 1}}', '{"scripts": {"test": "x"}}']
)
def test_a_package_json_without_a_build_says_nothing(project: Tree, text: str) -> None:
    assert said(inspect(project("", {"package.json": text})), "needs_build") == []


def test_old_releases_without_wheels_bring_what_compiles_them(project: Tree) -> None:
    found = inspect(project("", {"requirements.txt": "psycopg2-binary==2.9.3\nPillow==11.1\n"}))
    assert {"gcc", "libpq-dev", "python3-dev"} <= set(
        found.native_packages
    ) and "libjpeg-dev" not in found.native_packages


@pytest.mark.parametrize(
    "line, code",
    [
        ("SESSION_COOKIE_SECURE = True", "secure_cookies"),
        ("CSRF_COOKIE_SECURE = not DEBUG", "secure_cookies"),
        ("if not DEBUG:\n    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True", "secure_cookies"),
        ('SESSION_COOKIE_SECURE = os.environ.get("S", "True") == "True"', "secure_cookies"),
        ("ON = True\nSESSION_COOKIE_SECURE = ON", "secure_cookies"),
        ("SECURE_SSL_REDIRECT = True", "https_redirect"),
        ("SECURE_SSL_REDIRECT = not DEBUG", "https_redirect"),
        ("SECURE_SSL_REDIRECT = False", None),
        ("SESSION_COOKIE_SECURE = DEBUG", None),
        ('SESSION_COOKIE_SECURE = os.environ.get("S") == "True"', None),
    ],
)
def test_settings_that_need_https_are_said_with_their_line(project: Tree, line: str, code: str | None) -> None:
    found = inspect(project(f"import os\nDEBUG = False\n{line}"))
    named = [one for one in found.problems if one.code in {"secure_cookies", "https_redirect"}]
    assert [(one.code, one.file) for one in named] == ([(code, "site1/settings.py")] if code else [])
    assert all(one.line and one.line >= 3 for one in named) and not found.stops


@pytest.mark.parametrize(
    "statement, module",
    [
        ('os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"', "site1.settings"),
        ('os.environ.update({"DJANGO_SETTINGS_MODULE": "site1.settings"})', "site1.settings"),
        ('os.environ.update(DJANGO_SETTINGS_MODULE="site1.settings")', "site1.settings"),
        ('if os.path.exists("/x"):\n    os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"', "site1.settings"),
        ('from os import environ\nenviron["DJANGO_SETTINGS_MODULE"] = f"site1.{x}"', "f'site1.{x}'"),
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")', None),
        ('if "DJANGO_SETTINGS_MODULE" not in os.environ:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "a"', None),
        ('os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_SETTINGS_MODULE", "site1.settings")', None),
    ],
)
def test_entry_points_that_choose_the_settings_whatever_they_are_told(
    project: Tree, statement: str, module: str | None
) -> None:
    wsgi = f"import os\n{statement}\nfrom django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    manage = f"import os, sys\ndef main():\n{' ' * 4}{statement.replace(chr(10), chr(10) + ' ' * 4)}\n    django = 1\nmain()\n"
    found = inspect(project("", {"site1/wsgi.py": wsgi, "manage.py": manage}))
    assert (found.entry_sets_settings, found.manage_sets_settings) == (module, module)
    codes = [(one.code, one.file) for one in found.problems if one.code.endswith("_sets_settings")]
    assert codes == ([("wsgi_sets_settings", "site1/wsgi.py"), ("manage_sets_settings", "manage.py")] if module else [])


def test_production_beside_the_settings_is_chosen_where_wsgi_py_decides_when_it_runs(tree: Tree) -> None:
    wsgi = WSGI.replace('"%s"', 'f"shop.{where}"')
    found = inspect(
        tree(
            {
                "manage.py": MANAGE % "shop.settings" + "django = 1",
                "shop/wsgi.py": "where = 'production'\n" + wsgi,
                "shop/settings.py": "DEBUG = True\nINSTALLED_APPS = []\n",
                "shop/production.py": "from .settings import *\nDEBUG = False\n",
            }
        )
    )
    assert found.settings_module == "shop.production"
    assert Problem("several_settings", "shop.production", "shop.settings") in found.problems


def test_a_settings_package_that_takes_development_first_is_not_chosen(tree: Tree) -> None:
    found = inspect(
        tree(
            {
                "manage.py": MANAGE % "shop.settings" + "django = 1",
                "shop/wsgi.py": WSGI % "shop.settings",
                "shop/settings/__init__.py": "try:\n    from .dev import *\nexcept ImportError:\n    from .prod import *\n",
                "shop/settings/base.py": "INSTALLED_APPS = []\n",
                "shop/settings/dev.py": "from .base import *\n",
                "shop/settings/prod.py": "from .base import *\n",
            }
        )
    )
    assert found.settings_module == "shop.settings.prod"


def test_variables_that_are_read_through_another_files_reader_are_found(tree: Tree) -> None:
    found = inspect(
        tree(
            {
                "manage.py": MANAGE % "shop.settings.production" + "django = 1",
                "shop/settings/base.py": "import environ\nenv = environ.Env(SIZE=(int, 5))\nINSTALLED_APPS = []\n",
                "shop/settings/production.py": "from .base import *\nfrom .base import env\nfrom . import base\n"
                'SECRET_KEY = env("SHOP_KEY")\nALLOWED_HOSTS = env.list("SHOP_HOSTS")\nGATE = env("GATE")\n'
                'SIZE = env("SIZE")\nMORE = base.env("MORE", default="")\n',
            }
        )
    )
    names = {name.name: name for name in found.env_names}
    assert {name: one.required for name, one in names.items()} == {
        "SHOP_KEY": True, "SHOP_HOSTS": True, "GATE": True, "SIZE": False, "MORE": False,
    }  # fmt: skip
    assert (names["SHOP_KEY"].purpose, names["SHOP_HOSTS"].purpose) == ("secret_key", "allowed_hosts")


@pytest.mark.parametrize(
    "expression",
    [
        'int(get("X") or 20)',
        'json.loads(get("X") or "[]")',
        '(get("X") or "a b").split()',
        'int(get("X") or get("Y") or 1)',
        'float(get("X", "") or "1.5")',
    ],
)
def test_what_has_a_default_after_or_is_not_required(project: Tree, expression: str) -> None:
    found = inspect(project(f"import json\nimport os\nget = os.environ.get\nSETTING = {expression}"))
    assert [name.name for name in found.env_names if name.required] == []


def test_variables_that_no_recipe_sets_are_open_whatever_they_are_for(project: Tree) -> None:
    found = inspect(
        project(
            'import os\nEMAIL_HOST_PASSWORD = os.environ["MAIL_PASSWORD"]\nSENTRY = os.environ.get("SENTRY_DSN")\n'
            'CACHES = {"default": {"LOCATION": os.environ.get("CACHE_ADDRESS")}}\nDEBUG = os.environ.get("DEBUG") == "1"\n'
        )
    )
    assert {name.name for name in found.env_names if name.is_open} == {"MAIL_PASSWORD", "SENTRY_DSN", "CACHE_ADDRESS"}


@pytest.mark.parametrize(
    "files, oldest",
    [
        ({"requirements.txt": "Django>=6.0"}, (3, 12)),
        ({"requirements.txt": "Django>=4.2"}, (3, 8)),
        ({"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.13"\ndependencies = ["django"]'}, (3, 13)),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.0"'}, (3, 12)),
        ({"requirements.txt": "Django", ".python-version": "3.14\n"}, None),
    ],
)
def test_the_oldest_python_that_will_do(project: Tree, files: dict[str, str], oldest: tuple[int, int] | None) -> None:
    assert inspect(project("", dict(files))).python_at_least == oldest
