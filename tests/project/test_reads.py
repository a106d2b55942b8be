"""Which variables settings read, in the many ways that projects read them."""

from __future__ import annotations

import pytest

from tests.project.conftest import Tree
from wizard.project.found import EnvName
from wizard.project.inspect import inspect

OS = "import os\nfrom os import environ, getenv\n"
ENV = "import environ\nenv = environ.Env(DEBUG=(bool, False), HOSTS=list)\n"
ENVIRONS = "from environs import Env\nenv = Env()\n"
STARLETTE = "from starlette.config import Config\nc = Config('.env')\n"
DECOUPLE = "from decouple import config, Csv\n"


def read(project: Tree, text: str, **more: str) -> dict[str, EnvName]:
    found = inspect(project(text, {name.replace("__", "/") + ".py": body for name, body in more.items()}))
    return {name.name: name for name in found.env_names}


@pytest.mark.parametrize(
    ("text", "required", "default", "kind"),
    [
        (OS + 'A = os.environ["X"]', True, None, "text"),
        (OS + 'A = os.environ.get("X")', False, None, "text"),
        (OS + 'A = os.environ.get("X", "d")', False, "d", "text"),
        (OS + 'A = os.getenv("X", default="d")', False, "d", "text"),
        (OS + 'A = getenv("X") or "d"', False, "d", "text"),
        (OS + 'A = environ["X"] == "1"', True, None, "bool"),
        (OS + 'A = os.environ.get("X", "").lower() in ("1", "true")', False, "", "bool"),
        (OS + 'A = bool(os.environ.get("X"))', False, None, "truthy"),
        (OS + 'A = int(os.environ.get("X", 3))', False, "3", "int"),
        (OS + 'A = int(os.environ.get("X"))', True, None, "int"),
        (OS + 'A = os.environ.get("X").split(",")', True, None, "list"),
        (OS + 'A = environ["X"] if "X" in environ else "d"', False, None, "text"),
        (OS + 'os.environ.setdefault("X", "d")', False, "d", "text"),
        (OS + 'get = os.environ.get\nA = get("X", "d")', False, "d", "text"),
        (OS + 'try:\n    A = os.environ["X"]\nexcept KeyError:\n    A = 1', False, None, "text"),
        (OS + 'try:\n    A = os.environ["X"]\nexcept KeyError:\n    raise ValueError', True, None, "text"),
        (ENV + 'A = env("X")', True, None, "text"),
        (ENV + 'A = env("X", default="d")', False, "d", "text"),
        (ENV + 'A = env("X", default=None)', False, None, "text"),
        (ENV + 'A = env.bool("X", False)', False, "False", "bool"),
        (ENV + 'A = env("X", bool, True)', False, "True", "bool"),
        (ENV + 'A = env.list("X", default=["a", "b"])', False, "a,b", "list"),
        (ENV + 'A = env.db("X", default="sqlite:///d")', False, "sqlite:///d", "url"),
        (ENVIRONS + 'with env.prefixed("X"):\n    A = env.int("", 1)\n    B = env.str("_Y")', None, None, None),
        (OS + 'a[0] = os.environ\nA = b[0]["Y"] + os.environ["X"]', True, None, "text"),
        ('import environ\nenv: environ.Env = environ.Env()\nA = env.int("X")', True, None, "int"),
        (DECOUPLE + 'A = config("X")', True, None, "text"),
        (DECOUPLE + 'A = config("X", default=False, cast=bool)', False, "False", "bool"),
        (DECOUPLE + 'A = config("X", cast=Csv())', True, None, "list"),
        ("import dj_database_url\nA = dj_database_url.config(env='X')", True, None, "url"),
        ("import dj_database_url\nA = dj_database_url.config('X', default='sqlite:///d')", False, "sqlite:///d", "url"),
        (
            "from starlette.config import Config\nc = Config('.env')\nA = c('X', cast=bool, default=1)",
            False,
            "1",
            "bool",
        ),
    ],
)
def test_each_way_to_read_a_variable_is_understood(
    project: Tree, text: str, required: bool | None, default: str | None, kind: str | None
) -> None:
    names = read(project, text)
    if required is None:
        assert list(names) == ["X_Y"]
    else:
        assert list(names) == ["X"]
        assert (names["X"].required, names["X"].default, names["X"].kind) == (required, default, kind)
        assert names["X"].where.startswith("site1/settings.py:")


def test_default_names_and_schemes_of_django_environ_are_known(project: Tree) -> None:
    names = read(
        project, ENV + "DATABASES = {'default': env.db()}\nDEBUG = env('DEBUG')\nCACHES = {'default': env.cache()}"
    )
    assert (names["DATABASE_URL"].purpose, names["DATABASE_URL"].required) == ("database_url", True)
    assert (names["DEBUG"].kind, names["DEBUG"].default, names["DEBUG"].required) == ("bool", "False", False)
    assert names["CACHE_URL"].purpose == "cache_url"


def test_a_projects_own_functions_around_the_environment_are_seen_through(project: Tree) -> None:
    names = read(
        project,
        "from site1.tools import must, flag\nfrom site1 import tools\n"
        "SECRET_KEY = must('KEY')\nDEBUG = flag('D', 'on')\nALLOWED_HOSTS = tools.words('H')",
        site1__tools="""
            import os
            def must(name):
                try:
                    return os.environ[name]
                except KeyError:
                    raise ImproperlyConfigured(name)
            def flag(name, default="off") -> bool:
                return os.environ.get(name, default) == "on"
            def words(name) -> list[str]:
                return os.environ.get(name, "").split()
        """,
    )
    assert (names["KEY"].required, names["KEY"].purpose) == (True, "secret_key")
    assert (names["D"].required, names["D"].default, names["D"].kind) == (False, "on", "bool")
    assert (names["H"].kind, names["H"].separator, names["H"].purpose) == ("list", " ", "allowed_hosts")


