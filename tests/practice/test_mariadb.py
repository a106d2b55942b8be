"""A project whose settings name MySQL comes up over MariaDB from its files alone, and goes again with its data saved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

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
SECRET = "cat /var/lib/wizard/secrets/database_password"
PLANT = "from plants.models import Plant; Plant.objects.create(name='Rose \N{ROSE}'); print(Plant.objects.get().name)"


@pytest.mark.parametrize("project", ["mysql-in-code", "mysql-by-variables"])
def test_a_mysql_project_comes_up_over_mariadb_and_goes_with_a_dump(
    project: str, pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=made(project, tmp_path)))

    def wizard(*argv: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def root(script: str) -> str:
        with logged_in(pristine, "deploy") as transport:  # the set-up has closed root's login
            return transport.run(script, root=True).out

    first = wizard("setup", "--answers", str(answers))
    steps = {event["step"] for event in first if event["event"] == "CheckpointReached"}
    assert {"mariadb/database", "django/migrate", "sanity_check/outside"} <= steps
    assert not any(step.startswith("postgres/") for step in steps)

    page = httpx.get(f"http://{pristine.host}/", timeout=60)
    assert page.status_code == 200 and "0 plants" in page.text
    # an emoji needs utf8mb4 in the table and in the connection
    assert root(f'garden-manage shell --command "{PLANT}"').strip().endswith("Rose \N{ROSE}")
    assert "1 plants" in httpx.get(f"http://{pristine.host}/", timeout=60).text
    assert root("echo 'SELECT COUNT(*) FROM garden.plants_plant' | mariadb -N").strip() == "1"
    assert root("ss -Hltn 'sport = :3306' | awk '{ print $4 }'").strip() == "127.0.0.1:3306"
    leaks = f'P=$({SECRET}); [ ${{#P}} -gt 40 ] && grep -rlaF "$P" /var/lib/wizard/journal* /var/log; journalctl | grep -cF "$P"'
    assert root(leaks).strip() == "0"

    second = wizard("setup", "--answers", str(answers))
    assert not [event for event in second if event["event"] in ("ChangeStarted", "CheckpointReached")]
    wizard("rollback", "--all")
    left = "ls -d /srv/* /etc/garden /etc/mysql /var/lib/mysql /var/log/mysql /etc/systemd/system/*maria*; "
    left += "getent passwd mysql garden; ss -Hltn | grep 3306; dpkg -l | grep -i mariadb"
    assert on_server(pristine, left).out == ""
    dumps = on_server(pristine, "grep -la 'INSERT INTO `plants_plant`' /var/backups/wizard/garden-*.sql").out
    assert dumps.strip()
