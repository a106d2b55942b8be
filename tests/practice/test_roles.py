"""Another app server, and a recipe that adds to the web server's site: two new folders, and no edit elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.practice.conftest import OnServer
from tests.practice.doors import logged_in
from wizard.practice.fleet import PracticeServer
from wizard.practice.sample import PROJECT

RECIPES = Path(__file__).parent / "recipes_of_roles"
ANSWERS = """\
[roles]
app_server = "workshop_server"
[project]
source = "{source}"
name = "guestbook"
[system_update]
upgrade = false
reboot = false
[sanity_check]
reboot = false
"""


def test_site_is_served_by_the_app_server_that_was_chosen(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=PROJECT))

    def wizard(*argv: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=500, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def setup() -> list[dict[str, Any]]:
        return wizard("setup", "--recipes", str(RECIPES), "--answers", str(answers))

    first = setup()
    steps = {event["step"] for event in first if event["event"] == "CheckpointReached"}
    assert {"workshop_server/service", "nginx/site", "sanity_check/outside"} <= steps
    assert not any(step.startswith("gunicorn/") for step in steps)

    page = httpx.get(f"http://{pristine.host}/", timeout=60)
    assert page.status_code == 200 and page.headers["X-Workshop"] == "yes"
    with logged_in(pristine, "deploy") as transport:  # the set-up has closed root's login
        script = "systemctl show -P ExecStart guestbook.service; ls /run/guestbook /etc/guestbook"
        runs = transport.run(script, root=True).out
    assert "/bin/uvicorn --fd 3 config.asgi:application" in runs and "workshop.sock" in runs
    assert "gunicorn" not in runs

    second = setup()
    assert not [event for event in second if event["event"] in ("ChangeStarted", "CheckpointReached")]
    wizard("rollback", "--all")
    assert on_server(pristine, "ls -d /srv/* /etc/guestbook /etc/nginx; getent passwd guestbook").out == ""
