"""Targets as a person writes them, with and without ~/.ssh/config."""

from __future__ import annotations

import getpass
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard.errors import UsageError
from wizard.secret import Secret
from wizard.transport.base import Login
from wizard.transport.target import known_hosts_file, parse_target


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def write(home: Path, text: str, name: str = "config") -> None:
    (home / ".ssh" / name).write_text(text)


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("root@example.org", "root", "example.org", 22),
        ("deploy@10.0.0.1:2222", "deploy", "10.0.0.1", 2222),
        ("root@[2001:db8::1]", "root", "2001:db8::1", 22),
        ("root@[fe80::1%eth0]:2200", "root", "fe80::1%eth0", 2200),
        ("me@corp@example.org", "me@corp", "example.org", 22),
    ],
)
def test_user_host_and_port_are_told_apart(text: str, user: str, host: str, port: int) -> None:
    assert parse_target(text) == Login(host, user, port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("root@exa mple.org", "spaces"),
        ("root@example.org\n", "spaces"),
        ("-oProxyCommand=id", "dash"),
        ("root@-oProxyCommand=id", "host name"),
        ("-l@example.org", "dash"),
        ("$(id)@example.org", "as a user"),
        ("root@$(id)", "host name"),
        ("root@example.org:0", "port 0"),
        ("root@example.org:65536", "port 65536"),
        ("root@example.org:ssh", "as a target"),
        ("root@[example.org]", "IPv6"),
        ("root@2001:db8::1", "brackets"),
        ("@example.org", "as a target"),
        ("example.org", "as whom"),
    ],
)
def test_a_bad_target_is_refused_with_its_reason_and_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as e:
        parse_target(text)
    assert e.value.hint


def test_a_host_of_the_config_is_looked_up(home: Path) -> None:
    write(home, "key", "special")
    write(
        home,
        "Host site\n  HostName 192.0.2.7\n  User admin\n  Port=2222\n  IdentityFile ~/.ssh/missing\n"
        "  IdentityFile ~/.ssh/special\n  HostKeyAlias alias\n  UserKnownHostsFile ~/.ssh/known_%n\n",
    )
    assert parse_target("site") == Login("192.0.2.7", "admin", 2222, known_as="alias",
                                         identities=(home / ".ssh" / "missing", home / ".ssh" / "special"))  # fmt: skip
    assert known_hosts_file("site") == home / ".ssh" / "known_site"
    assert known_hosts_file("root@other") == home / ".ssh" / "known_hosts"


def test_what_the_target_says_goes_before_the_config(home: Path) -> None:
    write(home, "Host site\n  User admin\n  Port 2222\n")
    login = parse_target("root@site:22", key=Path("~/k"), sudo_password=Secret("s"))
    assert login == Login("site", "root", 22, key=home / "k", sudo_password=Secret("s"))


def test_the_first_value_wins_and_a_negated_pattern_vetoes(home: Path) -> None:
    write(home, "Host *.org !bad.org\n  User first\nHost *\n  User second\n  Port 99\n")
    assert parse_target("good.org").user == "first"
    assert parse_target("bad.org") == Login("bad.org", "second", 99)


def test_includes_are_followed_where_they_stand(home: Path) -> None:
    (home / ".ssh" / "conf.d").mkdir()
    write(home, "Host inner\n  User inside\n  Port 2\n", "conf.d/10-a")
    write(home, "Host *\n  User for-all\n", "conf.d/20-b")
    write(home, "Port 1\n", "only")
    write(
        home,
        "Host never\n  Include only\n"
        f"Host outer\n  Include {home}/.ssh/on*\n  User outside\n"
        "Host *\n  Include conf.d/*\n",
    )
    assert parse_target("inner") == Login("inner", "inside", 2)
    assert parse_target("outer") == Login("outer", "outside", 1)
    assert parse_target("else") == Login("else", "for-all", 22)


def test_a_file_that_includes_itself_is_refused(home: Path) -> None:
    write(home, "Include config\n")
    with pytest.raises(UsageError, match="without end"):
        parse_target("root@site")


def test_match_blocks_are_judged_where_possible_and_run_no_command(home: Path) -> None:
    write(
        home,
        f'Match exec "touch {home}/ran"\n  Port 1\n'
        "Match host a.org,b.org user root\n  Port 2\n"
        "Match !originalhost c.org localnetwork 10.0.0.0/8\n  Port 3\n"
        "Match tagged x\n  Port 4\n"
        "Match\n  Port 5\n"
        "Match all\n  HostName real.org\n",
    )
    assert parse_target("root@b.org") == Login("real.org", "root", 2)
    assert parse_target("deploy@b.org") == Login("real.org", "deploy", 22)
    assert not (home / "ran").exists()


