"""Accounts, keys and sudo rules on a real server, through the engine."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from tests.practice.compare import differences
from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from wizard.checks.base import Vantage
from wizard.checks.ssh_login import login_works, password_login_refused, root_login_refused
from wizard.errors import StepError
from wizard.operations.authorized_keys import authorized_keys
from wizard.operations.user import UserState, sudo_rule, user
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.secret import Secret

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKfakefakefake ada's $laptop"
OTHER = "ssh-rsa AAAAB3Nzaother somebody"
PASSWORD = Secret("pä'ss: w$x`word")
ACCOUNTS = (
    "sha256sum /etc/passwd* /etc/group* /etc/shadow* /etc/gshadow* /etc/subuid* /etc/subgid* && ls -A /home /var/mail"
)


@pytest.fixture(scope="module")
def server(server_factory: ServerFactory) -> PracticeServer:
    return server_factory()


@pytest.fixture
def cycle(fleet: Fleet, server: PracticeServer) -> Cycle:
    return Cycle(fleet.reset(server.name))


@contextlib.contextmanager
def look_from(cycle: Cycle) -> Iterator[Vantage]:
    with cycle.transport() as transport:
        yield Vantage(transport, transport.login)


def test_a_person_logs_in_with_sudo_and_undo_leaves_no_trace(cycle: Cycle) -> None:
    with cycle.session() as session:
        keys = session.server.login_keys
    pristine, accounts = cycle.fingerprint(), cycle.run(ACCOUNTS)
    operations = (
        user("ada", groups=("sudo",)),
        authorized_keys("ada", (*keys, KEY)),
        sudo_rule("wizard-ada", "ada ALL=(ALL:ALL) NOPASSWD: ALL"),
    )
    assert cycle.make(*operations, checks=[login_works("ada")]) == 3
    assert cycle.make(*operations) == 0
    cycle.undo()
    assert cycle.run(ACCOUNTS) == accounts
    assert differences(pristine, cycle.fingerprint()) == []
    assert cycle.make(*operations, checks=[login_works("ada")]) == 3


def test_a_password_is_set_where_there_is_none_and_stands_nowhere_in_clear(cycle: Cycle) -> None:
    with cycle.session() as session:
        keys = session.server.login_keys
    person = user("ada", groups=("sudo",), password=PASSWORD)
    cycle.make(person, authorized_keys("ada", keys), checks=[login_works("ada", PASSWORD)])
    assert cycle.make(user("ada", password=Secret("another"))) == 0
    assert PASSWORD.reveal() not in cycle.said() + cycle.run("cat -v /etc/shadow")
    assert (
        cycle.run(f"grep -rF -e {KEY[:7]}nothing -e \"$(printf 'w$x`word')\" /var/lib/wizard || echo clean")
        == "clean\n"
    )


def test_an_interrupted_change_is_finished_by_a_run_that_does_not_know_the_password(cycle: Cycle) -> None:
    person = user("ada", password=PASSWORD)
    known_to_the_journal = dataclasses.replace(person, password=None)
    with cycle.session() as session:
        (found,) = session.observe([person])
    assert isinstance(found, UserState)
    script = known_to_the_journal.apply(found, person.wanted(found))
    assert script == person.apply(found, person.wanted(found))


def test_a_user_that_was_there_only_loses_the_group_that_we_gave(cycle: Cycle) -> None:
    cycle.run("useradd -m -s /bin/sh ada && gpasswd -a ada adm && usermod -p '!' ada")
    before, accounts = cycle.observe(user("ada")), cycle.run(ACCOUNTS)
    cycle.make(user("ada", groups=("sudo",), password=PASSWORD))
    assert cycle.run("id -nG ada; passwd -S ada | cut -d' ' -f2") == "ada adm sudo\nP\n"
    cycle.undo()
    assert cycle.observe(user("ada")) == before
    assert cycle.run(ACCOUNTS) == accounts


def test_undo_spares_accounts_that_came_later(cycle: Cycle) -> None:
    cycle.make(user("ada"))
    cycle.run("useradd -m later")
    cycle.undo()
    assert cycle.run("getent passwd ada || echo gone; id -un later") == "gone\nlater\n"


def test_what_a_person_made_is_saved_and_processes_end_before_the_account_goes(cycle: Cycle) -> None:
    cycle.make(user("ada"))
    cycle.run("runuser -u ada -- sh -c 'echo poem >~/poem; touch /var/tmp/left; sleep 1000 >/dev/null 2>&1 &'")
    cycle.undo()
    assert cycle.run("pgrep -fxc 'sleep 1000' || ls /home") == "0\n"
    assert "left behind by ada: /var/tmp/left" in cycle.said()
    saved = "cd /var/backups/wizard; stat -c %a . home-ada-*.gz; tar -xzOf home-ada-*.tar.gz ./poem"
    assert cycle.run(saved) == "700\n600\npoem\n"


def test_an_account_whose_making_failed_half_way_goes_with_its_home_and_can_be_made_again(cycle: Cycle) -> None:
    accounts = "getent passwd; getent group; ls -A /home; passwd -S -a | cut -d' ' -f1,2"
    before, chpasswd = cycle.run(accounts), "/usr/sbin/chpasswd"
    cycle.run(f"mv {chpasswd} {chpasswd}.away; printf '#!/bin/sh\\nexit 1\\n' >{chpasswd}; chmod +x {chpasswd}")
    person = user("ada", groups=("sudo",), password=PASSWORD)
    with pytest.raises(StepError):
        cycle.make(person)
    assert "ada" in cycle.run("ls /home; id -nG ada")
    cycle.run("sleep 1000 >/dev/null 2>&1 &")
    cycle.undo()
    assert cycle.run(accounts) == before
    assert cycle.run("pgrep -fxc 'sleep 1000'") == "1\n"
    cycle.run(f"mv {chpasswd}.away {chpasswd}")
    assert cycle.make(person) == 1
    assert cycle.run("passwd -S ada | cut -d' ' -f2") == "P\n"


@pytest.mark.parametrize("owner", ["0", "1234"])
def test_a_home_that_an_interrupted_useradd_left_goes_too_but_not_another_persons(cycle: Cycle, owner: str) -> None:
    person = user("ada")
    undo = person.apply(person.wanted(UserState()), UserState())
    undo = f"change=$(mktemp -d); (set -e\n{undo}\n)"
    cycle.run(f"cp -r /etc/skel /home/ada; chown -R {owner} /home/ada; {undo}; test ! -e /home/ada")
    cycle.run(f"useradd bob; mkdir /home/ada; chown bob /home/ada; {undo}; test -e /home/ada")


def test_a_home_that_was_there_before_stops_the_change_and_survives(cycle: Cycle) -> None:
    cycle.run("mkdir /home/ada && echo old >/home/ada/file")
    with pytest.raises(StepError):
        cycle.make(user("ada"))
    assert "is there already" in cycle.said()
    assert cycle.run("cat /home/ada/file; getent passwd ada || echo none") == "old\nnone\n"


def test_a_system_user_cannot_log_in_and_a_group_of_its_name_is_used_and_kept(cycle: Cycle) -> None:
    cycle.run("groupadd -g 4321 guestbook")
    accounts = cycle.run(ACCOUNTS)
    cycle.make(user("guestbook", system=True))
    assert cycle.run("getent passwd guestbook | cut -d: -f4,6,7") == "4321:/nonexistent:/usr/sbin/nologin\n"
    cycle.undo()
    assert cycle.run(ACCOUNTS) == accounts


def test_keys_that_were_there_stay_and_lines_added_later_survive_the_undo(cycle: Cycle) -> None:
    cycle.run(
        f"useradd -m ada && cd /home/ada && runuser -u ada -- sh -c "
        f"'umask 022; mkdir .ssh; printf \"# mine\\n{OTHER}\" >.ssh/authorized_keys'"
    )
    show = "cd /home/ada/.ssh && stat -c '%a %U' . authorized_keys && cat authorized_keys"
    before = cycle.run(show)
    cycle.make(authorized_keys("ada", (KEY, OTHER)))
    assert cycle.run(show) == f"700 ada\n600 ada\n# mine\n{OTHER}\n{KEY}\n"
    cycle.undo()
    assert cycle.run(show) == before
    cycle.make(authorized_keys("ada", (KEY,)))
    cycle.run("echo 'ssh-rsa AAAAlater' >>/home/ada/.ssh/authorized_keys")
    cycle.undo()
    assert cycle.run(show) == f"755 ada\n644 ada\n# mine\n{OTHER}\nssh-rsa AAAAlater\n"


@pytest.mark.parametrize("link", [".ssh", ".ssh/authorized_keys"])
def test_a_planted_link_is_not_followed(cycle: Cycle, link: str) -> None:
    cycle.run(f"useradd -m ada && cd /home/ada && {'mkdir .ssh &&' if '/' in link else ''} ln -s /root/.ssh {link}")
    before = cycle.run("find /root/.ssh -type f -exec sha256sum {} +")
    with pytest.raises(StepError):
        cycle.make(authorized_keys("ada", (KEY,)))
    assert "is a link" in cycle.said()
    assert cycle.run("find /root/.ssh -type f -exec sha256sum {} +") == before


def test_a_broken_sudo_rule_never_gets_in_place(cycle: Cycle) -> None:
    with pytest.raises(StepError):
        cycle.make(sudo_rule("wizard-ada", "ada ALL=(ALL NOPASS"))
    assert cycle.run("ls /etc/sudoers.d; visudo -cq && echo good") == "README\ngood\n"


def test_the_login_checks_tell_an_open_door_from_a_shut_one(cycle: Cycle) -> None:
    cycle.run("useradd -m ada")
    checks = (root_login_refused(), password_login_refused("ada"), login_works("nobody-there"))
    with look_from(cycle) as vantage:
        open_doors = [check.look(vantage) for check in checks if check.look]
    cycle.run("printf 'PermitRootLogin no\\nPasswordAuthentication no\\n' >/etc/ssh/sshd_config.d/00-shut.conf; true")
    with look_from(cycle) as vantage:
        vantage.transport.run("systemctl reload ssh; sleep 1")
        shut = [check.look(vantage) for check in checks[:2] if check.look]
        # what is known to be shut is not knocked at again
        refusals = "journalctl -q -t sshd -t sshd-session | grep -c 'ROOT LOGIN REFUSED'"
        before = vantage.transport.run(refusals).out
        assert checks[0].look and checks[0].look(vantage).passed
        assert vantage.transport.run(refusals).out == before != "0\n"
    assert open_doors[2].final
    assert [f.passed for f in open_doors] == [False, False, False]
    assert [f.passed for f in shut] == [True, True]
    assert shut[0].seen == "root was refused; the server takes from root: publickey"