def test_pydantic_settings_give_their_fields_with_the_prefix(project: Tree) -> None:
    names = read(
        project,
        """
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Config(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="APP_")
            secret_key: str
            debug: bool = False
            hosts: list[str] = Field(default=["a"], alias="HOSTS")
        """,
    )
    assert (names["APP_SECRET_KEY"].required, names["APP_SECRET_KEY"].purpose) == (True, "secret_key")
    assert (names["APP_DEBUG"].default, names["APP_DEBUG"].kind) == ("False", "bool")
    assert (names["HOSTS"].kind, names["HOSTS"].required) == ("json", False)


def test_the_purpose_follows_from_the_setting_whatever_the_variable_is_called(project: Tree) -> None:
    names = read(
        project,
        OS
        + """
DOMAIN = os.environ["SITE"]
ALLOWED_HOSTS = [DOMAIN, "www." + DOMAIN]
CSRF_TRUSTED_ORIGINS = os.environ["FROM"].split(";")
DATABASES = {"default": dict(NAME=getenv("BASE", "shop"), USER=getenv("WHO"))}
DATABASES["default"]["PASSWORD"] = getenv("OPEN_SESAME")
MEDIA_ROOT = getenv("UPLOADS", "/srv/media")
S3_SECRET_KEY = getenv("S3_SECRET_KEY")
POSTGRES = {"host": getenv("POSTGRES_HOST")}
""",
    )
    assert {name: value.purpose for name, value in names.items()} == {
        "SITE": "allowed_hosts",
        "FROM": "csrf",
        "BASE": "database_name",
        "WHO": "database_user",
        "OPEN_SESAME": "database_password",
        "UPLOADS": "media_root",
        "S3_SECRET_KEY": None,
        "POSTGRES_HOST": "database_host",
    }
    assert (names["FROM"].kind, names["FROM"].separator) == ("list", ";")


def test_hosts_split_after_the_read_are_a_list(project: Tree) -> None:
    text = OS + "if v := getenv('HOSTS'):\n    ALLOWED_HOSTS = v.split(';')\nelse:\n    ALLOWED_HOSTS = ['x']\n"
    host = read(project, text)["HOSTS"]
    assert (host.purpose, host.kind, host.separator) == ("allowed_hosts", "list", ";")


def test_a_variable_needed_only_under_a_condition_names_the_condition(project: Tree) -> None:
    names = read(project, OS + "if USE_S3:\n    A = os.environ['BUCKET']\nelse:\n    B = os.environ['FOLDER']\n")
    assert (names["BUCKET"].required, names["BUCKET"].when) == (True, "USE_S3")
    assert names["FOLDER"].when == "not (USE_S3)"


def test_a_default_that_is_a_secret_is_never_repeated(project: Tree) -> None:
    text = OS + (
        "SECRET_KEY = os.environ.get('SECRET_KEY', 'django-insecure-hunter22')\n"
        "A = getenv('MAIL_PASSWORD', 'hunter22')\n"
        "DATABASES = {'default': parse(getenv('DATABASE_URL', 'postgres://a:hunter22@h/d'))}\n"
        "class S(BaseSettings):\n    api_token: str = 'hunter22'\n"
    )
    found = inspect(project(text))
    assert len(found.env_names) == 4 and not any(name.required for name in found.env_names)
    assert "hunter22" not in repr(found)
    assert ("secret_key_has_default", ("site1/settings.py", "3")) in {(p.code, p.fields) for p in found.problems}


def test_two_reads_of_one_variable_are_one_that_is_required_if_either_is(project: Tree) -> None:
    names = read(project, OS + "A = getenv('X', 'd')\nB = os.environ['X']\n")
    assert list(names) == ["X"]
    assert (names["X"].required, names["X"].default, names["X"].where) == (True, "d", "site1/settings.py:3")


def test_reads_in_other_modules_of_the_project_count_only_when_the_settings_import_them(project: Tree) -> None:
    names = read(
        project,
        "from . import paths",
        site1__paths="import os\nA = os.environ['USED']",
        site1__views="import os\nA = os.environ['UNUSED']",
    )
    assert list(names) == ["USED"]


def test_only_the_sites_own_hosts_and_database_get_these_purposes(project: Tree) -> None:
    names = read(
        project,
        OS
        + "HOOKS = getenv('WEBHOOK_ALLOWED_HOSTS')\nMONGO = getenv('MONGO_DB_URL')\nB = getenv('SHOP_DBHOST')\n"
        + "C = getenv('GITHUB_CLIENT_SECRET')\n",
    )
    assert [name.purpose for name in names.values()] == [None, None, "database_host", None]


def test_a_function_that_asks_first_whether_the_variable_is_there_needs_none(project: Tree) -> None:
    names = read(
        project,
        """
        import os
        def number(key, default: int | None = None) -> int | None:
            if key not in os.environ:
                return default
            return int(os.environ[key])
        def words(key, default=None, separator: str = ";"):
            return os.getenv(key, default or "").split(separator)
        A = number("A")
        ALLOWED_HOSTS = words("B")
        """,
    )
    assert (names["A"].required, names["A"].kind) == (False, "int")
    assert (names["B"].required, names["B"].kind, names["B"].separator) == (False, "list", ";")