def test_a_chain_of_jump_hosts_is_followed_in_order(home: Path) -> None:
    write(home, "k", "jumpkey")
    write(
        home,
        "Host site\n  User root\n  ProxyJump ann@one.org:2200,two\n"
        "Host two\n  HostName two.org\n  User bob\n  IdentityFile %d/.ssh/jumpkey\n  ProxyJump none\n",
    )
    one = Login("one.org", "ann", 2200)
    two = Login("two.org", "bob", 22, identities=(home / ".ssh" / "jumpkey",), jump=one)
    assert parse_target("site") == Login("site", "root", jump=two)


def test_jumps_in_circles_are_refused(home: Path) -> None:
    write(home, "Host a\n  User u\n  ProxyJump b\nHost b\n  ProxyJump a\n")
    with pytest.raises(UsageError, match="circles"):
        parse_target("a")


def test_a_proxy_command_is_refused_with_the_way_out(home: Path) -> None:
    write(home, "Host a\n  ProxyCommand nc %h %p\n")
    with pytest.raises(UsageError, match="ProxyCommand") as e:
        parse_target("root@a")
    assert "ProxyJump" in e.value.hint


@pytest.mark.parametrize("text", ["Port 70000", "Port x", 'IdentityFile "unclosed', "Host a\n Port -1"])
def test_a_bad_line_in_the_config_is_named(home: Path, text: str) -> None:
    write(home, text)
    with pytest.raises(UsageError, match=r"port|line 1"):
        parse_target("root@a")


def test_lines_that_ssh_knows_and_we_do_not_are_no_trouble(home: Path) -> None:
    write(home, "CanonicalizeHostname yes\n\n# note\nLonely\nFoo = bar baz\nHost\nHost a # trailing\n\tPort 5 # note\n")
    assert parse_target("root@a").port == 5


def test_a_config_that_cannot_be_read_is_an_error(home: Path) -> None:
    (home / ".ssh" / "config").mkdir()
    with pytest.raises(UsageError, match="cannot read"):
        parse_target("root@a")


def test_everything_about_keys_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_AGENT", "/run/mine")
    write(
        home,
        "Host a\n  IdentityFile ~/.ssh/one\n  IdentityFile ~/.ssh/%h.pub\n  CertificateFile %d/c-cert.pub\n"
        "  IdentitiesOnly yes\n  IdentityAgent ~/agent.sock\n"
        "Host b\n  IdentityFile none\n  IdentityAgent none\n"
        "Host c\n  IdentityAgent $MY_AGENT\nHost d\n  IdentityAgent SSH_AUTH_SOCK\n",
    )
    a = parse_target("root@a")
    assert a.identities == (home / ".ssh" / "one", home / ".ssh" / "a.pub") and a.identities_only
    assert a.certificates == (home / "c-cert.pub",) and a.agent == str(home / "agent.sock")
    assert parse_target("root@b").agent == "" and parse_target("root@b").identities == (Path("/dev/null"),)
    assert parse_target("root@c").agent == "/run/mine" and parse_target("root@d").agent is None


def test_ssh_itself_is_asked_where_it_reads_the_same_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ssh -G` knows Match exec, CanonicalizeHostname and the system's file; a name of this computer's user is no choice."""
    program = home / "ssh"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{home}/asked\necho hostname 192.0.2.9\necho user {getpass.getuser()}\necho port 2200\n'
        "echo identityfile ~/.ssh/with space\necho identitiesonly yes\necho userknownhostsfile /a /b\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    assert parse_target("root@vps", by_ssh=True).host == "vps"  # ssh would read another home's file
    monkeypatch.setattr("wizard.transport.ssh_config.pwd", SimpleNamespace(
        getpwuid=lambda _: SimpleNamespace(pw_dir=str(home))))  # fmt: skip
    login = parse_target("root@vps:2201", by_ssh=True)
    assert (login.host, login.port, login.identities_only) == ("192.0.2.9", 2201, True)
    assert login.identities == (home / ".ssh" / "with space",)
    assert (home / "asked").read_text() == "-G -l root -p 2201 -- vps\n"
    assert known_hosts_file("root@vps", by_ssh=True) == Path("/a")
    with pytest.raises(UsageError, match="as whom"):
        parse_target("vps", by_ssh=True)
    program.write_text("#!/bin/sh\nexit 255\n")
    write(home, "Host vps\n  HostName by-file.org\n")
    assert parse_target("root@vps", by_ssh=True).host == "by-file.org"
