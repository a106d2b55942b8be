"""A private OpenSSH server on 127.0.0.1 with its own configuration, host key and port."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from tests.computer import prepare, why_not
from wizard.practice.backend import cache_folder
from wizard.practice.image import image
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        return int(s.getsockname()[1])


MakeKey = Callable[..., Path]


@pytest.fixture(scope="session")
def make_key() -> MakeKey:
    """Makes a key pair with ssh-keygen: make_key(path, kind="ed25519", passphrase="")."""
    return _make_key


def _cannot(reason: str) -> NoReturn:
    """Where CI says so, a test that can't run has failed."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _make_key(path: Path, *, kind: str = "ed25519", passphrase: str = "") -> Path:
    if not shutil.which("ssh-keygen"):
        _cannot("these tests need OpenSSH's tools: apt install openssh-client")
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", path], check=True)
    return path


@dataclass
class Sshd:
    folder: Path
    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def login(self, **changes: object) -> Login:
        values: dict[str, object] = {
            "host": "127.0.0.1", "user": getpass.getuser(), "port": self.port, "key": self.key, **changes
        }  # fmt: skip
        return Login(**values)  # type: ignore[arg-type]

    def transport(self, **changes: object) -> SshTransport:
        return SshTransport(self.login(**changes), known_hosts=self.known_hosts, ask_host_key=None)

    def children(self) -> list[int]:
        """The processes of its connections."""
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        listed = subprocess.run(command, check=False, capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]


StartSshd = Callable[..., Sshd]

# sshd and its libraries are the image's; homes, /tmp and the network are this computer's
FROM_IMAGE = """for path in usr etc/passwd etc/group etc/shadow; do mount --bind "$1/$path" "/$path"; done
mkdir -p /run/sshd
shift; exec /usr/sbin/sshd "$@"
"""


def sshd_of_an_image(folder: Path) -> list[str]:
    """A command that starts the sshd of the practice servers' Debian: no server is installed on this computer for a test."""
    script = folder / "sshd.sh"
    script.write_text(FROM_IMAGE)
    tree = image("bookworm", cache_folder(), lambda _: None)
    return ["unshare", "--mount", "sh", "-eu", str(script), str(tree)]


def sshd_of_this_computer() -> list[str]:
    """Where no practice server can be had."""
    binary = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not binary:
        _cannot("these tests need practice servers, or OpenSSH's sshd: apt install openssh-server")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's privilege separation wants it
    return [binary]


@pytest.fixture(scope="session")
def start_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartSshd]:
    """Starts servers with further lines of sshd_config; all are stopped at the end."""
    if why_not() is None:
        prepare()
    command = sshd_of_an_image(tmp_path_factory.mktemp("image")) if why_not() is None else sshd_of_this_computer()
    running: list[subprocess.Popen[bytes]] = []

    def start(*lines: str) -> Sshd:
        folder = tmp_path_factory.mktemp("sshd")
        key, host_key = _make_key(folder / "key"), _make_key(folder / "host_key")
        (folder / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
        port = _free_port()
        config = folder / "sshd_config"
        config.write_text(
            "\n".join([  # sshd takes the first value, so the given lines go before
                *lines,
                "ListenAddress 127.0.0.1",
                f"Port {port}",
                f"HostKey {host_key}",
                f"AuthorizedKeysFile {folder}/authorized_keys",
                f"PidFile {folder}/pid",
                "StrictModes no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin yes",
                "UsePAM no",
            ])
        )  # fmt: skip
        public = host_key.with_suffix(".pub").read_text().split()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
        log = folder / "log"
        process = subprocess.Popen([*command, "-D", "-f", config, "-E", log])
        running.append(process)
        _wait_for_port(port, process, log)
        return Sshd(folder, port, log, process)

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait()


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
    pytest.fail(f"sshd does not listen: {log.read_text()}")


@pytest.fixture(scope="session")
def sshd(start_sshd: StartSshd) -> Sshd:
    return start_sshd()


@pytest.fixture
def ssh(sshd: Sshd) -> Iterator[SshTransport]:
    """A connected transport."""
    transport = sshd.transport()
    transport.connect()
    yield transport
    transport.close()
