"""The line that is shown at the end logs in as it is shown: by the real ssh, with the person's own config and agent."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.app.login_line import Way, line
from wizard.transport.target import parse_target

if TYPE_CHECKING:
    from tests.transport.conftest import MakeKey, Sshd, StartSshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME that ssh goes by, too: it does not look at $HOME."""
    real = shutil.which("ssh")
    if real is None:
        pytest.skip("these tests need OpenSSH's client: apt install openssh-client")
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ssh").write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/tried\nexec {real} -F {tmp_path}/.ssh/config "$@"\n'
    )
    (tmp_path / "bin" / "ssh").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


@pytest.fixture
def agent(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    process = subprocess.Popen(["ssh-agent", "-D", "-a", home / "agent"], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(home / "agent"))
    while subprocess.run(["ssh-add", "-l"], check=False, capture_output=True).returncode == 2:
        assert process.poll() is None
    yield
    process.terminate()
    process.wait()


@pytest.fixture
def server(start_sshd: StartSshd) -> Sshd:
    return start_sshd("LogLevel VERBOSE", "MaxAuthTries 4")


def configure(home: Path, server: Sshd, *lines: str, known: bool = True) -> None:
    text = f"Host vps\n  HostName 127.0.0.1\n  Port {server.port}\n" + "".join(f"  {line}\n" for line in lines)
    text += f"Host *\n  UserKnownHostsFile {server.known_hosts if known else home / 'nothing'}\n"
    (home / ".ssh" / "config").write_text(text)


def way(server: Sshd, host: str, port: int | None = None, **changes: object) -> Way:
    transport = server.transport()
    transport.connect()
    transport.close()
    user = server.login().user
    login = parse_target(f"{user}@{host}" + (f":{port}" if port else ""))
    return replace(Way(user, host, port, login, transport.key), **changes)  # type: ignore[arg-type]


def authorized(server: Sshd) -> list[str]:
    return [f'from="127.0.0.1" {server.key.with_suffix(".pub").read_text()}', "ssh-ed25519 AAAA other"]


def failures(server: Sshd) -> int:
    return server.log.read_text().count("Failed publickey")


def test_the_short_line_is_shown_where_it_works(server: Sshd, home: Path) -> None:
    configure(home, server, f"IdentityFile {server.key}")
    shown = line(way(server, "vps"), authorized(server))
    assert shown == f"ssh {server.login().user}@vps"
    assert subprocess.run([*shlex.split(shown), "true"], check=False, stdin=subprocess.DEVNULL).returncode == 0
    assert failures(server) == 0


def test_with_many_keys_in_the_agent_the_key_is_named_and_no_try_is_wasted(
    server: Sshd, make_key: MakeKey, home: Path, agent: None
) -> None:
    configure(home, server)
    keys = [*(make_key(home / f"k{number}") for number in range(5)), server.key]
    subprocess.run(["ssh-add", "-q", *keys], check=True, capture_output=True)
    shown = line(way(server, "127.0.0.1", server.port), authorized(server))
    user = server.login().user
    assert shown == f"ssh -i {server.key} -o IdentitiesOnly=yes -p {server.port} {user}@127.0.0.1"
    assert (home / "tried").read_text().count("\n") == 1 and failures(server) == 0
    assert subprocess.run([*shlex.split(shown), "true"], check=False, stdin=subprocess.DEVNULL).returncode == 0
    assert "Too many authentication failures" in subprocess.run(
        ["ssh", "-p", str(server.port), f"{user}@127.0.0.1", "true"],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    ).stderr, "the short line would not have worked"  # fmt: skip


def test_a_name_of_the_config_stays_in_the_line(server: Sshd, make_key: MakeKey, home: Path, agent: None) -> None:
    configure(home, server)
    subprocess.run(["ssh-add", "-q", make_key(home / "k"), server.key], check=True, capture_output=True)
    shown = line(way(server, "vps"), authorized(server))
    assert shown == f"ssh -i {server.key} -o IdentitiesOnly=yes {server.login().user}@vps" and failures(server) == 0


def test_a_host_key_in_a_file_of_ours_is_named(server: Sshd, home: Path) -> None:
    configure(home, server, f"IdentityFile {server.key}", known=False)
    shown = line(way(server, "vps", known_hosts=server.known_hosts), authorized(server))
    assert f"-o UserKnownHostsFile={server.known_hosts}" in shown and not shown.endswith(
        "  # could not be tried from here"
    )
    assert subprocess.run([*shlex.split(shown), "true"], check=False, stdin=subprocess.DEVNULL).returncode == 0
    assert failures(server) == 0


def test_what_could_not_be_tried_says_so(
    server: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(home, server, f"IdentityFile {server.key}", known=False)
    assert line(way(server, "vps"), authorized(server)).endswith(
        "  # could not be tried from here"
    )  # no host key is taken unseen
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    shown = line(way(server, "vps"), authorized(server))
    assert shown.startswith(f"ssh -i {server.key} -o IdentitiesOnly=yes") and shown.endswith(
        "  # could not be tried from here"
    )


def test_a_connection_that_the_config_keeps_open_is_neither_used_nor_left_behind(server: Sshd, home: Path) -> None:
    configure(home, server, f"IdentityFile {server.key}", "ControlMaster auto", f"ControlPath {home}/master", "ControlPersist yes",
              "RemoteCommand sleep 100", "LocalForward 1 127.0.0.1:1")  # fmt: skip
    assert line(way(server, "vps"), authorized(server)) == f"ssh {server.login().user}@vps"
    assert not (home / "master").exists()
