"""Which file the dependencies come from, which packages are in it, which Python and which Debian packages they need."""

from __future__ import annotations

import re

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.conftest import Tree
from wizard.project import listed, native
from wizard.project.dependencies import additions
from wizard.project.found import DependencyFile, Found, Problem
from wizard.project.inspect import inspect
from wizard.project.versions import admits

LOCK = """
version = 1
requires-python = ">=3.12"
[[package]]
name = "shop"
version = "0.1"
source = { virtual = "." }
dependencies = [{ name = "django" }, { name = "psycopg", extra = ["binary"] }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "django"
version = "6.0.1"
dependencies = [{ name = "asgiref" }]
[[package]]
name = "asgiref"
version = "3.9"
[[package]]
name = "psycopg"
version = "3.2"
[package.optional-dependencies]
binary = [{ name = "psycopg-binary" }]
[[package]]
name = "psycopg-binary"
version = "3.2"
[[package]]
name = "pytest"
version = "8"
"""


def look(project: Tree, **files: str) -> Found:
    return inspect(project("", {name.replace("__", "/").replace("_txt", ".txt"): text for name, text in files.items()}))


def named(found: Found) -> tuple[str, ...]:
    return found.dependencies.packages if found.dependencies else ()


def test_a_lock_comes_first_and_development_groups_are_left_out(project: Tree) -> None:
    pyproject = '[project]\nname = "shop"\ndependencies = ["Django"]'
    found = inspect(project("", {"uv.lock": LOCK, "pyproject.toml": pyproject, "requirements.txt": "flask"}))
    others = ("requirements.txt", "pyproject.toml")
    packages = ("asgiref", "django", "psycopg", "psycopg-binary")
    assert found.dependencies == DependencyFile("uv.lock", "uv.lock", "locked", packages, others)
    assert (found.django, found.requires_python, found.has_database_driver) == ("==6.0.1", ">=3.12", True)
    assert found.native_packages == () and Problem("needs_python", "3.12") in found.problems


def test_production_requirements_come_before_plain_ones_and_what_they_include_is_read(project: Tree) -> None:
    found = look(
        project,
        requirements_txt="-r requirements/dev.txt",
        requirements__production_txt="-r base.txt\ngunicorn==23.0 \\\n    --hash=sha256:abc\n",
        requirements__base_txt="# site\nDjango>=4.2,<5  # LTS\nDjango_Extensions[all] ; os_name == 'posix'\n-r base.txt\n",
    )
    assert found.dependencies and found.dependencies.path == "requirements/production.txt"
    assert found.dependencies.reason == "production"
    assert named(found) == ("django", "django-extensions", "gunicorn")
    assert (found.django, found.requires_python) == (">=4.2,<5", ">=3.8")


def test_requirements_from_git_are_named_and_need_git(project: Tree) -> None:
    text = "git+https://example.org/a.git#egg=Shop_Kit\nkit @ git+https://example.org/b\n-e .\n./local\n--index-url x\n"
    found = look(project, requirements_txt=text)
    assert named(found) == ("kit", "shop-kit")
    assert found.native_packages == ("git",)


def test_poetrys_pyproject_is_read(project: Tree) -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.10"\nDjango = "~5.2"\npsycopg = {version = "*", extras = ["c"]}\n'
    found = inspect(project("", {"pyproject.toml": text}))
    assert found.dependencies and (found.dependencies.kind, found.dependencies.reason) == ("pyproject.toml", "only")
    assert (found.django, found.requires_python) == (">=5.2,<5.3", ">=3.10,<4")
    assert "libpq-dev" in found.native_packages


