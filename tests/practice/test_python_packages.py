"""Virtual environments on a real server, from each kind of dependency file, with what pip says and where it writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.practice.cycle import Cycle
from wizard.engine.remote.scripts import Work
from wizard.engine.worker import Worker
from wizard.errors import StepError
from wizard.operations.apt import packages
from wizard.operations.user import user
from wizard.operations.virtualenv import Virtualenv, virtualenv

PYPROJECT = """
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["sqlparse>=0.5"]
[dependency-groups]
dev = ["packaging"]
"""
# Only Poetry's own tables: `^` and markers that pip does not read, groups, an extra; the lock holds one release back.
POETRY = """
[tool.poetry]
name = "shop"
version = "1"
description = ""
authors = []
[tool.poetry.dependencies]
python = "^3.11"
sqlparse = "^0.5"
gunicorn = { version = ">=22", extras = ["tornado"] }
colorama = { version = "*", markers = "sys_platform == 'win32'" }
packaging = { version = "*", optional = true }
[tool.poetry.group.dev.dependencies]
black = "*"
"""
POETRY_LOCK = """
[[package]]
name = "sqlparse"
version = "0.5.0"
[[package]]
name = "black"
version = "24.1.0"
"""
PIPFILE = """
[packages]
sqlparse = "~=0.5.0"
colorama = {version = "*", sys_platform = "== 'win32'"}
[dev-packages]
black = "*"
"""
PIPFILE_LOCK = """
{"default": {"sqlparse": {"version": "==0.5.1", "markers": "python_version >= '3.8'"}},
 "develop": {"black": {"version": "==24.1.0"}}}
