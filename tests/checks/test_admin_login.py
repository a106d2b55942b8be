"""The login of the first superuser against real Django sites on this computer."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import pytest

from wizard.checks.admin_login import Account, Form, admin_logs_in
from wizard.checks.base import Finding, Vantage
from wizard.secret import Secret
from wizard.transport.base import Login, Result

HOST = "garden.example.org"
PASSWORD = 'p\'w "with" $quotes\\'
SETTINGS = """\
SECRET_KEY = "for this test"
ALLOWED_HOSTS = ["garden.example.org"]
CSRF_TRUSTED_ORIGINS = []
ROOT_URLCONF = "urls"
USE_TZ = True
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": r"{folder}/db"}}}}
INSTALLED_APPS = ["django.contrib." + a for a in ("admin", "auth", "contenttypes", "sessions", "messages")]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {{"context_processors": ["django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}},
}}]
STATIC_URL = "/static/"
SESSION_COOKIE_DOMAIN = "garden.example.org"
{more}
"""
URLS = """\
from django.contrib import admin
from django.urls import path
urlpatterns = [path("control/", admin.site.urls)]
"""
SERVE = """\
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
"""
MANAGE = """\
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


class Here:
    """This computer in the place of the server: its shell, and a port without a tunnel."""

    def __init__(self, port: int) -> None:
        self.port = port

    def run(self, script: str, *, label: str = "", root: bool = True) -> Result:
        done = subprocess.run(["bash", "-s"], input=script, text=True, capture_output=True, check=False, timeout=120)
        return Result(done.returncode, done.stdout, done.stderr)

    def tunnel(self, port: int, host: str = "127.0.0.1") -> AbstractContextManager[int]:
        return contextlib.nullcontext(self.port)


class Garden:
    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        (folder / "settings.py").write_text(SETTINGS.format(folder=folder, more=more))
        (folder / "urls.py").write_text(URLS)
        (folder / "manage.py").write_text(MANAGE)
        self.manage = f"{sys.executable} {folder}/manage.py"
        self.do("migrate", "-v0")
        self.python(f"U.objects.create_superuser('ada', 'ada@example.org', {PASSWORD!r})")
        program = [sys.executable, "-c", SERVE]
        self.server = subprocess.Popen(
            program, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.server.stdout
        self.port = int(self.server.stdout.readline())

    def do(self, *argv: str) -> str:
        program = [sys.executable, "manage.py", *argv]
        return subprocess.run(program, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def python(self, code: str) -> str:
        return self.do("shell", "-c", f"from django.contrib.auth import get_user_model; U = get_user_model(); {code}")

    def look(self, path: str = "/control/", where: str | None = None, name: str = "ada") -> Finding:
        check = admin_logs_in(
            HOST, path, lambda _: where, manage=self.manage, account=Account(name, "ada@example.org", Secret(PASSWORD))
        )
        assert check.look
        transport: Any = Here(self.port)
        return check.look(Vantage(transport, Login("127.0.0.1")))


@contextlib.contextmanager
def garden(folder: Path, more: str = "") -> Iterator[Garden]:
    site = Garden(folder, more)
    try:
        yield site
    finally:
        site.server.kill()
        site.server.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    with garden(tmp_path_factory.mktemp("garden")) as made:
        yield made


def test_superuser_logs_in_and_out(site: Garden) -> None:
    found = site.look()
    assert found.passed and found.seen == "/control/login/?next=/control/: ada logged in and out"
    assert site.python("from django.contrib.sessions.models import Session as S; print('left', S.objects.count())")
    assert PASSWORD not in repr(found)


def test_admin_is_looked_for_where_django_says_that_it_is(site: Garden) -> None:
    assert "logged in and out" in site.look("/admin/", where="/control/").seen
    assert site.look("/admin/", where="").seen == "this project has no admin"
    assert not site.look("/admin/").passed


def test_password_that_a_person_has_changed_since_is_no_fault(site: Garden) -> None:
    site.python("u = U.objects.create_user('bob', password='another'); u.is_staff = True; u.save()")
    for name in ("bob", "nobody"):
        found = site.look(name=name)
        assert found.passed and found.seen.startswith(f"not tried: {name}")


@pytest.mark.parametrize(
    "more",
    [
        "SESSION_COOKIE_DOMAIN = 'elsewhere'; SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.dummy.DummyCache'}}",
        "AUTHENTICATION_BACKENDS = ['django.contrib.auth.backends.RemoteUserBackend']",
    ],
    ids=["sessions_are_not_kept", "no_backend_for_passwords"],
)
def test_login_that_does_not_work_is_seen(tmp_path: Path, more: str) -> None:
    with garden(tmp_path, more) as site:
        found = site.look()
    assert not found.passed and re.search(
        r"after ada had logged in|ada is right, and the form was shown again", found.seen
    )


def test_form_that_asks_for_more_is_not_tried(site: Garden) -> None:
    page = "<form><input name=username><input type=password name=password><input name=otp_token></form>"

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [page.encode()]

    with make_server("127.0.0.1", 0, answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        there, site.port = site.port, server.server_port
        found, site.port = site.look(), there
    assert found.passed and found.seen == "not tried: /control/ asks for username, password, otp_token"


def test_forms_are_told_apart() -> None:
    page = '<form action="/search"><input name=q></form><form action="/x"><input type=hidden name=t value=1><input type=password name=password></form>'  # noqa: E501
    form = Form.of(page)
    assert form is not None and (form.action, form.hidden, form.asked) == ("/x", {"t": "1"}, ["password"])
    assert Form.of("<form><input name=q></form>") is None
