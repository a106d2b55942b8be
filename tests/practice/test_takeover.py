"""A server with things of somebody else's under the site's names: each is named before anything is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer
from wizard.practice.fleet import PracticeServer
from wizard.practice.sample import PROJECT

THERE = """
useradd -m -s /bin/bash -G adm deploy
useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin notes
install -d /srv/notes /etc/notes; echo mine >/srv/notes/mine; echo OLD=1 >/etc/notes/env
printf '#!/bin/sh\\necho old\\n' >/usr/local/bin/notes-manage; chmod 755 /usr/local/bin/notes-manage
printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/notes.service
systemctl daemon-reload
install -d /etc/systemd/system/shop.socket.d; install -d /usr/lib/systemd/system
printf '[Service]\\nExecStart=/bin/true\\n' >/usr/lib/systemd/system/blog.service
systemctl mask --quiet wiki.service
for port in 80 5432; do systemd-run --quiet --unit=other-$port --socket-property=ListenStream=$port sleep 60; done
"""
ADOPTABLE = ("user:deploy", "user:notes", "/etc/systemd/system/notes.service", "/srv/notes", "/etc/notes",
             "/etc/notes/env", "/usr/local/bin/notes-manage")  # fmt: skip


def wizard(tmp_path: Path, command: str, name: str, server: PracticeServer, *options: str) -> tuple[int, str]:
    answers = tmp_path / "answers.toml"
    answers.write_text(f'[project]\nsource = "{PROJECT}"\nname = "{name}"\n')
    argv = [sys.executable, "-m", "wizard", command, f"practice:{server.name}", "--answers", str(answers), *options]
    env = os.environ | {"WIZARD_STATE_DIR": str(tmp_path / "state")}
    ended = subprocess.run(
        argv, env=env, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def crowded(pristine: PracticeServer, on_server: OnServer) -> PracticeServer:
    assert on_server(pristine, THERE).status == 0
    return pristine


def test_what_others_made_is_named_before_anything_is_touched(
    crowded: PracticeServer, tmp_path: Path, on_server: OnServer
) -> None:
    status, said = wizard(tmp_path, "setup", "notes", crowded, "--yes")
    assert status == 4, said
    for name in ADOPTABLE:
        assert f"--adopt {name}" in said, name
    assert "port 80 is used by systemd" in said and "port 5432, which is used by systemd" in said
    assert wizard(tmp_path, "plan", "notes", crowded)[0] == 4
    agreed = [word for name in ADOPTABLE for word in ("--adopt", name)]
    status, said = wizard(tmp_path, "setup", "notes", crowded, "--yes", "--json", *agreed)
    assert status == 4 and '"agreed": true' in said
    assert "cannot use what is there already: port:5432, port:80".lower() in said.lower()
    for name, unit in {
        "shop": "shop.socket.d",
        "blog": "blog.service",
        "wiki": "wiki.service",
        "syslog": "syslog.socket",
    }.items():
        status, said = wizard(tmp_path, "setup", name, crowded, "--yes")
        assert status == 4 and unit in said, said
    assert on_server(crowded, "test ! -e /var/lib/wizard && cat /srv/notes/mine").status == 0
