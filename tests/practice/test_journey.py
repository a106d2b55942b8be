"""The whole way, as a person walks it: `wizard setup`, again, killed and resumed, back to the bare server, and once more."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.practice.compare import differences, fingerprint, unneeded
from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import logged_in
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.transport.base import Login

MODELS = """
from django.db import models
from django.http import HttpResponse

class Note(models.Model):
    text = models.CharField(max_length=50)

def front(request):
    Note.objects.create(text="visit")
    return HttpResponse(f"<h1>notes</h1><p>{Note.objects.count()} so far</p>")
"""
SETTINGS = """
import os
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
CSRF_TRUSTED_ORIGINS = os.environ.get("CSRF_TRUSTED_ORIGINS", "http://x").split(",")
STATIC_ROOT = os.environ["STATIC_ROOT"]
GREETING = os.environ["GREETING"]
INSTALLED_APPS += ["notes"]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": os.environ["DB_NAME"], "USER": os.environ["DB_USER"],
    "PASSWORD": os.environ["DB_PASSWORD"], "HOST": os.environ["DB_HOST"], "PORT": os.environ["DB_PORT"],
}}
"""


class Program:
    """`wizard` in a process of its own, with a home of its own."""

    def __init__(self, server: PracticeServer, home: Path, **environment: str) -> None:
        self.server = server
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts.read_text())
        kept = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        self.env = {**kept, "HOME": str(home), **environment}

    def argv(self, command: str, *options: str, user: str | None = None) -> list[str]:
        target = f"{user or self.server.user}@{self.server.host}:{self.server.port}"
        return [sys.executable, "-m", "wizard", command, target, "--key", str(self.server.key), "--json", *options]

    def start(self, command: str, *options: str, stdout: Any = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(command, *options), env=self.env, text=True, stdout=stdout, stderr=subprocess.STDOUT
        )

    def run(self, command: str, *options: str, user: str | None = None) -> list[dict[str, Any]]:
        """The events that it wrote; it must end well."""
        done = subprocess.run(
            self.argv(command, *options, user=user),
            env=self.env,
            text=True,
            capture_output=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


def last(events: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    return [e for e in events if e["event"] == name][-1]


def repository(server: PracticeServer, on_server: OnServer, folder: Path) -> None:
    """A project of `django-admin startproject` with an app, pushed into a bare repository on the server."""
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop", str(folder)], check=True)
    notes = folder / "notes"
    subprocess.run([sys.executable, "-m", "django", "startapp", "notes"], cwd=folder, check=True)
    (notes / "models.py").write_text(MODELS)
    with (folder / "shop" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    (folder / "shop" / "urls.py").write_text(
        "from django.contrib import admin\nfrom django.urls import path\nfrom notes.models import front\n"
        "urlpatterns = [path('', front), path('admin/', admin.site.urls)]\n"
    )
    (folder / "requirements.txt").write_text("Django>=5.2,<5.3\npsycopg[binary]>=3.2\n")
    env = {**os.environ, "SECRET_KEY": "x", "ALLOWED_HOSTS": "x", "STATIC_ROOT": "x", "GREETING": "x"}
    env |= dict.fromkeys(("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT"), "5432")
    subprocess.run([sys.executable, "manage.py", "makemigrations", "notes"], cwd=folder, env=env, check=True)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-q", "-m", "A shop"],
        ["bundle", "create", "shop.bundle", "--all"],
    ):
        subprocess.run([*git, *command], cwd=folder, check=True)
    assert on_server(server, "apt-get -qq update; apt-get -qqy --no-install-recommends install git").status == 0
    with logged_in(server) as transport, (folder / "shop.bundle").open("rb") as bundle:
        transport.put(bundle, "/root/shop.bundle")
        done = transport.run(
            "install -d /srv/git && git clone -q --bare /root/shop.bundle /srv/git/shop.git && rm /root/shop.bundle "
            "&& chmod -R go=rX /srv/git"
        )
        assert done.status == 0, done.err


@pytest.mark.timeout(1800)  # the whole way, three times
def test_sample_is_set_up_killed_resumed_undone_and_set_up_again(
    new_server: ServerFactory, fleet: Fleet, on_server: OnServer, tmp_path: Path
) -> None:
    server = new_server()
    fleet.reboot(server.name)  # what runs only at the first boot is over
    on_server(server, "systemctl is-system-running --wait")
    with logged_in(server) as transport:
        before = fingerprint(transport, deep=True)
    answers = tmp_path / "answers.toml"
    sample = Path(__file__).parents[2] / "wizard" / "practice" / "sample_project"
    answers.write_text(f'[project]\nsource = "{sample}"\nname = "guestbook"\n')
    setup = ("setup", "--answers", str(answers), "--yes")

    # killed in the middle of postgres, and gone on with from another home
    first = Program(server, tmp_path / "one").start(*setup)
    assert first.stdout is not None
    for line in first.stdout:
        event = json.loads(line)
        if event["event"] == "ChangeStarted" and event["step"] == "postgres/install":
            time.sleep(2)
            break
    first.send_signal(signal.SIGKILL)
    first.wait()
    program = Program(server, tmp_path / "two")
    resumed = program.run(*setup)
    assert last(resumed, "RunFinished")["outcome"] == "done"
    assert [e["step"] for e in resumed if e["event"] == "Recovering"] == ["postgres/install"]
    page = httpx.get(f"http://{server.host}/", trust_env=False)
    assert page.status_code == 200
    assert "Guestbook" in page.text

    # nothing is left to do; the whole of it is proved again
    again = program.run(*setup)
    assert last(again, "RunFinished")["outcome"] == "nothing-to-do"
    assert last(again, "RunFinished")["round_trips"] <= 8
    checks = program.run("verify", "--answers", str(answers))
    assert len([e for e in checks if e["event"] == "CheckPassed"]) > 30
    points = program.run("status")
    assert "sanity_check/reboot" in [e["step"] for e in points if e["event"] == "Checkpoint"]

    # back to the bare server, which is then as it was, and forward again
    undone = program.run("rollback", "--all", "--yes")
    assert last(undone, "RunFinished")["outcome"] == "rolled-back"
    with logged_in(server) as transport:
        live = fingerprint(transport, deep=True)
    assert differences(before, live) == []
    fleet.reboot(server.name)
    on_server(server, "systemctl is-system-running --wait")
    with logged_in(server) as transport:
        rebooted = fingerprint(transport, deep=True)
    assert differences(before, rebooted) == []
    assert unneeded([(before, live), (before, rebooted)]) == []
    anew = program.run(*setup)
    assert last(anew, "RunFinished")["outcome"] == "done"
    assert httpx.get(f"http://{server.host}/", trust_env=False).status_code == 200


def test_project_from_git_with_planted_secrets_answers(
    new_server: ServerFactory, on_server: OnServer, tmp_path: Path
) -> None:
    server = new_server()
    repository(server, on_server, tmp_path / "shop")
    planted = {
        name: f"{name.lower()}-{uuid.uuid4().hex}'\"$(id)é" for name in ("SUDO_PASSWORD", "ADMIN_PASSWORD", "GREETING")
    }
    answers = tmp_path / "answers.toml"
    answers.write_text("""