"""
# uv.lock names the index that it was made from: so it is made here, from the one that this server uses
MAKE_LOCK = f"""
set -e; mkdir -p /srv/s/locked && cd /srv/s/locked && cat >pyproject.toml <<'TOML'{PYPROJECT}TOML
python3 -m venv /tmp/uv && /tmp/uv/bin/pip install -q uv
index=$(/tmp/uv/bin/pip config get global.index-url 2>/dev/null || :)
SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt UV_PYTHON_DOWNLOADS=never /tmp/uv/bin/uv lock -q ${{index:+--default-index "$index"}}
mkdir -p /srv/s/project && cp pyproject.toml /srv/s/project
mkdir -p /srv/s/plain/requirements && echo 'sqlparse>=0.5' >/srv/s/plain/requirements/base.txt
echo '-r base.txt' >/srv/s/plain/requirements/production.txt
mkdir -p /srv/s/poetry && cat >/srv/s/poetry/pyproject.toml <<'TOML'{POETRY}TOML
cat >/srv/s/poetry/poetry.lock <<'TOML'{POETRY_LOCK}TOML
mkdir -p /srv/s/nameless && printf '[tool.black]\nline-length = 100\n' >/srv/s/nameless/pyproject.toml
mkdir -p /srv/s/pipenv && cat >/srv/s/pipenv/Pipfile <<'TOML'{PIPFILE}TOML
cat >/srv/s/pipenv/Pipfile.lock <<'JSON'{PIPFILE_LOCK}JSON
mkdir -p /srv/s/setuptools && printf '[options]\\ninstall_requires =\\n    sqlparse>=0.5\\n' >/srv/s/setuptools/setup.cfg
chgrp -R site /srv/s; chmod -R g+rX,o= /srv/s/*
"""


@pytest.fixture(scope="module")
def server(server_factory: Any) -> Iterator[Cycle]:
    cycle = Cycle(server_factory())
    cycle.make(packages("python3-venv", "ca-certificates"), user("site", system=True))
    cycle.run(MAKE_LOCK)
    yield cycle


def environment(folder: str, file: str, **more: Any) -> Virtualenv:
    return virtualenv(f"/srv/s/{folder}", file, user="site", imports=("sqlparse",), **more)


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("plain", "requirements/production.txt"),
        ("project", "pyproject.toml"),
        ("poetry", "pyproject.toml"),
        ("locked", "uv.lock"),
        ("pipenv", "Pipfile"),
        ("pipenv", "Pipfile.lock"),
        ("setuptools", "setup.cfg"),
    ],
)
def test_every_kind_of_file_gives_an_environment_that_the_sites_user_can_use(
    server: Cycle, folder: str, file: str
) -> None:
    operation = environment(folder, file, extra=("gunicorn",), programs=("gunicorn",))
    assert server.make(operation) == 1
    assert server.make(operation) == 0
    listed = server.run(f"/srv/s/{folder}/.venv/bin/pip list --format freeze")
    assert "sqlparse==" in listed and "gunicorn==" in listed
    assert "shop" not in listed and "uv==" not in listed
    assert server.run(f"find /srv/s/{folder}/.venv ! -user root -o ! -type l -perm /o+rwx,g+w -o -name .build") == ""


def test_poetrys_own_constraints_and_its_lock_are_kept_to(server: Cycle) -> None:
    listed = server.run("/srv/s/poetry/.venv/bin/pip list --format freeze")
    assert "sqlparse==0.5.0\n" in listed and "tornado==" in listed
    assert not any(name in listed for name in ("black", "colorama", "packaging==24", "poetry"))


def test_a_lock_of_pipenv_is_kept_to(server: Cycle) -> None:
    listed = server.run("/srv/s/pipenv/.venv/bin/pip list --format freeze")
    assert "sqlparse==0.5.1\n" in listed and "black" not in listed and "colorama" not in listed


def test_a_pyproject_that_names_no_packages_is_said(server: Cycle) -> None:
    with pytest.raises(StepError) as refused:
        server.make(environment("nameless", "pyproject.toml"))
    assert "pyproject.toml names no packages" in refused.value.details


def test_a_locked_package_with_another_hash_is_refused_until_the_lock_is_mended(server: Cycle) -> None:
    server.run("cp -a /srv/s/locked /srv/s/forged && rm -rf /srv/s/forged/.venv")
    server.run("sed -i 's/sha256:......../sha256:00000000/' /srv/s/forged/uv.lock")
    with pytest.raises(StepError) as refused:
        server.make(environment("forged", "uv.lock"))
    assert "HASHES" in refused.value.details.upper()
    server.run("cp /srv/s/locked/uv.lock /srv/s/forged/uv.lock")
    server.make(environment("forged", "uv.lock"))
    assert "sqlparse==" in server.run("/srv/s/forged/.venv/bin/pip list --format freeze")


# A package whose building is a program: it says who runs it, and lays a trap for who comes after.
SDIST = """
set -e; mkdir -p /srv/s/sdist /tmp/odd-1.0 && cd /tmp/odd-1.0 && echo precious >/etc/precious
printf 'Metadata-Version: 2.1\\nName: odd\\nVersion: 1.0\\n' >PKG-INFO
cat >setup.py <<'PY'
import os, pwd, setuptools, sys
if {"bdist_wheel", "install"} & {*sys.argv}:
    with open("/tmp/odd-said", "w") as said:
        print(pwd.getpwuid(os.getuid()).pw_name, os.access("/etc/shadow", os.R_OK), sys.stdin.read() == "", file=said)
    os.symlink("/etc/precious", "/srv/s/sdist/.venv/.new")
setuptools.setup(name="odd", version="1.0")
PY
tar -C /tmp -czf /srv/s/sdist/odd-1.0.tar.gz odd-1.0
printf './odd-1.0.tar.gz\\nsqlparse\\n' >/srv/s/sdist/requirements.txt
chgrp -R site /srv/s/sdist; chmod -R g+rX,o= /srv/s/sdist
"""


def test_a_package_is_built_as_the_sites_user_and_cannot_lead_root_astray(server: Cycle) -> None:
    server.run(SDIST)
    assert server.make(environment("sdist", "requirements.txt")) == 1
    assert server.run("cat /tmp/odd-said /etc/precious") == "site False True\nprecious\n"
    assert server.run("find /srv/s/sdist/.venv ! -user root -o ! -type l -perm /o+rwx,g+w") == ""
    assert server.run("ls -A /srv/s/sdist") == ".venv\nodd-1.0.tar.gz\nrequirements.txt\n"


def test_changed_requirements_make_it_anew_and_undo_brings_the_older_one_back(server: Cycle) -> None:
    before = server.run("cat /srv/s/plain/.venv/.made-of; stat -c %i /srv/s/plain/.venv")
    server.run("echo packaging >>/srv/s/plain/requirements/base.txt")
    assert (
        server.make(environment("plain", "requirements/production.txt", extra=("gunicorn",), programs=("gunicorn",)))
        == 1
    )
    assert "packaging==" in server.run("/srv/s/plain/.venv/bin/pip list --format freeze")
    assert server.run("cat /srv/s/plain/.venv/.made-of; stat -c %i /srv/s/plain/.venv") != before
    with server.session() as session:
        entry = max(session.journal.in_force, key=lambda e: e.id)
        Worker(session, server.seen.append).do(Work(entry.id, entry.step, entry.change(), undo=True))
    assert server.run("cat /srv/s/plain/.venv/.made-of; stat -c %i /srv/s/plain/.venv") == before


def test_going_back_leaves_no_environment_and_no_cache_of_pip(server: Cycle) -> None:
    server.undo()
    assert server.run("ls -d /srv/s/*/.venv /root/.cache/pip 2>/dev/null || true") == ""