def test_a_pyproject_that_only_configures_tools_is_no_dependency_file(project: Tree) -> None:
    found = inspect(project("", {"pyproject.toml": "[tool.ruff]\nline-length = 100\n", "setup.py": ""}))
    assert found.dependencies is None
    assert {Problem("no_dependencies"), Problem("unsupported_dependencies", "setup.py")} <= set(found.problems)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({".python-version": "3.13.1\n"}, "==3.13.*"),
        ({"runtime.txt": "python-3.9.18"}, "==3.9.*"),
        ({".python-version": "3.13", "pyproject.toml": '[project]\nrequires-python = ">=3.11"'}, ">=3.11"),
        ({"requirements.txt": "django~=6.0"}, ">=3.12"),
        ({"requirements.txt": "django>=5"}, ">=3.10"),
        ({"requirements.txt": "django"}, None),
        ({"pyproject.toml": "not = [toml"}, None),
    ],
)
def test_the_python_needed_is_what_is_asked_for_or_what_django_needs(
    project: Tree, files: dict[str, str], wanted: str | None
) -> None:
    found = inspect(project("", dict(files)))
    assert found.requires_python == wanted
    told = any(problem.code == "needs_python" for problem in found.problems)
    assert told == (wanted is not None and not admits(wanted, (3, 11)))


@pytest.mark.parametrize(
    ("requirement", "native"),
    [
        ("psycopg2", {"libpq-dev", "gcc", "python3-dev"}),
        ("psycopg2-binary", set()),
        ("psycopg", {"libpq5"}),
        ("psycopg[binary]", set()),
        ("psycopg[pool, c]", {"libpq-dev", "gcc", "python3-dev"}),
        ("Pillow\nlxml\ncryptography", set()),
        ("mysqlclient", {"default-libmysqlclient-dev", "pkg-config", "gcc", "python3-dev"}),
    ],
)
def test_debian_packages_follow_from_the_requirements(project: Tree, requirement: str, native: set[str]) -> None:
    assert set(look(project, requirements_txt=requirement).native_packages) == native


def test_geodjango_needs_its_libraries(project: Tree) -> None:
    assert "gdal-bin" in inspect(project("INSTALLED_APPS = ['django.contrib.gis']")).native_packages


@pytest.mark.parametrize(
    ("specifier", "admitted", "refused"),
    [
        (">=3.12", (3, 12), (3, 11)),
        (">3.11", (3, 11), (3, 10)),  # 3.11.4 is newer than 3.11
        (">3.11.4,<3.12", (3, 11), (3, 12)),
        (">=3.12.4,<3.13", (3, 12), (3, 13)),
        ("<3.12", (3, 11), (3, 12)),
        ("<=3.11", (3, 11), (3, 12)),
        ("==3.11.*", (3, 11), (3, 12)),
        ("~=3.11", (3, 13), (3, 10)),
        ("~=3.11.2", (3, 11), (3, 12)),
        ("!=3.11.*,>=3.10", (3, 12), (3, 11)),
        ("!=3.11.2", (3, 11), (4, 0)),
        (">=3.9,<4", (3, 13), (4, 0)),
        ("== 3.*", (3, 5), (2, 7)),
    ],
)
def test_specifiers_admit_what_the_standard_says(
    specifier: str, admitted: tuple[int, int], refused: tuple[int, int]
) -> None:
    assert admits(specifier, admitted)
    assert specifier == "!=3.11.2" or not admits(specifier, refused)


def test_no_release_between_two_limits_is_admitted() -> None:
    assert not admits(">=3.11.5,!=3.11.5,<3.11.6", (3, 11))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ('django>=5.2; python_version >= "3.10"\ndjango<5; python_version < "3.10"', ">=5.2"),
        ('django<5; python_version < "3.10"\ndjango>=5.2; python_version >= "3.10"', ">=5.2"),
        ('django==4.2.1; sys_platform == "win32"\ndjango==5.2.1; sys_platform != "win32"', "==5.2.1"),
        ("django (>=4.2)", ">=4.2"),
        ("django==5.2.1 --hash=sha256:00", "==5.2.1"),
        ("Django >= 4.2 , < 5", ">=4.2,<5"),
        ("django>=not.a.version", ""),
    ],
)
def test_of_two_lines_for_a_package_the_one_whose_marker_holds_counts(project: Tree, lines: str, wanted: str) -> None:
    assert look(project, requirements_txt=lines).django == wanted


