"""A project with a Celery worker, beat, and cache and broker in Redis comes up from its files alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
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
WRITTEN = "grep -h ^requirepass /etc/redis/wizard.conf | cut -d' ' -f2"


def row_appears(server: PracticeServer, name: str) -> bool:
    """Whether a task has written this row within half a minute."""
    for _ in range(30):
        if name in httpx.get(f"http://{server.host}/", timeout=60).text:
            return True
        time.sleep(1)
    return False


def test_worker_beat_cache_and_broker_come_up_at_the_first_try(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=made("celery-mail", tmp_path)))

    def wizard(*argv: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=500, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        assert "redis://:" not in done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def root(script: str) -> str:
        with logged_in(pristine, "deploy") as transport:  # the set-up has closed root's login
            return transport.run(script, root=True).out

    first = wizard("setup", "--answers", str(answers))
    steps = {event["step"] for event in first if event["event"] == "CheckpointReached"}
    assert {"redis/server", "celery/worker", "celery/beat", "sanity_check/outside"} <= steps

    page = httpx.get(f"http://{pristine.host}/", timeout=60)
    assert page.status_code == 200 and "yes" in page.text
    assert httpx.get(f"http://{pristine.host}/queue/", timeout=60).text == "queued"
    assert row_appears(pristine, "queued") and row_appears(pristine, "scheduled")
    password = root(WRITTEN).strip()
    assert len(password) > 40
    told = root("grep -h -e ^CACHE_ADDRESS= -e ^BROKER= /etc/garden/env | sort")
    assert f"redis://:{password}@127.0.0.1:6379/0" in told and f"redis://:{password}@127.0.0.1:6379/1" in told
    assert root("stat -c '%a %U %G' /etc/redis/wizard.conf").strip() == "640 root redis"
    leaks = f'P=$({WRITTEN}); grep -rlaF "$P" /var/lib/wizard/journal* /var/log; journalctl | grep -cF "$P"'
    assert root(leaks).strip() == "0"

    # whatever restarts the site restarts its worker
    pid = "systemctl show -P MainPID garden-worker"
    before = root(pid)
    root("systemctl restart garden; systemctl is-active --wait garden-worker; sleep 3")
    assert root(pid) not in (before, "0\n")

    second = wizard("setup", "--answers", str(answers))
    assert not [event for event in second if event["event"] in ("ChangeStarted", "CheckpointReached")]
    wizard("rollback", "--all")
    left = "ls -d /srv/* /etc/garden /etc/redis /var/lib/redis /etc/systemd/system/*redis* /etc/systemd/system/garden*"
    left += "; getent passwd redis garden; ss -Hltn | grep 6379"
    assert on_server(pristine, left).out == ""
