"""A package that acts on being installed: what it would start waits until its settings are there."""

from __future__ import annotations

import threading
import time

import pytest

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from wizard.errors import StepError
from wizard.operations.apt import packages
from wizard.operations.service import service
from wizard.practice.fleet import Fleet, PracticeServer

# as a person has it who wants no service to start by itself, and logs who asked
POLICY = """cat >/usr/local/sbin/my-policy <<'SH'
#!/bin/sh
echo "$@" >>/root/asked
case "$*" in *forbidden*) exit 101 ;; esac
exit 0
SH
chmod 755 /usr/local/sbin/my-policy; ln -s /usr/local/sbin/my-policy /usr/sbin/policy-rc.d"""
STATES = "systemctl is-active nginx; systemctl is-enabled nginx; ls /usr/sbin | grep policy-rc.d || true"


@pytest.fixture
def cycle(pristine: PracticeServer) -> Cycle:
    return Cycle(pristine)


def states(cycle: Cycle) -> list[str]:
    return cycle.run(f"{STATES}; exit 0").split()


def test_a_web_server_shows_no_welcome_page_before_it_is_started_by_a_recipe(cycle: Cycle) -> None:
    before = cycle.fingerprint()
    wanted = packages("nginx", "logrotate", "uuid-runtime", start=["uuid-runtime"])
    assert cycle.make(wanted) == 1
    assert states(cycle) == ["inactive", "disabled"]
    assert cycle.run("ss -Hltn 'sport = :80'") == ""
    # what may start at once does, and a timer is no service
    assert cycle.run("systemctl is-active uuidd.socket logrotate.timer") == "active\nactive\n"
    assert cycle.make(wanted, service("nginx")) == 1
    assert states(cycle) == ["active", "enabled"]
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []


def test_a_power_cut_while_services_are_held_back_leaves_nothing_and_ones_own_policy_comes_back(
    cycle: Cycle, fleet: Fleet
) -> None:
    cycle.run(POLICY)
    before = cycle.fingerprint()
    wanted = packages("nginx")
    run = threading.Thread(target=cycle.make, args=[wanted])
    run.start()
    give_up = time.monotonic() + 60
    while "Unpacking nginx" not in cycle.said() and time.monotonic() < give_up:
        time.sleep(0.02)
    fleet.pull_plug(cycle.server.name)
    run.join(timeout=180)
    assert states(cycle) == ["inactive", "disabled", "policy-rc.d"]
    assert cycle.run("readlink /usr/sbin/policy-rc.d") == "/usr/local/sbin/my-policy\n"
    assert "nginx" in cycle.run("cat /root/asked") or "start" in cycle.run("cat /root/asked")
    assert cycle.make(wanted) == 0
    cycle.undo()
    cycle.run("rm /root/asked")
    assert differences(before, cycle.fingerprint()) == []


def test_a_policy_that_was_left_behind_does_nothing_for_others_and_goes_with_the_way_back(cycle: Cycle) -> None:
    cycle.run(POLICY)
    before = cycle.fingerprint()
    assert cycle.make(packages("jq")) == 1
    # as a power cut leaves it, when nobody has gone on yet
    cycle.run("change=/var/lib/wizard/changes/0001; . $change/residue.sh; echo nginx-common >$change/hold; put_policy")
    assert cycle.run("ls /usr/sbin/policy-rc.d*").split() == [
        "/usr/sbin/policy-rc.d",
        "/usr/sbin/policy-rc.d.before-wizard",
    ]
    asked = "/usr/sbin/policy-rc.d {} start; echo $?"
    assert cycle.run(asked.format("nginx.service")) == "0\n"
    assert cycle.run(asked.format("forbidden.service")) == "101\n"
    cycle.undo()
    cycle.run("rm /root/asked")
    assert differences(before, cycle.fingerprint()) == []


def test_packages_wait_where_sshd_would_not_come_back_after_its_upgrade(cycle: Cycle) -> None:
    cycle.run("echo 'Nonsense yes' >>/etc/ssh/sshd_config")
    with pytest.raises(StepError) as error:
        cycle.make(packages("jq"))
    assert "sshd refuses its own settings" in error.value.details
    assert "Nonsense" in error.value.details
