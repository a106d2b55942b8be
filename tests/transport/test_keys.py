"""Which keys are offered, against a real OpenSSH server, a real agent, and what the real ssh(1) would do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import ConnectError, LoginRefused
from wizard.secret import Secret
from wizard.transport.host_keys import fingerprint
from wizard.transport.keys import offers, public_half
from wizard.transport.probe import knock
from wizard.transport.ssh import SshTransport
from wizard.transport.target import parse_target

if TYPE_CHECKING:
    from tests.transport.conftest import MakeKey, Sshd, StartSshd

Agent = Callable[..., None]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """Adds keys to an agent that $SSH_AUTH_SOCK leads to."""
    path = tmp_path / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    while subprocess.run(["ssh-add", "-l"], check=False, capture_output=True).returncode == 2:
        assert process.poll() is None

    def add(*keys: Path) -> None:
        for key in keys:
            subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)

    yield add
    process.terminate()
    process.wait()


def logs_in(transport: SshTransport) -> bool:
    transport.connect()
    try:
        return transport.run("echo in", root=False).out == "in\n"
    finally:
        transport.close()


def configured(sshd: Sshd, home: Path, *lines: str) -> SshTransport:
    """A transport by a Host of ~/.ssh/config."""
    text = f"Host vps\n  HostName 127.0.0.1\n  Port {sshd.port}\n" + "".join(f"  {line}\n" for line in lines)
    (home / ".ssh" / "config").write_text(text)
    login = parse_target(f"{sshd.login().user}@vps")
    return SshTransport(login, known_hosts=sshd.known_hosts, ask_host_key=None)


def test_the_right_key_as_the_sixth_of_an_agent_is_told_with_what_to_do(
    sshd: Sshd, make_key: MakeKey, home: Path, agent: Agent
) -> None:
    agent(*(make_key(home / f"k{number}") for number in range(5)), sshd.key)
    with pytest.raises(LoginRefused, match="4 of 6 keys") as e:
        sshd.transport(key=None).connect()
    assert "--key FILE" in e.value.hint
    assert not re.search("give the password|ssh-copy-id", e.value.hint)
    assert e.value.details.count("\ntried:") == 4 and e.value.details.count("\nnot tried:") == 2
    assert logs_in(sshd.transport(key=sshd.key))


def test_a_server_with_few_tries_that_hangs_up_is_told_the_same_way(
    start_sshd: StartSshd, make_key: MakeKey, home: Path, agent: Agent
) -> None:
    sshd = start_sshd("MaxAuthTries 2")
    agent(*(make_key(home / f"k{number}") for number in range(5)), sshd.key)
    with pytest.raises(LoginRefused, match=r"closed the connection after 2 of 6 keys") as e:
        sshd.transport(key=None, password=Secret("x")).connect()
    assert "--key FILE" in e.value.hint


def test_the_public_half_names_a_key_of_the_agent(sshd: Sshd, make_key: MakeKey, home: Path, agent: Agent) -> None:
    """1Password, a YubiKey, a forwarded agent: the private half is in no file."""
    agent(*(make_key(home / f"k{number}") for number in range(5)), sshd.key)
    public = home / ".ssh" / "vps.pub"
    public.write_text(sshd.key.with_suffix(".pub").read_text())
    for lines in (["IdentityFile ~/.ssh/vps.pub", "IdentitiesOnly yes"], ["IdentityFile ~/.ssh/vps.pub"],
                  ["IdentityFile ~/.ssh/vps"]):  # fmt: skip
        assert logs_in(configured(sshd, home, *lines))
    assert logs_in(sshd.transport(key=public))
    assert logs_in(sshd.transport(key=public.with_suffix("")))


def test_a_public_half_without_its_key_is_told(sshd: Sshd, home: Path, agent: Agent) -> None:
    public = home / ".ssh" / "vps.pub"
    public.write_text(sshd.key.with_suffix(".pub").read_text())
    with pytest.raises(LoginRefused, match="0 keys") as e:
        configured(sshd, home, f"IdentityFile {public}", "IdentitiesOnly yes").connect()
    assert f"{public}: the public half, and the agent does not hold the private one" in e.value.details


def test_the_agent_is_the_one_that_the_config_names(
    sshd: Sshd, home: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent(sshd.key)
    monkeypatch.setenv("OTHER", str(home / "agent.sock"))
    monkeypatch.delenv("SSH_AUTH_SOCK")
    for value in ("~/agent.sock", "$OTHER", f"{home}/agent.sock"):
        assert logs_in(configured(sshd, home, f"IdentityAgent {value}"))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(home / "agent.sock"))
    for value, why in (("none", "leaves it out"), ("~/no-such.sock", "nobody answers at")):
        with pytest.raises(LoginRefused, match="0 keys") as e:
            configured(sshd, home, f"IdentityAgent {value}").connect()
        assert why in e.value.details
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(LoginRefused) as e:
        sshd.transport(key=None).connect()
    assert "agent forwarding" in e.value.details


def test_each_of_several_identity_files_has_its_turn(sshd: Sshd, make_key: MakeKey, home: Path) -> None:
    wrong = make_key(home / ".ssh" / "wrong")
    assert logs_in(
        configured(sshd, home, f"IdentityFile {wrong}", "IdentityFile ~/missing", f"IdentityFile {sshd.key}")
    )


def test_what_is_not_used_is_said_with_the_reason(sshd: Sshd, make_key: MakeKey, home: Path) -> None:
    open_to_all = make_key(home / ".ssh" / "open")
    open_to_all.chmod(0o644)
    locked = make_key(home / ".ssh" / "locked", passphrase="correct horse")
    lines = [f"IdentityFile {open_to_all}", f"IdentityFile {locked}", "IdentityFile ~/.ssh/missing"]
    with pytest.raises(LoginRefused, match="0 keys") as e:
        configured(sshd, home, *lines).connect()
    assert "others on this computer can read it" in e.value.details
    assert f"ssh-add {locked}" in e.value.details and "missing: not there" in e.value.details


def test_a_locked_key_without_its_public_half_beside_it_is_found_in_the_agent(
    sshd: Sshd, home: Path, agent: Agent
) -> None:
    locked = home / ".ssh" / "locked"
    locked.write_bytes(sshd.key.read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "horse", "-f", locked], check=True, capture_output=True)
    agent(sshd.key)
    assert logs_in(sshd.transport(key=locked))
    assert logs_in(configured(sshd, home, f"IdentityFile {locked}", "IdentitiesOnly yes"))


def test_a_small_rsa_key_is_told(start_sshd: StartSshd, home: Path) -> None:
    sshd = start_sshd("RequiredRSASize 2048")
    small = home / ".ssh" / "small"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", small], check=True)
    (sshd.folder / "authorized_keys").write_text(small.with_suffix(".pub").read_text())
    with pytest.raises(LoginRefused) as e:
        sshd.transport(key=small).connect()
    assert "RSA of 1024 bits" in e.value.details


@pytest.mark.parametrize("held", [False, True], ids=["in a file", "in the agent"])
def test_a_certificate_logs_in(start_sshd: StartSshd, make_key: MakeKey, home: Path, agent: Agent, held: bool) -> None:
    authority = make_key(home / "authority")
    sshd = start_sshd(f"TrustedUserCAKeys {authority}.pub")
    user = sshd.login().user
    key = make_key(home / ".ssh" / "signed")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", user, f"{key}.pub"], check=True)
    certificate = key.with_name("signed-cert.pub")
    if held:
        certificate.rename(home / ".ssh" / "moved")  # ssh-add would add the certificate, too
        agent(key)
        (home / ".ssh" / "moved").rename(certificate)
    assert logs_in(sshd.transport(key=key))
    certificate.rename(home / "elsewhere-cert.pub")
    assert logs_in(configured(sshd, home, f"IdentityFile {key}", f"CertificateFile {home}/elsewhere-cert.pub"))
    with pytest.raises(LoginRefused):
        sshd.transport(key=key).connect()


def test_a_certificate_for_another_server_is_no_trouble(sshd: Sshd, make_key: MakeKey, home: Path) -> None:
    key = home / ".ssh" / "both"
    for end in ("", ".pub"):
        Path(f"{key}{end}").write_bytes(Path(f"{sshd.key}{end}").read_bytes())
    key.chmod(0o600)
    subprocess.run(
        ["ssh-keygen", "-q", "-s", make_key(home / "ca"), "-I", "me", "-n", "somebody", f"{key}.pub"], check=True
    )
    assert logs_in(configured(sshd, home, f"IdentityFile {key}"))


@pytest.mark.parametrize("only", ["no", "yes"])
def test_the_order_is_that_of_ssh_itself(sshd: Sshd, make_key: MakeKey, home: Path, agent: Agent, only: str) -> None:
    keys = {name: make_key(home / ".ssh" / name) for name in ("a", "b", "c", "d", "e")}
    agent(keys["a"], keys["b"], keys["c"])
    keys["c"].unlink()  # the public half stays
    transport = configured(
        sshd, home, f"IdentityFile {keys['d']}", f"IdentityFile {keys['c']}.pub", f"IdentityFile {keys['b']}",
        f"IdentityFile {keys['e']}", f"IdentityFile {home}/missing", f"IdentitiesOnly {only}",
    )  # fmt: skip
    ours = [fingerprint(offer.blob) for offer in offers(transport.login).keys]
    argv = ["ssh", "-v", "-F", str(home / ".ssh" / "config"), "-o", "BatchMode=yes", "-l", "nobody-at-all"]
    argv += ["-o", f"UserKnownHostsFile={sshd.known_hosts}", "vps", "true"]
    said = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL).stderr
    theirs = re.findall(r"Will attempt key: .* (SHA256:\S+)", said)
    assert ours == theirs and len(ours) == (4 if only == "yes" else 5)


def test_a_key_that_got_in_goes_first_from_then_on(
    start_sshd: StartSshd, make_key: MakeKey, home: Path, agent: Agent
) -> None:
    sshd = start_sshd("LogLevel VERBOSE")
    agent(*(make_key(home / f"k{number}") for number in range(3)), sshd.key)
    first = sshd.transport(key=None)
    first.connect()
    assert sshd.log.read_text().count("Failed publickey") == 3
    second = first.another()
    assert logs_in(second)
    assert second.key is not None and second.key.blob == public_half(sshd.key)
    (sshd.folder / "authorized_keys").write_text("")
    reply = knock(first, replace(first.login))
    first.close()
    assert not reply.let_in and "publickey" in reply.methods
    assert sshd.log.read_text().count("Failed publickey") == 4, "one more, by the knock"


def test_a_named_key_that_is_no_file_is_refused(sshd: Sshd, home: Path) -> None:
    for path in (home, home / "missing"):
        with pytest.raises(ConnectError, match="cannot read the key"):
            sshd.transport(key=path).connect()