[deploy_user]
password = { env = "SUDO_PASSWORD" }
[project]
source = "file:///srv/git/shop.git"
name = "shop"
domain = "shop.example.org"
settings_module = "shop.settings"
wsgi = "shop.wsgi:application"
[virtualenv]
extra_packages = ["gunicorn"]
[django]
superuser_password = { env = "ADMIN_PASSWORD" }
[sanity_check]
reboot = false
[env]
GREETING = { env = "GREETING" }
SHOP_TOKEN = { generate = "secret" }
""")
    program = Program(server, tmp_path / "home", **planted)
    seen = []
    with (tmp_path / "output").open("w+") as said:
        process = program.start("setup", "--answers", str(answers), "--yes", stdout=said)
        while process.poll() is None:  # what a neighbour on the server could see meanwhile
            seen.append(every_command_line())
            time.sleep(0.5)
    output = (tmp_path / "output").read_text()
    assert process.returncode == 0, output[-4000:]
    page = httpx.get(f"http://{server.host}/", headers={"Host": "shop.example.org"}, trust_env=False)
    assert "so far" in page.text, page.text
    with logged_in(server, "deploy") as transport:
        transport.login = Login(transport.login.host, "deploy", key=server.key, sudo_password=_secret(planted))
        kept = transport.run("cat /var/lib/wizard/secrets/*").out.split()
        words = [*planted.values(), *kept]
        script = "\n".join(
            f"grep -rlaF -e {shlex.quote(word)} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev 2>/dev/null"
            f"; journalctl --no-pager -q | grep -cF -e {shlex.quote(word)}"
            for word in words
        )
        found = {line for line in transport.run(script, silence=300).out.split() if line != "0"}
    assert found <= {
        "/etc/shop/env", "/var/lib/wizard/secrets/secret_key", "/var/lib/wizard/secrets/database_password",
        "/var/lib/wizard/secrets/env.SHOP_TOKEN",
    }  # fmt: skip
    assert not [word for word in words if word in output or json.dumps(word)[1:-1] in output]
    assert not [word for word in words if word in "".join(seen)]


def every_command_line() -> str:
    """Every process with its arguments, seen from this computer, so that no login of ours disturbs the set-up."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lines.append((folder / "cmdline").read_bytes().decode(errors="replace"))
    return "\n".join(lines)


def _secret(planted: dict[str, str]) -> Any:
    from wizard.secret import Secret

    return Secret(planted["SUDO_PASSWORD"])


@pytest.mark.parametrize("command", ["plan", "verify"])
def test_wrong_answers_are_refused_before_anything_is_reached(command: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[projekt]\nname = "x"\n[nginx]\nuplod_mb = 3\n[gunicorn]\nworkers = "many"\n')
    argv = [sys.executable, "-m", "wizard", command, "root@192.0.2.1", "--answers", str(answers)]
    done = subprocess.run(argv, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    for word in ("did you mean project?", "did you mean upload_mb?", "gunicorn.workers: must be a whole number"):
        assert word in done.stderr
