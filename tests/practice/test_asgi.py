"""A project that has only ASGI comes up from its files alone, and its WebSocket answers from outside."""

from __future__ import annotations

import base64
import json
import os
import socket
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


def said_back(host: str, path: str, words: bytes) -> tuple[int, bytes]:
    """The status of a WebSocket's handshake (RFC 6455, 1.3), and what comes back for a short text frame (5.2)."""
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((host, 80), 30) as line:
        line.settimeout(30)
        asked = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://{host}\r\n\r\n"
        )
        line.sendall(asked.encode())
        answer = line.makefile("rb")
        status = int(answer.readline().split()[1])
        while answer.readline().strip():
            pass
        if status != 101:
            return status, b""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(words))
        line.sendall(bytes([0x81, 0x80 | len(words)]) + mask + masked)
        _, length = answer.read(2)
        return status, answer.read(length)


def test_asgi_alone_comes_up_at_the_first_try_with_its_websocket(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    project = made("asgi-clock", tmp_path)
    (project / "garden" / "wsgi.py").unlink()
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=project))

    def wizard(*argv: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=500, check=False)
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    first = wizard("setup", "--answers", str(answers))
    steps = {event["step"] for event in first if event["event"] == "CheckpointReached"}
    assert {"uvicorn/service", "nginx/site", "sanity_check/outside"} <= steps
    assert not any(step.startswith("gunicorn/") for step in steps)

    assert httpx.get(f"http://{pristine.host}/", timeout=60).status_code == 200
    assert said_back(pristine.host, "/echo/", b"hello") == (101, b"hello")
    assert said_back(pristine.host, "/nowhere/", b"hello") == (403, b"")
    with logged_in(pristine, "deploy") as transport:  # the set-up has closed root's login
        rated = transport.run("systemd-analyze security --no-pager garden.service | tail -n 1", root=True).out
    assert float(rated.rpartition(": ")[2].split()[0]) <= 2.0, rated

    (project / "garden" / "urls.py").write_text((project / "garden" / "urls.py").read_text() + "# another release\n")
    again = wizard("setup", "--answers", str(answers))
    assert {event["step"] for event in again if event["event"] == "ChangeStarted"} >= {
        "project/code",
        "uvicorn/service",
    }
    assert said_back(pristine.host, "/echo/", b"again") == (101, b"again")
    assert not [e for e in wizard("setup", "--answers", str(answers)) if e["event"] == "ChangeStarted"]
    wizard("rollback", "--all")
    assert on_server(pristine, "ls -d /srv/* /etc/garden /etc/nginx /etc/systemd/system/garden*").out == ""
