"""A project as tutorials make it, of old packages, with its content in SQLite, comes up from its files alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.practice.conftest import OnServer
from tests.practice.doors import logged_in
from tests.projects import made
from wizard.practice.fleet import PracticeServer

ANSWERS = """\
[project]
source = "{source}"
name = "garden"
[system_update]
upgrade = false
reboot = false
[sanity_check]
reboot = false
"""
CONTENT = """\
from django.contrib.auth.models import User
from plants.models import Plant
ada = User.objects.create_superuser("ada", "ada@example.org", "a password")
Plant.objects.create(name="fern", owner=ada)
"""


def with_content(project: Path, folder: Path) -> None:
    """The project's own Django, near enough to the one that it names, makes its SQLite database; all is committed."""
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=120)
    subprocess.run([environment / "bin/pip", "install", "-q", "Django==2.2.28", "pytz"], check=True, timeout=300)
    for arguments, words in (["migrate", "-v0"], None), (["shell"], CONTENT):
        program = [str(environment / "bin/python"), "manage.py", *arguments]
        subprocess.run(program, cwd=project, input=words, text=True, check=True, timeout=120, capture_output=True)
    (project / ".gitignore").write_text("logs/\n__pycache__/\n")
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=project, check=True, timeout=60, env=os.environ)


def test_old_tutorial_comes_up_with_its_content_at_the_first_try(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    project = made("old-tutorial", tmp_path)
    with_content(project, tmp_path)
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=project))

    def wizard(*argv: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=580, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def root(script: str) -> str:
        with logged_in(pristine, "deploy") as transport:  # the set-up has closed root's login
            return transport.run(script, root=True).out

    first = wizard("setup", "--answers", str(answers))
    steps = {event["step"] for event in first if event["event"] == "CheckpointReached"}
    assert {"project/media", "django/content", "sanity_check/outside"} <= steps

    # the time zone of a driver that is newer than its Django; the project's own settings beside those of the server
    year = subprocess.run(["date", "+%Y"], text=True, capture_output=True, check=True).stdout.strip()
    page = httpx.get(f"http://{pristine.host}/", timeout=60).text
    assert f"fern of ada, {year}; 2 profiles; atomic: True" in page
    assert httpx.get(f"http://{pristine.host}/media/default.png", timeout=60).content.startswith(b"\x89PNG")
    assert root("cat /srv/garden/shared/written/logs/site.log").startswith("somebody came")
    assert root("stat -c %U /srv/garden/shared/written/logs/site.log; readlink /srv/garden/current/logs").split() == [
        "garden", "/srv/garden/shared/written/logs",
    ]  # fmt: skip
    looked = [event for event in first if event["event"] == "CheckPassed" and "admin logged in and out" in str(event)]
    assert looked, [event for event in first if event["event"].startswith("Check")]

    # what visitors and the site make outlives a release, and content is copied once
    root(
        "rm /srv/garden/current/db.sqlite3 || true; runuser -u postgres -- psql -qc \"update plants_plant set name='moss'\" garden"
    )
    (project / "garden/urls.py").write_text((project / "garden/urls.py").read_text() + "# another release\n")
    again = wizard("setup", "--answers", str(answers))
    assert "project/code" in {event["step"] for event in again if event["event"] == "ChangeStarted"}
    assert "moss of ada" in httpx.get(f"http://{pristine.host}/", timeout=60).text
    assert root("grep -c somebody /srv/garden/shared/written/logs/site.log").strip() not in ("0", "1")
    assert not [e for e in wizard("setup", "--answers", str(answers)) if e["event"] == "ChangeStarted"]

    wizard("rollback", "--all")
    assert on_server(pristine, "ls -d /srv/* /etc/garden /etc/nginx /etc/systemd/system/garden*").out == ""
    saved = on_server(pristine, "ls /var/backups/wizard").out
    assert "srv-garden-shared-written" in saved