def test_packages_for_another_system_do_not_count(project: Tree) -> None:
    found = look(project, requirements_txt='django\nmysqlclient; sys_platform == "win32"\npywin32 ; os_name == "nt"')
    assert found.dependencies is not None and found.dependencies.packages == ("django",)
    assert found.native_packages == ()


PIPFILE = """
[[source]]
url = "https://index.example/simple"
[packages]
django = "~=5.2.0"
"psycopg" = {extras = ["binary"], version = "*"}
gunicorn = {version = ">=22", markers = "sys_platform != 'win32'"}
pywin32 = {version = "*", sys_platform = "== 'win32'"}
tools = {git = "https://git.example/tools.git", ref = "v1"}
[dev-packages]
black = "*"
[requires]
python_version = "3.11"
"""
PIPFILE_LOCK = """
{"_meta": {"requires": {"python_version": "3.12"}, "sources": [{"url": "https://index.example/simple"}]},
 "default": {
  "django": {"version": "==5.2.1", "hashes": ["sha256:aa", "sha256:bb"], "markers": "python_version >= '3.10'"},
  "psycopg": {"version": "==3.2.1", "extras": ["binary"], "hashes": ["sha256:cc"]}},
 "develop": {"black": {"version": "==24.1.0"}}}
"""
SETUP_CFG = """
[metadata]
name = shop
[options]
python_requires = >=3.9
install_requires =
    Django>=4.2,<5
    psycopg2-binary; python_version >= "3.8"
"""


@pytest.mark.parametrize(
    ("file", "text", "django", "python", "packages"),
    [
        ("Pipfile", PIPFILE, "~=5.2.0", "==3.11.*", ("django", "gunicorn", "psycopg", "tools")),
        ("Pipfile.lock", PIPFILE_LOCK, "==5.2.1", "==3.12.*", ("django", "psycopg")),
        ("setup.cfg", SETUP_CFG, ">=4.2,<5", ">=3.9", ("django", "psycopg2-binary")),
    ],
)
def test_what_pip_does_not_read_itself_is_read(
    project: Tree, file: str, text: str, django: str, python: str, packages: tuple[str, ...]
) -> None:
    found = inspect(project("", {file: text}))
    reason = "locked" if file == "Pipfile.lock" else "only"
    assert found.dependencies == DependencyFile(file, file, reason, packages)
    assert (found.django, found.requires_python, found.has_database_driver) == (django, python, True)
    assert ("git" in found.native_packages) == (file == "Pipfile")


def test_a_pipfile_lock_becomes_lines_with_hashes_where_all_have_them() -> None:
    assert listed.requirements("Pipfile.lock", PIPFILE_LOCK) == [
        "django==5.2.1 ; (python_version >= '3.10') --hash=sha256:aa --hash=sha256:bb",
        "psycopg[binary]==3.2.1 --hash=sha256:cc",
    ]
    without = PIPFILE_LOCK.replace(', "hashes": ["sha256:cc"]', "")
    assert not any("--hash" in line for line in listed.requirements("Pipfile.lock", without))
    assert "tools @ git+https://git.example/tools.git@v1" in listed.requirements("a/Pipfile", PIPFILE)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("Pipfile", "not = [toml"),
        ("Pipfile", "packages = 3"),
        ("Pipfile.lock", "[]"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", '{"default": {"a": 3, "b": null, "c": {"version": null, "extras": 1}}}'),
        ("setup.cfg", "no section"),
        ("Pipfile", '[packages]\ndjango = "==5\\nother"'),
    ],
)
def test_a_file_that_names_nothing_or_cannot_be_read_is_none_of_ours(project: Tree, file: str, text: str) -> None:
    assert inspect(project("", {file: text})).dependencies is None


