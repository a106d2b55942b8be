"""Where a project is, which settings it runs with, and what its author must be told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.project.conftest import MANAGE, WSGI, Tree
from wizard.errors import UsageError
from wizard.project import source as source_module
from wizard.project.inspect import Found, Problem, inspect

SAMPLE = Path(__file__).parents[2] / "wizard/practice/sample_project"


def codes(found: Found) -> set[str]:
    return {problem.code for problem in found.problems}


def test_what_startproject_makes_is_understood_with_all_that_a_server_needs_changed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", "startproject", "demo", tmp_path], check=True, timeout=60)
    found = inspect(tmp_path)
    assert (found.root, found.settings_module) == (".", "demo.settings")
    assert (found.wsgi, found.asgi) == ("demo.wsgi:application", "demo.asgi:application")
    assert found.apps[0] == "django.contrib.admin" and len(found.apps) == 6
    assert found.databases_engine == "django.db.backends.sqlite3"
    assert (found.static_url, found.static_root, found.env_names) == ("static/", None, ())
    lines = (tmp_path / "demo/settings.py").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.startswith("SECRET_KEY"))
    assert Problem("secret_key_in_source", "demo/settings.py", line) in found.problems
    assert codes(found) == {
        "secret_key_in_source",
        "debug_true",
        "allowed_hosts_in_source",
        "database_in_source",
        "no_static_root",
        "no_dependencies",
    }


def test_the_sample_project_has_no_problems_and_its_variables_have_a_purpose() -> None:
    found = inspect(SAMPLE)
    assert found.problems == ()
    assert (found.wsgi, found.django, found.requires_python) == ("config.wsgi:application", ">=5.2,<5.3", ">=3.10")
    assert found.has_app_server and found.has_database_driver and found.native_packages == ()
    required = [name.name for name in found.env_names if name.required]
    assert required == ["SECRET_KEY"]
    for purpose in ("secret_key", "debug", "allowed_hosts", "csrf", "database_url", "static_root", "media_root"):
        assert found.env(purpose) is not None, purpose


def test_a_project_in_a_subfolder_is_found_and_example_projects_are_not_preferred(tree: Tree) -> None:
    top = tree(
        {
            "example/manage.py": MANAGE % "x.settings",
            "backend/web/manage.py": MANAGE % "core.settings",
            "backend/web/core/settings.py": "INSTALLED_APPS = ['a']",
            "backend/web/core/wsgi.py": WSGI % "core.settings",
            "backend/web/requirements.txt": "Django",
        }
    )
    found = inspect(top)
    assert (found.root, found.settings_module) == ("backend/web", "core.settings")
    assert found.wsgi == "core.wsgi:application"
    assert found.dependencies and found.dependencies.path == "backend/web/requirements.txt"


def test_several_projects_side_by_side_are_a_problem_that_names_them(tree: Tree) -> None:
    found = inspect(tree({"b/manage.py": MANAGE % "s", "a/manage.py": MANAGE % "s", "a/s.py": "", "b/s.py": ""}))
    assert found.root == "a"
    assert Problem("several_manage_py", "a/manage.py", "b/manage.py") in found.problems


def test_without_manage_py_the_folder_above_wsgis_package_is_the_root(tree: Tree) -> None:
    top = tree({"app/__init__.py": "", "app/wsgi.py": WSGI % "app.settings", "app/settings.py": "DEBUG = False"})
    found = inspect(top)
    assert (found.root, found.settings_module, found.wsgi) == (".", "app.settings", "app.wsgi:application")


def test_a_folder_without_django_is_refused_with_what_was_looked_for(tree: Tree) -> None:
    with pytest.raises(UsageError, match="cannot find a Django project") as caught:
        inspect(tree({"main.py": "print()", "manage.py": "import flask"}))
    assert "manage.py" in caught.value.details and caught.value.hint


def test_production_settings_are_chosen_over_development_and_base_is_read_through_them(tree: Tree) -> None:
    package = {
        "manage.py": MANAGE % "shop.settings.dev",
        "shop/wsgi.py": WSGI % "shop.settings.dev",
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": """
            import os
            DEBUG = True
            INSTALLED_APPS = ["django.contrib.admin"]
            INSTALLED_APPS += ["shop"]
            STATIC_ROOT = os.path.join("x", "static")
        """,
        "shop/settings/dev.py": "from .base import *\nDEBUG = True\nINSTALLED_APPS.append('debug_toolbar')",
        "shop/settings/production.py": """
            from .base import *
            DEBUG = False
            SECRET_KEY = os.environ["KEY_OF_SHOP"]
            try:
                from .local import *
            except ImportError:
                pass
        """,
    }
    found = inspect(tree(package))
    assert found.settings_module == "shop.settings.production"
    assert set(found.settings_candidates) == {f"shop.settings.{name}" for name in ("production", "base", "dev")}
    assert found.apps == ("django.contrib.admin", "shop")
    assert found.static_root == "os.path.join('x', 'static')"
    assert "debug_true" not in codes(found) and "several_settings" in codes(found)
    key = found.env("secret_key")
    assert key and (key.name, key.required, key.where) == ("KEY_OF_SHOP", True, "shop/settings/production.py:4")


def test_what_wsgi_names_is_kept_when_it_is_not_for_development(tree: Tree) -> None:
    top = tree(
        {
            "manage.py": MANAGE % "config.settings.local",
            "config/wsgi.py": WSGI % "config.settings.staging",
            **{f"config/settings/{n}.py": "from .base import *" for n in ("local", "staging", "production")},
            "config/settings/base.py": "INSTALLED_APPS = []",
        }
    )
    assert inspect(top).settings_module == "config.settings.staging"


def test_settings_that_are_not_in_the_source_are_named(tree: Tree) -> None:
    found = inspect(tree({"manage.py": MANAGE % "site1.secret_settings"}))
    assert found.settings_module == "site1.secret_settings"
    assert Problem("settings_missing", "site1.secret_settings") in found.problems
    assert {"no_settings", "no_wsgi"} <= codes(found)


def test_settings_split_into_components_are_read(project: Tree) -> None:
    found = inspect(
        project(
            "from split_settings.tools import include, optional\ninclude('parts/*.py', optional('nowhere.py'))\n",
            {"site1/parts/apps.py": "INSTALLED_APPS = ['a']\n", "site1/parts/static.py": "STATIC_ROOT = '/srv/s'"},
        )
    )
    assert (found.apps, found.static_root) == (("a",), "/srv/s")


def test_apps_are_followed_through_sums_names_and_unpacking(project: Tree) -> None:
    found = inspect(
        project("""
            LOCAL = ("b", "c")
            INSTALLED_APPS = ["a"] + list(LOCAL) + [*["d"]]
            if DEBUG:
                INSTALLED_APPS = ["toolbar"]
            INSTALLED_APPS.extend(["e"])
        """)
    )
    assert found.apps == ("a", "b", "c", "d", "e")


def test_what_only_holds_under_debug_or_in_tests_does_not_replace_what_holds_on_a_server(project: Tree) -> None:
    found = inspect(
        project(
            "from .base import *\nif DEV:\n    from .dev import *\nif DEBUG:\n    MEDIA_ROOT = '/tmp/m'\n",
            {
                "site1/base.py": "INSTALLED_APPS = ['a']\nSTATIC_ROOT = '/srv/s'\nMEDIA_ROOT = '/srv/m'\n",
                "site1/dev.py": "from .base import *\nINSTALLED_APPS += ['toolbar']\nSTATIC_ROOT = 'x'",
            },
        )
    )
    assert (found.apps, found.static_root, found.media_root) == (("a",), "/srv/s", "/srv/m")


def test_a_list_made_of_the_one_before_it_keeps_what_that_had(project: Tree) -> None:
    more = {
        "site1/base.py": "INSTALLED_APPS = ['a']",
        "site1/more.py": "from . import base\nINSTALLED_APPS = base.INSTALLED_APPS + ['b']",
    }
    found = inspect(project("from .base import *\nfrom .more import *\nINSTALLED_APPS = INSTALLED_APPS + ['c']", more))
    assert set(found.apps) == {"a", "b", "c"}


def test_a_database_chosen_by_the_environment_has_the_engine_that_it_has_without(project: Tree) -> None:
    found = inspect(
        project("""
            import os
            DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.getenv("DB_NAME")}}
            if os.getenv("DB") == "postgres":
                DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
        """)
    )
    assert found.databases_engine == "django.db.backends.sqlite3"
    assert found.env_names[1].postgres == "postgres"
    assert "database_in_source" in codes(found)  # it has no user and no password that could be set


def test_a_file_that_is_no_python_is_a_problem_with_its_line(project: Tree) -> None:
    found = inspect(project("DEBUG = False\nprint 'python 2'\n"))
    assert Problem("python2", "site1/settings.py", 2) in found.problems and found.stops
    assert found.settings_module == "site1.settings"


def test_a_byte_order_mark_and_utf16_requirements_are_read(project: Tree) -> None:
    requirements = "Django==5.2\ngunicorn\n".encode("utf-16")
    found = inspect(project(b"\xef\xbb\xbfSTATIC_ROOT = '/s'\n", {"requirements.txt": requirements}))
    assert (found.static_root, found.django, found.has_app_server) == ("/s", "==5.2", True)


def test_modules_that_import_each_other_and_links_in_a_circle_come_to_an_end(project: Tree) -> None:
    top = project("from .other import *\nA = B\nB = A\nINSTALLED_APPS = INSTALLED_APPS + ['x']\n")
    (top / "site1/other.py").write_text("from .settings import *\nSTATIC_ROOT = '/s'\n")
    (top / "site1/again").symlink_to(top)
    (top / "loop.py").symlink_to("loop.py")
    found = inspect(top)
    assert (found.static_root, found.apps) == ("/s", ("x",))


def test_nothing_outside_the_folder_is_read(project: Tree, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("STATIC_ROOT = '/outside'\n")
    top = project("from .linked import *\nfrom ...outside import *\nfrom ....outside import *\n")
    (top / "site1/linked.py").symlink_to(tmp_path / "outside.py")
    assert inspect(top).static_root is None


def test_virtual_environments_and_node_modules_are_not_looked_at(project: Tree) -> None:
    other = MANAGE % "other"
    more = {
        "my_env/pyvenv.cfg": "",
        "my_env/manage.py": other,
        "node_modules/manage.py": other,
        ".git/manage.py": other,
    }
    found = inspect(project("", more))
    assert (found.root, found.settings_candidates) == (".", ("site1.settings",))


def test_a_huge_folder_is_read_only_in_part_and_that_is_said(project: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    top = project("", {f"zz/{n}.py": "" for n in range(30)})
    monkeypatch.setattr(source_module, "MAX_ENTRIES", 20)
    found = inspect(top)
    assert found.settings_module == "site1.settings" and "not_all_read" in codes(found)


def test_syntax_nested_too_deep_to_walk_is_no_crash(project: Tree) -> None:
    for text in ("X = " + "-" * 3000 + "1", "X = " + "+".join("1" * 5000), "X = " + "(" * 300, "X" + ".y" * 2000):
        assert "cannot_parse" in codes(inspect(project(text)))


def test_an_unreadable_special_file_is_left_alone(project: Tree) -> None:
    top = project("")
    (top / "site1/settings.py").unlink()
    os.mkfifo(top / "site1/settings.py")
    assert "no_settings" in codes(inspect(top))


PIECES = """import os|env = environ.Env(|DEBUG=(bool, False))|os.environ[|'X'|]|X = |(|)|config(|default=|env.list(|
if |:|class S(BaseSettings):|  a: int = Field(...)|DATABASES|['default'] = {**x, 'ENGINE': 'e'}|from .| import *|lambda|
INSTALLED_APPS += |[*a]|with env.prefixed():|  pass|include(*)|[tool.poetry.dependencies]|[[package]]|name = "a"|-r |
dependencies = [{}]|[project]|extra = 1|source = {virtual = "."}|\0|\ufeff"""
SNIPPETS = st.lists(st.sampled_from([*PIECES.split("|"), *"\n\n\n"])).map(lambda parts: "".join(parts).encode())


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(), SNIPPETS), other=st.one_of(st.binary(max_size=50), SNIPPETS))
def test_arbitrary_bytes_never_make_it_raise(project: Tree, content: bytes, other: bytes) -> None:
    more = {"requirements.txt": other, "pyproject.toml": other, "uv.lock": other, "site1/wsgi.py": other}
    assert inspect(project(content, more)).root == "."


def test_of_several_projects_the_one_with_a_list_of_packages_comes_first(tree: Tree) -> None:
    lesson = {"manage.py": "import django", "site/settings.py": "INSTALLED_APPS = []"}
    files = {f"lesson{n}/{name}": text for n in (1, 2, 3) for name, text in lesson.items()}
    found = inspect(tree({**files, "lesson2/requirements.txt": "django", "lesson3/site/templates/a.html": ""}))
    assert (found.root, found.settings_module) == ("lesson2", "site.settings")
    problem = next(one for one in found.problems if one.code == "several_manage_py")
    assert problem.fields == ("lesson2/manage.py", "lesson3/manage.py", "lesson1/manage.py")
    assert not any(one.code == "several_settings" for one in found.problems)
