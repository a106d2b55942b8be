"""What sshd's files say, and to whom: the rules of sshd_config(5), as the set-up reads them before it changes anything."""

from __future__ import annotations

import pytest

from wizard.errors import StoppedError
from wizard.operations.sshd import must_let_in, must_not_open_again, must_stay_at_its_port, read_first
from wizard.sshd import Sshd, parse

MAIN = "/etc/ssh/sshd_config"
CAME = "10.0.0.2:22 203.0.113.9:51234"


def facts(*lines: str, doors: tuple[str, ...] = ("0.0.0.0:22 service ssh.service",), **more: tuple[str, ...]) -> Sshd:
    """A server with these lines; one that names no file stands in sshd_config."""
    numbered = [line if line.startswith("/") else f"{MAIN}:{n}:{line}" for n, line in enumerate(lines, 1)]
    return parse(more.get("came", (CAME,)), doors, more.get("upcoming", ()), numbered, more.get("groups", ()))


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("AllowUsers root admin",), "allowusers root admin"),
        (("allowusers=root", "AllowUsers admin"), "allowusers root"),
        (("AllowUsers deploy@10.0.0.0/8",), "deploy@10"),
        (("DenyUsers dep*",), "denyusers dep*"),
        (("AllowGroups ssh-users",), "allowgroups ssh-users"),
        (("DenyGroups sudo",), "denygroups sudo"),
        (("AllowUsers deploy", "Match Address 203.0.113.0/24", "AllowUsers admin"), "in the block Match Address"),
        (("Match User *,!root", "AuthenticationMethods publickey,password"), "authenticationmethods"),
        (("AuthorizedKeysFile /etc/ssh/keys/%u",), "authorizedkeysfile /etc/ssh/keys"),
        (("Match Group sudo", "ForceCommand internal-sftp"), "forcecommand internal-sftp"),
        (("Include conf.d/*.conf", "/etc/ssh/conf.d/a.conf:7:PubkeyAuthentication no"), "pubkeyauthentication no"),
    ],
)
def test_line_that_keeps_the_new_account_out_is_named_before_anything_is_made(
    lines: tuple[str, ...], name: str
) -> None:
    with pytest.raises(StoppedError, match="the login of deploy") as caught:
        must_let_in(facts(*lines), "deploy", "sudo")
    assert name in caught.value.message
    assert "line " in caught.value.details and "/etc/ssh/" in caught.value.details


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("AllowUsers root", "AllowUsers d?ploy@203.0.113.*"),
        ("AllowGroups sudo adm",),
        ("AllowGroups friends",),
        ("DenyUsers deploy@10.*",),
        ("Match Address 10.0.0.0/8", "DenyUsers *"),
        ("Match User backup", "ForceCommand /bin/backup", "Match all", "X11Forwarding no"),
        ("Match Exec /bin/true", "DenyUsers *"),
        ("AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u", "AuthenticationMethods publickey"),
        ("PubkeyAuthentication yes", "PubkeyAuthentication no"),
        ("#AllowUsers root", 'AllowUsers "deploy" # and nobody else'),
        # a block of an included file ends with the file
        ("Include sshd_config.d/*.conf", "/etc/ssh/sshd_config.d/a.conf:1:Match User x", "AllowUsers deploy"),
    ],
)
def test_lines_that_let_the_account_in_or_mean_others_stop_nothing(lines: tuple[str, ...]) -> None:
    must_let_in(facts(*lines, groups=("friends:ada,deploy",)), "deploy", "sudo")


def test_what_stands_in_the_way_of_a_harmful_server_is_found_in_no_time() -> None:
    must_let_in(facts("DenyUsers " + "*a" * 200), "a" * 32, "sudo")
    loops = [f"/etc/ssh/sshd_config.d/{n}.conf:1:Include sshd_config.d/*.conf" for n in range(50)]
    must_let_in(facts("Include sshd_config.d/*.conf", *loops), "deploy")


def test_facts_that_make_no_sense_are_left_out() -> None:
    odd = parse(
        ["x:y:99999999 z"], ["[::]:22 burrow", "abc", ":70000 service x"], ["22"], ["no:line", "\0:1:a b"], [":"]
    )
    assert (odd.came_by, odd.doors, odd.upcoming, odd.settings) == (0, (), (), ())


@pytest.mark.parametrize(
    ("came", "doors", "upcoming", "goes"),
    [
        ("10.0.0.2:22", "0.0.0.0:22 service ssh.service", "0.0.0.0:2222", True),
        ("10.0.0.2:22", "0.0.0.0:22 service ssh.service", "127.0.0.1:22", True),
        ("10.0.0.2:22", "0.0.0.0:22 service ssh.service", "10.0.0.2:22", False),
        ("10.0.0.2:22", "0.0.0.0:22 service ssh.service", "", False),
        # the files' port counts for nothing where a socket of systemd listens
        ("10.0.0.2:2222", "*:2222 socket ssh.socket ssh.service", "0.0.0.0:22", False),
        # somebody reloaded it beside its socket: a restart would leave port 22
        ("10.0.0.2:22", "*:2222 socket ssh.socket ssh.service|0.0.0.0:22 service ssh.service", "0.0.0.0:22", True),
        # not sshd's doing where we came in (dropbear, a forwarded port)
        ("10.0.0.2:2200", "0.0.0.0:22 service ssh.service", "0.0.0.0:2222", False),
    ],
)
def test_sshd_that_would_leave_the_port_we_came_by_is_not_touched(
    came: str, doors: str, upcoming: str, goes: bool
) -> None:
    server = facts(
        "Port 2222",
        doors=tuple(doors.split("|")),
        upcoming=(upcoming,) if upcoming else (),
        came=(f"{came} 203.0.113.9:1",),
    )
    if not goes:
        must_stay_at_its_port(server)
        return
    with pytest.raises(StoppedError, match="listens on port 22"):
        must_stay_at_its_port(server)


def test_match_block_that_lets_passwords_in_again_is_said_unless_it_is_for_somebody_by_name() -> None:
    for opens in ("Match all", "Match Address 192.168.0.0/16", "Match User deploy,x", "Match Group *"):
        with pytest.raises(StoppedError, match="passwords") as caught:
            must_not_open_again(facts(opens, "PasswordAuthentication yes"), "deploy")
        assert f"{MAIN}, line 2" in caught.value.details
    with pytest.raises(StoppedError, match="shut out root"):
        must_not_open_again(facts("Match Address 192.168.0.0/16", "PermitRootLogin prohibit-password"), "deploy")
    must_not_open_again(
        facts("Match User backup", "PasswordAuthentication yes", "Match all", "PermitRootLogin no"), "deploy"
    )


def test_the_set_up_goes_before_a_drop_in_that_says_otherwise_and_sorts_before_it() -> None:
    path, content = "/etc/ssh/sshd_config.d/05-ours.conf", "# x\nPasswordAuthentication no\n"
    other = "/etc/ssh/sshd_config.d/0{}:1:{}".format
    include = "Include /etc/ssh/sshd_config.d/*.conf"
    (first,) = read_first(path, facts(include, other("0-cloud.conf", "PasswordAuthentication yes")), content)
    assert f"1i Include {path}" in first.apply(first.parse("no"), first.parse("yes"))
    for harmless in (other("0-cloud.conf", "Port 22"), other("9-late.conf", "PasswordAuthentication yes")):
        assert read_first(path, facts(include, harmless), content) == []