@pytest.mark.parametrize(
    ("requirement", "wanted", "unwanted"),
    [
        ("lxml==4.6.5", {"libxml2-dev", "libxslt1-dev", "gcc"}, set()),  # no wheel for 3.11
        ("lxml==5.1.0", {"libxml2-dev"}, set()),  # one for 3.11, none for 3.13
        ("lxml==5.3.1", set(), {"libxml2-dev", "gcc"}),
        ("lxml<5", {"libxml2-dev"}, set()),
        ("lxml>=4", set(), {"libxml2-dev"}),
        ("lxml~=4.6.3", {"libxml2-dev"}, set()),
        ("lxml==4.*", {"libxml2-dev"}, set()),
        ("psycopg2-binary==2.9.3", {"libpq-dev"}, set()),
        ("psycopg2-binary", set(), {"libpq-dev"}),
        ("psycopg[binary]==3.1.0", set(), {"libpq-dev", "libpq5"}),
        ("mysqlclient", {"default-libmysqlclient-dev"}, set()),  # never has one for Linux
        ("xhtml2pdf==0.2.5", {"libcairo2-dev"}, set()),  # by what it brings along
        ("weasyprint", {"libpango-1.0-0"}, {"gcc"}),
        ("pyodbc==4.0.30", {"unixodbc", "unixodbc-dev", "g++"}, set()),
        ("backports.zoneinfo==0.2.1; python_version < '3.9'", set(), {"gcc"}),
    ],
)
def test_what_has_no_wheel_for_a_server_brings_what_it_is_built_with(
    project: Tree, requirement: str, wanted: set[str], unwanted: set[str]
) -> None:
    needed = set(look(project, requirements_txt=f"django\n{requirement}").native_packages)
    assert wanted <= needed and not unwanted & needed


def test_the_table_of_debian_packages_is_whole() -> None:
    table = native._table()
    assert len(table) >= 60
    for name, facts in table.items():
        assert name == canonicalize_name(name) and facts.keys() <= {
            "build",
            "run",
            "wheels",
            "with",
            "fails",
            "instead",
            "from",
        }
        assert facts.get("with", "psycopg2") in table
        assert all(
            re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package) for key in ("build", "run") for package in facts.get(key, ())
        )
        assert all(Version(release) for key in ("wheels", "fails") for release in facts.get(key, {}).values())


@pytest.mark.parametrize(
    "django, python, added",
    [
        ("==2.2.28", "3.11", ()),
        ("==2.2.28", "3.13", ("legacy-cgi", "setuptools<81")),
        ("~=4.1.0", "3.13", ("legacy-cgi",)),
        (">=3.2", "3.13", ()),
        ("", "3.13", ()),
    ],
)
def test_what_a_newer_python_has_no_more_is_added(django: str, python: str, added: tuple[str, ...]) -> None:
    assert additions(django, python) == added


@pytest.mark.parametrize(
    "package, specifier, instead",
    [
        ("pyyaml", "==5.4.1", ("pyyaml==6.0",)),
        ("pyyaml", "==5.3.1", ()),
        ("greenlet", "<1.1.3", ("greenlet==1.1.3",)),
        ("greenlet", ">=1.0", ()),
        ("lxml", "~=4.6.0", ("lxml==4.9.1",)),
        ("django", "==2.1.7", ("django==2.2.28",)),
        ("django", "==2.2.14", ()),
        ("no-such-package", "==1", ()),
    ],
)
def test_what_takes_the_place_of_a_pin_that_does_not_work(
    package: str, specifier: str, instead: tuple[str, ...]
) -> None:
    assert native.replacements({package: specifier}, "3.11") == instead


def test_what_takes_the_place_of_a_pin_depends_on_the_servers_python() -> None:
    assert native.replacements({"pillow": "==9.1.1"}, "3.11") == ()
    assert native.replacements({"pillow": "==9.1.1"}, "3.13") == ("pillow==10.4.0",)
