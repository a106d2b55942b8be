"""What keeps Django from starting is seen in the files: broken ones, and those that do not go to the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.conftest import MANAGE, WSGI, Tree
from wizard.project.inspect import Found, Problem, inspect

APPS = 'INSTALLED_APPS = ["notes"]\nROOT_URLCONF = "site1.urls"\n'
MODELS = "from django.db import models\n\n\nclass Note(models.Model):\n    text = models.TextField()\n"


def committed(top: Path) -> Path:
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=top, check=True, timeout=60)
    return top


def stops(found: Found) -> list[str]:
    return [problem.code for problem in found.stops]


@pytest.mark.parametrize(
    "path, text, line",
    [
        ("manage.py", MANAGE % "site1.settings" + '\nx = "hello\n', 4),
        ("site1/urls.py", "urlpatterns = [\n", 1),
        ("site1/wsgi.py", WSGI % "site1.settings" + "def f(:\n", 5),
        ("notes/models.py", "class Note(:\n    pass\n", 1),
        ("notes/migrations/0001_initial.py", "x =\n", 1),
        ("notes/views.py", "def home(request):\n\treturn 1\n        return 2\n", 3),
        ("site1/base.py", "return 1\n", 1),
        ("site1/base.py", "NAME = 'çã'\n".encode("latin-1"), 1),
    ],
)
def test_a_file_that_cannot_be_read_as_python_stops_with_its_line(
    project: Tree, path: str, text: str | bytes, line: int
) -> None:
    files: dict[str, str | bytes] = {
        "site1/base.py": "",
        "site1/urls.py": "from notes import views\nurlpatterns = []\n",
        "notes/__init__.py": "",
        "notes/views.py": "",
    }
    found = inspect(project("from .base import *\n" + APPS, files | {path: text}))
    assert [(one.code, one.file, one.line) for one in found.stops] == [("cannot_parse", path, line)]
    assert found.stops[0].named["reason"]


@pytest.mark.parametrize(
    "text, code, line",
    [
        ("print 'x'\n", "python2", 1),
        ("try:\n    pass\nexcept IOError, e:\n    pass\n", "python2", 3),
        ("a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> theirs\n", "merge_conflict", 2),
    ],
)
def test_python_2_and_merge_conflicts_are_told_from_slips(project: Tree, text: str, code: str, line: int) -> None:
    found = inspect(project(text))
    assert [(one.code, one.file, one.line) for one in found.stops] == [(code, "site1/settings.py", line)]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
@pytest.mark.parametrize("text", ["type Name = str\n", "def first[T](x: T) -> T:\n    return x\n", "x = f'{d['a']}'\n"])
def test_what_only_a_newer_python_reads_is_said_and_does_not_stop(project: Tree, text: str) -> None:
    found = inspect(project(text))
    assert Problem("newer_syntax", "site1/settings.py", 1) in found.problems and not found.stops


def test_packages_below_src_are_followed(project: Tree) -> None:
    found = inspect(project("from tools.names import X\n", {"src/tools/__init__.py": "", "src/tools/other.py": ""}))
    assert found.stops == (Problem("module_missing", "site1/settings.py", 1, "tools.names"),)


def test_a_broken_file_that_django_does_not_read_stops_nothing(project: Tree) -> None:
    found = inspect(project(APPS, {"old/settings_old.py": "DATABASES =\n", "notes/__init__.py": ""}))
    assert not found.stops


def test_settings_that_git_leaves_out_stop_before_the_server(project: Tree) -> None:
    more = {".gitignore": "local_settings.py\n", "site1/local_settings.py": "EMAIL_HOST_PASSWORD = 'x'\n"}
    top = project(APPS + "from .local_settings import *\n", more)
    assert not inspect(top).stops  # without git all files go along
    found = inspect(committed(top))
    where = ("site1/settings.py", 3, "local_settings", "site1/local_settings.py")
    assert found.stops == (Problem("module_left_out", *where),)


@pytest.mark.parametrize(
    "statement, code",
    [
        ("from site1.local_settings import *", "module_left_out"),
        ("from . import local_settings", "module_left_out"),
        ("import site1.local_settings", "module_left_out"),
        ("try:\n    from .local_settings import *\nexcept ImportError:\n    pass", "optional_module_left_out"),
        ("try:\n    from .local_settings import *\nexcept ImportError:\n    raise SystemExit", "module_left_out"),
        ("if DEBUG:\n    from .local_settings import *", "optional_module_left_out"),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    from .local_settings import *",
         "optional_module_left_out"),
    ],
)  # fmt: skip
def test_only_imports_that_must_succeed_stop(project: Tree, statement: str, code: str) -> None:
    more = {".gitignore": "local_*\n", "site1/local_settings.py": "A = 1\n"}
    found = inspect(committed(project(APPS + "DEBUG = False\n" + statement, more)))
    named = [one for one in found.problems if "left_out" in one.code]
    assert [(one.code, one.named["left_out"]) for one in named] == [(code, "site1/local_settings.py")]
    assert bool(found.stops) == (code == "module_left_out")


@pytest.mark.parametrize(
    "statement, missing",
    [
        ("from .local_settings import *", True),
        ("from .secrets import KEY", True),
        ("from . import keys", True),
        ("from site1.secrets import KEY", True),
        ("from somewhere.else_ import x", False),
        ("import os.path", False),
        ("from notes.names import NAMES", False),
        ("from .data import table", False),
        ("from .fast import run", False),
        ("def late():\n    from .secrets import KEY", False),
    ],
)
def test_an_import_of_a_file_that_is_nowhere_stops(project: Tree, statement: str, missing: bool) -> None:
    more: dict[str, str | bytes] = {
        "notes/__init__.py": "",
        "notes/names.py": "NAMES = 1\n",
        "site1/data/table.py": "",
        "site1/fast.cpython-313-x86_64-linux-gnu.so": b"",
    }
    found = inspect(project(APPS + statement, more))
    assert [(one.code, one.file, one.line) for one in found.stops] == (
        [("module_missing", "site1/settings.py", statement.count("\n") + 3)] if missing else []
    )


def test_a_package_that_is_a_link_is_there(project: Tree) -> None:
    top = project(APPS + "from .shared import names\n", {"elsewhere/names.py": ""})
    (top / "site1" / "shared").symlink_to(top / "elsewhere")
    assert not inspect(top).stops


def test_migrations_that_git_leaves_out_stop_before_the_server(project: Tree) -> None:
    files: dict[str, str | bytes] = {
        ".gitignore": "**/migrations/*\n!**/migrations/__init__.py\n",
        "notes/__init__.py": "",
        "notes/models.py": MODELS,
        "notes/migrations/__init__.py": "",
        "notes/migrations/0001_initial.py": "",
    }
    top = project(APPS, files)
    assert not inspect(top).stops
    found = inspect(committed(top))
    assert found.stops == (Problem("migrations_left_out", "notes/migrations/0001_initial.py", "notes"),)
    subprocess.run(["git", "add", "-f", "notes/migrations/0001_initial.py"], cwd=top, check=True, timeout=60)
    assert not inspect(top).stops


@pytest.mark.parametrize("app", ["notes", "notes.apps.NotesConfig", "notes.NotesConfig"])
def test_models_that_never_had_a_migration_are_said(project: Tree, app: str) -> None:
    more = {
        "notes/__init__.py": "",
        "notes/models/__init__.py": "from .note import Note",
        "notes/models/note.py": MODELS,
    }
    found = inspect(project(f'INSTALLED_APPS = ["{app}"]\n', more))
    assert Problem("no_migrations", "notes/models/__init__.py", "notes") in found.problems and not found.stops


def test_an_app_without_tables_needs_no_migrations(project: Tree) -> None:
    found = inspect(project(APPS, {"notes/__init__.py": "", "notes/models.py": "# nothing yet\n"}))
    assert "no_migrations" not in {one.code for one in found.problems}


def test_another_settings_module_or_folder_than_the_usual_is_looked_at_when_it_is_named(tree: Tree) -> None:
    files: dict[str, str | bytes] = {}
    for folder in ("one", "two"):
        files |= {
            f"{folder}/manage.py": MANAGE % "web.settings",
            f"{folder}/web/settings.py": f"SECRET_KEY = '{folder}'",
        }
        files |= {f"{folder}/web/live.py": f"import os\nSECRET_KEY = os.environ['{folder.upper()}']\n"}
    top = tree(files)
    assert (inspect(top).root, inspect(top, subdirectory="two").root) == ("one", "two")
    found = inspect(top, subdirectory="two", settings_module="web.live")
    assert found.settings_module == "web.live" and [name.name for name in found.env_names] == ["TWO"]
