"""How a connection comes about, or why it does not, against a real OpenSSH server."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import ConnectError, ConnectionLost, HostKeyError
from wizard.secret import Secret
from wizard.transport.ssh import SshTransport

if TYPE_CHECKING:
    from tests.transport.conftest import MakeKey, Sshd, StartSshd


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME without keys, and no agent."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    while subprocess.run(["ssh-add", "-l"], check=False, capture_output=True).returncode == 2:
        assert process.poll() is None
    yield
    process.terminate()
    process.wait()


def locked_copy(key: Path, to: Path, passphrase: str) -> Path:
    to.write_bytes(key.read_bytes())
    to.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", to], check=True, capture_output=True)
    return to


def logs_in(transport: SshTransport) -> bool:
    transport.connect()
    try:
        return transport.run("echo in", root=False).out == "in\n"
    finally:
        transport.close()


def test_a_connection_can_be_closed_twice_and_opened_again(sshd: Sshd) -> None:
    transport = sshd.transport()
    assert not transport.alive()
    with pytest.raises(ConnectionLost, match="no connection"):
        transport.run("true")
    assert logs_in(transport)
    transport.close()
    assert not transport.alive()
    assert logs_in(transport)


def test_another_is_a_second_connection_with_the_same_rules(sshd: Sshd) -> None:
    first = sshd.transport()
    first.connect()
    second = first.another()
    assert not second.alive()
    assert logs_in(second)
    assert first.alive()
    first.close()


def test_nagles_algorithm_is_off(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []
    create = socket.create_connection

    def remember(*arguments: object, **named: object) -> socket.socket:
        opened.append(create(*arguments, **named))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(socket, "create_connection", remember)
    transport = sshd.transport()
    transport.connect()
    assert opened[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    transport.close()


def test_a_named_key_is_the_only_one_offered(start_sshd: StartSshd, make_key: MakeKey, home: Path, agent: None) -> None:
    sshd = start_sshd("LogLevel VERBOSE")
    (home / ".ssh").mkdir()
    make_key(home / ".ssh" / "id_ed25519")
    subprocess.run(["ssh-add", "-q", make_key(home / "in_agent")], check=True)
    wrong = make_key(home / "wrong")
    with pytest.raises(ConnectError, match="refused 1 key") as e:
        sshd.transport(key=wrong).connect()
    assert "publickey" in e.value.details and str(wrong) in e.value.details
    assert e.value.hint
    failed = re.findall(r"Failed publickey for \S+ from \S+ port \d+ ssh2: (.*)", sshd.log.read_text())
    assert len(failed) == 1


def test_without_a_named_key_the_agent_and_the_default_files_are_tried(
    sshd: Sshd, make_key: MakeKey, home: Path, agent: None
) -> None:
    with pytest.raises(ConnectError, match="refused 0 keys") as e:
        sshd.transport(key=None).connect()
    assert "--key" in e.value.hint
    subprocess.run(["ssh-add", "-q", make_key(home / "unrelated")], check=True)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ecdsa").write_text("damaged")
    (home / ".ssh" / "id_ed25519").write_bytes(sshd.key.read_bytes())
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    assert logs_in(sshd.transport(key=None))
    (home / ".ssh" / "id_ed25519").unlink()
    subprocess.run(["ssh-add", "-q", sshd.key], check=True)
    assert logs_in(sshd.transport(key=None))


def test_a_locked_key_needs_its_passphrase_or_the_agent(sshd: Sshd, home: Path, agent: None) -> None:
    locked = locked_copy(sshd.key, home / "locked", "correct horse")
    with pytest.raises(ConnectError, match="locked with a passphrase") as e:
        sshd.transport(key=locked).connect()
    assert f"ssh-add {locked}" in e.value.hint
    with pytest.raises(ConnectError, match="passphrase is not the right one"):
        sshd.transport(key=locked, passphrase=Secret("battery staple")).connect()
    assert logs_in(sshd.transport(key=locked, passphrase=Secret("correct horse")))
    subprocess.run(["ssh-add", "-q", sshd.key], check=True)
    (home / "locked.pub").write_text(sshd.key.with_suffix(".pub").read_text())
    assert logs_in(sshd.transport(key=locked))


def test_a_passphrase_that_is_not_needed_does_no_harm(sshd: Sshd) -> None:
    assert logs_in(sshd.transport(passphrase=Secret("unused")))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_older_kinds_of_keys_log_in(start_sshd: StartSshd, make_key: MakeKey, home: Path, kind: str) -> None:
    sshd = start_sshd()
    key = make_key(home / kind, kind=kind)
    (sshd.folder / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    assert logs_in(sshd.transport(key=key))


def test_a_key_that_cannot_be_used_is_told_apart(sshd: Sshd, home: Path) -> None:
    readable = home / "readable"
    readable.write_bytes(sshd.key.read_bytes())
    readable.chmod(0o644)
    with pytest.raises(ConnectError, match="others on this computer can read it") as e:
        sshd.transport(key=readable).connect()
    assert e.value.hint == f"chmod 600 {readable}"
    with pytest.raises(ConnectError, match="cannot read the key"):
        sshd.transport(key=home / "missing").connect()
    with pytest.raises(ConnectError, match="no private key in it") as e:
        sshd.transport(key=sshd.key.with_suffix(".pub")).connect()
    assert str(sshd.key) in e.value.hint
    damaged = home / "damaged"
    damaged.write_bytes(sshd.key.read_bytes()[:100])
    damaged.chmod(0o600)
    with pytest.raises(ConnectError, match="damaged"):
        sshd.transport(key=damaged).connect()


def test_the_host_key_is_checked_before_any_key_or_password_is_sent(sshd: Sshd, make_key: MakeKey, home: Path) -> None:
    before = sshd.log.read_text()
    other = make_key(home / "other").with_suffix(".pub").read_text().split()
    known = home / "known"
    known.write_text(f"[127.0.0.1]:{sshd.port} {other[0]} {other[1]}\n")
    transport = SshTransport(sshd.login(), known_hosts=known, ask_host_key=lambda key: True)
    with pytest.raises(HostKeyError, match="has changed"):
        transport.connect()
    assert "ublickey" not in sshd.log.read_text()[len(before) :]
    assert not transport.alive()


def test_the_known_type_of_host_key_is_asked_for(start_sshd: StartSshd, make_key: MakeKey, home: Path) -> None:
    second = make_key(home / "second", kind="ecdsa")
    sshd = start_sshd(f"HostKey {second}")
    public = second.with_suffix(".pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {public[0]} {public[1]}\n")
    assert logs_in(sshd.transport())


def test_on_first_contact_an_accepted_key_is_remembered(sshd: Sshd, home: Path) -> None:
    known = home / ".ssh" / "known_hosts"
    with pytest.raises(HostKeyError, match="not known"):
        SshTransport(sshd.login(), known_hosts=known, ask_host_key=None).connect()
    assert logs_in(SshTransport(sshd.login(), known_hosts=known, ask_host_key=lambda key: key.port == sshd.port))
    assert logs_in(SshTransport(sshd.login(), known_hosts=known, ask_host_key=None))


def test_a_jump_leads_through_another_server(sshd: Sshd, start_sshd: StartSshd) -> None:
    gate = start_sshd()
    known = gate.known_hosts.read_text() + sshd.known_hosts.read_text()
    gate.known_hosts.write_text(known)
    transport = SshTransport(sshd.login(jump=gate.login()), known_hosts=gate.known_hosts, ask_host_key=None)
    assert logs_in(transport)
    transport.connect()
    assert gate.children(), "the connection goes through the gate"
    gate.process.send_signal(signal.SIGSTOP)
    for pid in gate.children():
        os.kill(pid, signal.SIGKILL)
    gate.process.send_signal(signal.SIGCONT)
    with pytest.raises(ConnectionLost):
        transport.run("sleep 5", root=False)
    transport.close()


def test_a_jump_that_may_not_forward_is_told(sshd: Sshd, start_sshd: StartSshd) -> None:
    gate = start_sshd("AllowTcpForwarding no")
    with pytest.raises(ConnectError, match=r"cannot reach .* from .*:") as e:
        SshTransport(sshd.login(jump=gate.login()), known_hosts=gate.known_hosts, ask_host_key=None).connect()
    assert "AllowTcpForwarding" in e.value.hint


def test_an_unreachable_server_is_told_apart(sshd: Sshd) -> None:
    with pytest.raises(ConnectError, match=r"cannot find no-such-host\.invalid"):
        sshd.transport(host="no-such-host.invalid").connect()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ConnectError, match="refused") as e:
        sshd.transport(port=port).connect()
    assert "sshd" in e.value.hint
    with pytest.raises(ConnectError, match="not a host name"):
        sshd.transport(host="x" * 70).connect()


def test_a_server_that_does_not_answer_is_told(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.transport.ssh.CONNECT_TIMEOUT", 0.3)
    with socket.socket() as deaf:  # a full queue of connections drops every further one
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        with socket.create_connection(deaf.getsockname()), pytest.raises(ConnectError, match="no answer"):
            sshd.transport(port=deaf.getsockname()[1]).connect()


@pytest.mark.parametrize(
    ("words", "reason"),
    [(b"Not allowed at this time\r\n", "shuts this computer out"), (b"Exceeded MaxStartups\r\n", "too many others")],
)
def test_a_server_that_shuts_us_out_for_a_while_is_told(sshd: Sshd, words: bytes, reason: str) -> None:
    """Debian 13's sshd says so before it hangs up (PerSourcePenalties)."""
    with socket.create_server(("127.0.0.1", 0)) as punishing:

        def hang_up() -> None:
            peer, _ = punishing.accept()
            with peer:
                peer.sendall(words)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(ConnectError, match=reason) as e:
            sshd.transport(port=punishing.getsockname()[1]).connect()
        thread.join()
    assert words.decode().strip() in e.value.details and e.value.hint


def test_paramikos_log_stays_off_the_screen(sshd: Sshd) -> None:
    code = (
        "import sys; from pathlib import Path; from wizard.transport.base import Login; "
        "from wizard.transport.ssh import SshTransport; from wizard.errors import ConnectError\n"
        "t = SshTransport(Login('127.0.0.1', port=int(sys.argv[1])), known_hosts=Path('/nowhere'), ask_host_key=None)\n"
        "try: t.connect()\nexcept ConnectError: pass"
    )
    with socket.create_server(("127.0.0.1", 0)) as rubbish:
        command = [sys.executable, "-c", code, str(rubbish.getsockname()[1])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        peer, _ = rubbish.accept()
        peer.close()
        assert process.communicate()[0] == b""
