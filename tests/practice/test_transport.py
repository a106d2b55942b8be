"""SshTransport on a practice server: sudo with a password, PAM, keys, jumps, a server that freezes or restarts."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.errors import ConnectError, ConnectionLost, WizardError
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.secret import Secret
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport

pytestmark = pytest.mark.practice

Connect = Callable[[Login], SshTransport]


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    """A server with a sudo user whose sudo asks for a password."""
    fleet = Fleet()
    name = f"tr-{os.getpid()}"
    try:
        yield fleet.up(name, login="sudo-password")
    finally:
        fleet.down(name)


@pytest.fixture
def login(server: PracticeServer) -> Login:
    assert server.sudo_password
    return Login(server.host, server.user, server.port, key=server.key, sudo_password=server.sudo_password)


@pytest.fixture
def connect(server: PracticeServer) -> Iterator[Connect]:
    transports: list[SshTransport] = []

    def connected(login: Login) -> SshTransport:
        transport = SshTransport(login, known_hosts=server.known_hosts, ask_host_key=None)
        transports.append(transport)
        transport.connect()
        return transport

    yield connected
    for transport in transports:
        transport.close()


@pytest.fixture
def ssh(connect: Connect, login: Login) -> SshTransport:
    return connect(login)


def test_scripts_run_as_root_or_as_the_login_user(ssh: SshTransport, login: Login) -> None:
    assert ssh.run("id -un; echo $HOME; umask").out == "root\n/root\n0022\n"
    assert ssh.run("id -un", root=False).out == f"{login.user}\n"


def test_a_script_through_sudo_keeps_status_streams_and_an_empty_stdin(ssh: SshTransport) -> None:
    result = ssh.run("cat; echo out; echo err >&2; exit 7")
    assert (result.status, result.out, result.err) == (7, "out\n", "err\n")


def test_megabytes_go_through_sudo_both_ways(ssh: SshTransport) -> None:
    document = "x" * 99 + "\n"
    script = (
        f"wc -c <<'EOF'\n{document * 50_000}EOF\nhead -c 20000000 /dev/zero | tr '\\0' e >&2\nyes | head -c 9000000"
    )
    result = ssh.run(script)
    assert result.out.startswith("5000000\n") and len(result.out) == 9_000_008
    assert len(result.err) == 256 * 1024


def test_the_sudo_password_is_in_no_process_list_log_or_output(ssh: SshTransport, login: Login) -> None:
    assert login.sudo_password
    planted = login.sudo_password.reveal()
    looked = ssh.run(
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; tr '\\0' ' ' <$p/environ; done 2>/dev/null; "
        "journalctl --no-pager 2>/dev/null; cat /var/log/auth.log 2>/dev/null; set"
    )
    assert "sudo" in looked.out
    assert planted not in looked.out + looked.err


def test_a_wrong_sudo_password_is_told_without_feeding_the_script_to_sudo(connect: Connect, login: Login) -> None:
    ssh = connect(replace(login, sudo_password=Secret("not-the-one")))
    with pytest.raises(ConnectError, match=r"sudo password of .* is not the right one"):
        ssh.run("touch /root/script-ran")
    with pytest.raises(ConnectError, match="sudo password"):
        ssh.put(io.BytesIO(b"x"), "/root/script-ran")
    good = connect(login)
    assert good.run("test -e /root/script-ran").status == 1
    assert ssh.run("id -un", root=False).out == f"{login.user}\n", "the connection itself is still good"


def test_sudo_that_wants_a_password_that_was_not_given_is_told_at_once(connect: Connect, login: Login) -> None:
    with pytest.raises(ConnectError, match="cannot use sudo as") as e:
        connect(replace(login, sudo_password=None)).run("true")
    assert "give the sudo password" in e.value.hint


def test_a_password_that_sudo_does_not_ask_for_is_skipped(connect: Connect, ssh: SshTransport, login: Login) -> None:
    ssh.run(f"echo '{login.user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/zz-test")
    try:
        assert ssh.run("cat; echo plain").out == "plain\n"
        ssh.put(io.BytesIO(b"content"), "/root/nopasswd")
        assert ssh.run("cat /root/nopasswd").out == "content"
        assert connect(replace(login, sudo_password=None)).run("id -un").out == "root\n"
    finally:
        ssh.run("rm /etc/sudoers.d/zz-test /root/nopasswd")


@pytest.fixture
def other(ssh: SshTransport, server: PracticeServer) -> Iterator[Login]:
    """A user without sudo, with a password and the same key."""
    ssh.run(
        "useradd -m -s /bin/bash plain; echo plain:plain-password | chpasswd; "
        "install -d -o plain -m 700 /home/plain/.ssh; "
        f"install -o plain -m 600 ~{server.user}/.ssh/authorized_keys /home/plain/.ssh/"
    )
    yield Login(server.host, "plain", server.port, key=server.key, sudo_password=Secret("plain-password"))
    ssh.run("userdel -rf plain 2>/dev/null")


def test_a_user_who_may_not_use_sudo_is_told_how_to_get_it(connect: Connect, other: Login) -> None:
    with pytest.raises(ConnectError, match="cannot use sudo as plain") as e:
        connect(other).run("true")
    assert "adduser plain sudo" in e.value.hint


def test_a_server_without_sudo_is_told(connect: Connect, ssh: SshTransport, login: Login) -> None:
    ssh.run("mv /usr/bin/sudo /usr/bin/sudo.away")
    try:
        with pytest.raises(ConnectError, match="not installed"):
            connect(login).run("true")
    finally:
        # setuid still: the file only changed its name
        ssh.run(
            f"echo {login.sudo_password.reveal() if login.sudo_password else ''} "
            "| /usr/bin/sudo.away -S mv /usr/bin/sudo.away /usr/bin/sudo",
            root=False,
        )
    assert ssh.run("id -un").out == "root\n"


def test_an_expired_password_is_told_with_what_to_do(connect: Connect, ssh: SshTransport, other: Login) -> None:
    ssh.run("passwd --expire plain")
    with pytest.raises(ConnectError, match="the password of plain is expired, and must be changed first") as e:
        connect(other).run("true", root=False)
    assert "ssh plain@" in e.value.hint


def test_a_user_without_a_shell_is_told(connect: Connect, ssh: SshTransport, other: Login) -> None:
    ssh.run("usermod -s /usr/sbin/nologin plain")
    with pytest.raises(ConnectError, match="its shell does not"):
        connect(other).run("true", root=False)


@pytest.mark.parametrize("shell", ["tcsh", "fish", "zsh"])
def test_the_login_shell_may_be_any(connect: Connect, ssh: SshTransport, other: Login, shell: str) -> None:
    if ssh.run(f"command -v {shell}").status:
        installed = ssh.run(f"apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qy {shell}")
        assert installed.status == 0, installed.err
    ssh.run(f"adduser plain sudo; usermod -s $(command -v {shell}) plain")
    plain = connect(other)
    assert plain.run('x=$(echo "a  b!"); echo "$x"; exit 3', root=False).out == "a  b!\n"
    assert plain.run("id -un").out == "root\n"


def test_noise_of_a_shells_start_files_is_not_output(connect: Connect, ssh: SshTransport, other: Login) -> None:
    ssh.run("printf 'echo noise\\necho more >&2\\n' >/home/plain/.bashrc; chown plain: /home/plain/.bashrc")
    result = connect(other).run("echo out; echo err >&2", root=False)
    assert (result.out, result.err) == ("out\n", "err\n")


@pytest.fixture
def sshd_setting(ssh: SshTransport) -> Iterator[Callable[[str], None]]:
    """Sets lines of sshd_config and restarts sshd."""

    restart = "systemctl reset-failed ssh; systemctl restart ssh"  # systemd counts quick restarts

    def set_lines(lines: str) -> None:
        result = ssh.run(f"echo '{lines}' >/etc/ssh/sshd_config.d/00-test.conf; sshd -t && {{ {restart}; }}")
        assert result.status == 0, result.err

    yield set_lines
    ssh.run(f"rm -f /etc/ssh/sshd_config.d/00-test.conf; {restart}")


def test_a_password_logs_in_where_no_key_does(
    connect: Connect, other: Login, sshd_setting: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    sshd_setting("PasswordAuthentication yes")
    login = replace(other, key=None, password=Secret("plain-password"))
    assert connect(login).run("id -un", root=False).out == "plain\n"
    with pytest.raises(ConnectError, match="refused 0 keys and the password"):
        connect(replace(login, password=Secret("wrong")))
    with pytest.raises(ConnectError, match="refused 0 keys") as e:
        connect(replace(login, password=None))
    assert "password" in e.value.details and "give the password of plain" in e.value.hint


def test_a_password_logs_in_where_only_keyboard_interactive_is_offered(
    connect: Connect,
    ssh: SshTransport,
    other: Login,
    sshd_setting: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    sshd_setting("PasswordAuthentication no\nKbdInteractiveAuthentication yes")
    login = replace(other, key=None, password=Secret("plain-password"))
    assert connect(login).run("id -un", root=False).out == "plain\n"
    ssh.run("passwd --expire plain")
    with pytest.raises(ConnectError, match="asks for more than a password") as e:
        connect(login)
    assert "ssh plain@" in e.value.hint


def test_a_key_and_a_password_are_given_where_both_are_wanted(
    connect: Connect, other: Login, sshd_setting: Callable[[str], None]
) -> None:
    sshd_setting("PasswordAuthentication yes\nMatch User plain\nAuthenticationMethods publickey,password")
    assert connect(replace(other, password=Secret("plain-password"))).run("id -un", root=False).out == "plain\n"
    with pytest.raises(ConnectError, match="refused 1 key"):
        connect(other)


def test_a_file_is_stored_as_roots_through_sudo(ssh: SshTransport) -> None:
    content = os.urandom(4_000_000)
    ssh.put(io.BytesIO(content), "/root/stored", mode=0o640)
    assert ssh.run("stat -c '%a %U %s' /root/stored; rm /root/stored").out == "640 root 4000000\n"


def test_a_full_disk_is_told_and_leaves_nothing(ssh: SshTransport) -> None:
    ssh.run("mkdir -p /small; mount -t tmpfs -o size=64k tmpfs /small")
    try:
        with pytest.raises(WizardError, match="cannot write /small/file") as e:
            ssh.put(io.BytesIO(b"x" * 10_000_000), "/small/file")
        assert "space" in e.value.details
        assert ssh.run("ls /small").out == ""
    finally:
        ssh.run("umount /small; rmdir /small")


def test_a_tunnel_reaches_what_only_the_server_sees(ssh: SshTransport) -> None:
    with ssh.tunnel(22) as port, socket.create_connection(("127.0.0.1", port)) as near:
        assert near.recv(4) == b"SSH-"
    with ssh.tunnel(1) as port, socket.create_connection(("127.0.0.1", port)) as near:
        assert near.recv(4) == b"", "nobody listens on port 1 of the server"


def test_a_jump_host_leads_to_a_host_that_it_sees(connect: Connect, login: Login) -> None:
    # the server as seen from itself: only its own loopback has that address
    assert connect(replace(login, host="127.0.0.1", jump=login, known_as=login.host)).run("id -un").out == "root\n"
    with pytest.raises(ConnectError, match=r"cannot reach 127\.0\.0\.1 port 1 from"):
        connect(replace(login, host="127.0.0.1", port=1, jump=login, known_as=login.host))


def test_frozen_sshd_is_a_lost_connection_and_the_script_goes_on(
    ssh: SshTransport, connect: Connect, login: Login
) -> None:
    freeze = "kill -STOP $(ps -o ppid= -p $(pgrep -of 'sudo -k')); sleep 1; touch /root/went-on"
    with pytest.raises(ConnectionLost, match="silent for 2 s"):
        ssh.run(freeze, silence=2)
    assert not ssh.alive()
    again = connect(login)
    assert again.run("for i in 1 2 3 4 5; do test -e /root/went-on && exit 0; sleep 1; done; exit 1").status == 0
    again.run("pkill -KILL -f 'sshd: .*@notty' -n --runstates T; rm /root/went-on")


def test_a_reboot_under_a_script_is_a_lost_connection(ssh: SshTransport, server: PracticeServer) -> None:
    with pytest.raises(ConnectionLost):
        ssh.run("systemctl reboot; sleep 60")
    Fleet().up(server.name)
