"""What stands in the way of a set-up is found out first, and said: the fact, the reason, the next step. Nothing is touched."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import transport_to
from tests.practice.matrix.results import tried
from tests.practice.program import Laptop
from wizard.practice.fleet import PracticeServer

PERSON = """
id ann >/dev/null 2>&1 || useradd -m -s /bin/sh ann
install -d -m 700 -o ann -g ann /home/ann/.ssh && install -m 600 -o ann -g ann /root/.ssh/authorized_keys /home/ann/.ssh/
echo 'ann ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann"""
ASKED = "echo 'ann ALL=(ALL:ALL) ALL' >/etc/sudoers.d/ann; echo ann:right-one | chpasswd"

# every file, folder and link that was made, written, renamed or given another owner; a login leaves its traces in the logs
TOUCHED = (
    "find / -xdev -newercm /run/marker -not -path '/var/log/*' -not -path '/run/*' -not -path '/tmp*' -not -type d"
)
TOUCHED += "; ls -d /var/lib/wizard 2>/dev/null; true"


@dataclass(frozen=True)
class Case:
    """break_ and mend: as root on the server. says: what the message must name; status: the program's."""

    name: str
    break_: str
    mend: str
    says: tuple[str, ...]
    status: int = 3
    user: str = "ann"
    sudo_password: str = ""


CASES = (
    Case("may not use sudo", "rm /etc/sudoers.d/ann", "true", ("cannot use sudo as ann", "adduser ann sudo")),
    Case("sudo asks for a password", ASKED, "true", ("cannot use sudo as ann", "give the sudo password of ann")),
    Case("the sudo password is wrong", ASKED, "true", ("not the right one", "not of root"), sudo_password="wrong-one"),
    Case("sudo is not there", "mv /usr/bin/sudo /usr/bin/sudo.away", "mv /usr/bin/sudo.away /usr/bin/sudo",
         ("sudo: it is not installed", "log in as root")),
    Case("sudo wants a terminal", "echo 'Defaults requiretty' >/etc/sudoers.d/tty", "rm /etc/sudoers.d/tty",
         ("sudo wants a terminal", "requiretty", "visudo")),
    Case("the password is expired", "echo ann:x1 | chpasswd; chage -d 0 ann", "chage -d -1 ann",
         ("the password of ann", "set a new password")),
    Case("the password is expired, and only sudo says so",
         ASKED + "; chage -d 0 ann; echo 'UsePAM no' >/etc/ssh/sshd_config.d/00-x.conf; systemctl restart ssh",
         "rm /etc/ssh/sshd_config.d/00-x.conf; chage -d -1 ann; systemctl restart ssh",
         ("the password of ann", "set a new password"), sudo_password="right-one"),
    Case("root's password is expired", "echo root:x1 | chpasswd; chage -d 0 root", "chage -d -1 root; passwd -d root",
         ("the password of root", "set a new password"), user="root"),
    Case("the account is shut", "usermod -s /usr/sbin/nologin ann", "usermod -s /bin/sh ann",
         ("its shell", "/usr/sbin/nologin", "usermod -s /bin/bash ann")),
    Case("the shell is /bin/false", "usermod -s /bin/false ann", "usermod -s /bin/sh ann", ("its shell", "usermod")),
    Case("another distribution", "cp -P /etc/os-release /run/; rm /etc/os-release; "
         "printf 'ID=alpine\\nVERSION_ID=3.20\\nPRETTY_NAME=\"Alpine Linux v3.20\"\\n' >/etc/os-release",
         "rm /etc/os-release; cp -P /run/os-release /etc/", ("Alpine Linux v3.20", "Debian 12 and 13"), 4),
    Case("no systemd", "mv /run/systemd/system /run/systemd/away", "mv /run/systemd/away /run/systemd/system",
         ("systemd does not run", "without an init system"), 4),
    Case("a read-only disk", "mount --bind /usr /usr; mount -o remount,bind,ro /usr", "umount -l /usr",
         ("/usr cannot be written to", "dmesg"), 4),
    Case("little disk", "mount -t tmpfs -o size=300M tmpfs /opt", "umount /opt", ("MB of free disk", "make room"), 4),
    Case("a clock that is off", "printf '#!/bin/sh\\nexec /bin/date -d \"now + 1 year\" \"$@\"\\n' >/usr/local/bin/date; "
         "chmod +x /usr/local/bin/date", "rm /usr/local/bin/date", ("days ahead of", "timedatectl set-ntp"), 4),
)  # fmt: skip


@pytest.fixture(scope="module")
def server(server_factory: ServerFactory, on_server: OnServer) -> PracticeServer:
    server = server_factory()
    assert on_server(server, PERSON).status == 0
    return server


@pytest.fixture(autouse=True)
def _as_before(server: PracticeServer, on_server: OnServer) -> None:
    assert on_server(server, PERSON).status == 0


ALWAYS = ("may not use sudo", "the sudo password is wrong", "the password is expired, and only sudo says so",
          "root's password is expired", "the account is shut", "a read-only disk", "a clock that is off")  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.name, marks=() if c.name in ALWAYS else pytest.mark.matrix) for c in CASES]
)
def test_obstacle_is_named_and_nothing_is_touched(case: Case, server: PracticeServer, tmp_path: Path) -> None:
    laptop = Laptop(tmp_path, {"WIZARD_SUDO_PASSWORD": case.sudo_password} if case.sudo_password else {})
    with tried("servers that cannot be set up, refused untouched"), contextlib.closing(transport_to(server)) as beside:
        beside.connect()  # before it is broken
        result = beside.run(f"{case.break_}\nsleep 0.1; touch /run/marker; sleep 0.1")
        assert result.status == 0, result.err
        try:
            status, said = laptop.run(server, "setup", user=case.user)
            touched = beside.run(TOUCHED).out
        finally:
            assert beside.run(case.mend).status == 0
        for words in case.says:
            assert words.lower() in said.lower()
        assert status == case.status, said
        assert touched == ""


def test_odd_places_are_warned_of_and_do_not_stop_anybody(
    server: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    on_server(server, "chown root /home/ann; chmod 755 /home/ann; mount -t tmpfs -o noexec tmpfs /tmp")
    try:
        status, said = Laptop(tmp_path).run(server, "plan", user="ann")
    finally:
        on_server(server, "umount /tmp; chown ann /home/ann")
    assert status == 0, said
    assert "Programs in /tmp may not be run" in said
    assert "The home of ann cannot be written to" in said


@pytest.mark.matrix
def test_little_memory_is_refused(new_server: ServerFactory, on_server: OnServer, tmp_path: Path) -> None:
    server = new_server(memory="400M")
    status, said = Laptop(tmp_path).run(server, "setup")
    assert status == 4
    assert "400 MB of memory and no swap" in said
    assert on_server(server, "ls -d /var/lib/wizard").status != 0
