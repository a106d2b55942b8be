"""What runs in place of the shell never gets our script, and is explained by its own cause. Against a real sshd."""

from __future__ import annotations

import getpass
import io
import pwd
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import ConnectError, ConnectionLost
from wizard.secret import Secret
from wizard.transport.base import Login
from wizard.transport.frame import script_frame
from wizard.transport.refusals import shell_refused

if TYPE_CHECKING:
    from tests.transport.conftest import Sshd, StartSshd


@pytest.fixture(scope="module")
def start_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ~/.bashrc of the account: bash reads it for a command of sshd, too (bash(1), INVOCATION)."""
    if not pwd.getpwnam(getpass.getuser()).pw_shell.endswith("bash"):
        pytest.skip("the login shell of this user is no bash")
    return tmp_path_factory.mktemp("home") / ".bashrc"


@pytest.fixture(scope="module")
def server(start_sshd: StartSshd, start_file: Path) -> Sshd:
    return start_sshd(f"SetEnv HOME={start_file.parent}")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.exchange.START_PATIENCE", 1.5)
    monkeypatch.setattr("wizard.transport.exchange.END_PATIENCE", 1.5)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("exec sh", "start another"),  # it reads what is sent as its own commands, as fish and zsh do
        ("exec python3 -", "start another"),
        ("exec cat", "goes on"),
        ("cat >{stolen}; exit 4", "goes on"),
        ("exit", "exit status 0"),
        ("echo Welcome; exit 3", "Welcome"),
        ("exec no-such-shell-of-mine", "no-such-shell-of-mine"),
        ("sleep 60", "goes on"),
    ],
)
def test_a_start_file_that_replaces_or_ends_the_shell_gets_nothing_of_the_script(
    server: Sshd, start_file: Path, tmp_path: Path, text: str, seen: str
) -> None:
    stolen, ran = tmp_path / "stolen", tmp_path / "ran"
    start_file.write_text(text.format(stolen=stolen) + "\n")
    transport = server.transport()
    transport.connect()
    with pytest.raises(ConnectError, match="its shell does not") as e:
        transport.run(f"touch {ran}")
    with pytest.raises(ConnectError):
        transport.put(io.BytesIO(b"content"), str(ran))
    transport.close()
    assert not ran.exists() and not (stolen.exists() and stolen.read_bytes())
    assert seen in e.value.details + e.value.hint
    assert "start file" in e.value.hint and "case $- in" in e.value.hint


@pytest.mark.parametrize(
    "text",
    ["echo noise; echo noise >&2", "set -x", "printf 'no end of line'", "trap 'echo bye' EXIT", "stty -a; clear"],
)
def test_a_start_file_that_only_makes_noise_is_no_trouble(server: Sshd, start_file: Path, text: str) -> None:
    start_file.write_text(f"{text}\n")
    transport = server.transport()
    transport.connect()
    result = transport.run("echo out; echo err >&2")
    transport.close()
    assert result.out.startswith("out\n") and "noise" not in result.out and "err\n" in result.err


@pytest.mark.parametrize("text", ["read -r x", "sleep 2.5"])
def test_a_start_file_that_waits_is_told_and_nothing_is_run(
    server: Sshd, start_file: Path, tmp_path: Path, text: str
) -> None:
    start_file.write_text(f"{text}\n")
    transport = server.transport()
    transport.connect()
    with pytest.raises(ConnectionLost, match="not ready") as e:
        transport.run(f"touch {tmp_path}/ran")
    transport.close()
    assert not (tmp_path / "ran").exists() and "start file" in e.value.hint


def test_a_sudo_password_is_sent_to_nothing_but_sudo(server: Sshd, start_file: Path, tmp_path: Path) -> None:
    stolen = tmp_path / "stolen"
    start_file.write_text(f"exec cat >{stolen}\n")
    transport = server.transport()
    transport.connect()
    transport.login = Login("127.0.0.1", "somebody", server.port, sudo_password=Secret("planted"))
    with pytest.raises(ConnectError):
        transport.run("true")
    transport.close()
    assert stolen.read_bytes() == b""
    frame = script_frame(transport.login, root=True)
    assert "planted" not in frame.command + repr(frame) and frame.password == b"planted\n"


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        ('Please login as the user "admin" rather than the user "root".', "admin"),  # Debian, cloud-init
        ('Please login as the user "ubuntu" rather than the user "root".', "ubuntu"),
        ("Please login as the ec2-user user rather than root user.", "ec2-user"),  # Amazon, of before
        ('Please log in as "opc"', "opc"),
        ("Please connect as user debian", "debian"),
        ('Please login as the user "NONE" rather than the user "root".', "USER"),  # Google, Azure: no user of the image
    ],
)
def test_a_cloud_image_that_says_whom_to_log_in_as_is_understood(said: str, whom: str) -> None:
    error = shell_refused(Login("203.0.113.5", port=2222), said, 142)
    assert f"{whom}@203.0.113.5:2222" in error.hint and "usermod" not in error.hint
    assert said in error.details and "exit status 142" in error.details
    assert f"{whom}@[2001:db8::1]" in shell_refused(Login("2001:db8::1"), said, 142).hint


def test_a_key_with_a_forced_command_is_told_apart(sshd: Sshd, tmp_path: Path) -> None:
    keys = sshd.folder / "authorized_keys"
    before = keys.read_text()
    says = """command="echo 'Please login as the user \\"admin\\" rather than the user \\"root\\".';echo;sleep 0.2;exit 142" """
    try:
        keys.write_text(f"no-port-forwarding,no-agent-forwarding,no-X11-forwarding,{says}{before}")
        transport = sshd.transport()
        transport.connect()
        with pytest.raises(ConnectError, match="log in as admin") as e:
            transport.run(f"touch {tmp_path}/ran")
        transport.close()
    finally:
        keys.write_text(before)
    assert "admin@127.0.0.1" in e.value.hint and not (tmp_path / "ran").exists()


def test_an_account_without_a_shell_is_told_apart() -> None:
    for said in ("", "This account is currently not available."):
        assert "usermod -s" in shell_refused(Login("h", "deploy"), said, 1).hint
