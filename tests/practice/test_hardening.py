"""system_update and hardening on real servers: what is shut is shut, seen from outside; and nothing of it stays after a rollback."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from typing import Any

import pytest

from tests.practice.compare import ALLOWED, FIRST_BOOT, differences, fingerprint
from tests.practice.conftest import ServerFactory
from tests.practice.doors import logged_in, session_on
from wizard import events
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.catalog import load
from wizard.engine.plan import Plan, make_plan
from wizard.engine.remote.session import Session
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.errors import StepError
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.recipe import Answers, Question, Recipe, Step
from wizard.secret import Secret
from wizard.server import Server

GIVEN: dict[str, dict[str, Any]] = {
    "system_update": {"timezone": "Europe/Berlin", "locale": "de_DE.UTF-8"},
    "hardening": {"extra_ports": ("8080",)},
}
GUARDED = ("software", "firewall", "ssh")


def plan_of(session: Session) -> Plan:
    known = {recipe.name: recipe for recipe in load()}
    project = Recipe("project", __file__)
    project.ask(Question("name", str, "guestbook"))
    recipes = [project, *(known[name] for name in ("system_update", "deploy_user", "hardening"))]
    given = Given()
    for recipe, answers in GIVEN.items():
        for question, value in answers.items():
            given.set(recipe, question, value)
    return make_plan(recipes, complete(given, recipes, server=session.server, secrets=session.secrets), session)


def reachable(server: PracticeServer, port: int) -> bool:
    try:
        with socket.create_connection((server.host, port), 3):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_a_hardened_server_is_shut_from_outside_and_comes_back_without_a_trace(
    release: str, server_factory: ServerFactory, fleet: Fleet
) -> None:
    server = server_factory(release=release)
    with logged_in(server) as transport:
        before = fingerprint(transport)
    seen: list[events.Event] = []
    with session_on(server, seen.append) as session:
        Runner(plan_of(session), session, seen.append, lambda decision: decision.options[0]).run()
        assert sum(isinstance(event, events.LoginProved) for event in seen) >= 2

    with session_on(server, seen.append, "deploy") as session:
        assert plan_of(session).changes == []
        listeners = "for port in 8080 8081; do systemd-run -q python3 -m http.server $port; done; sleep 1"
        assert session.transport.run(listeners).status == 0
        assert (reachable(server, 8080), reachable(server, 8081)) == (True, False)
        # an address of the documentation's range, so that nobody real is shut out
        ban = "fail2ban-client set sshd banip 203.0.113.9 && sleep 1 && nft list ruleset | grep -F 203.0.113.9"
        assert session.transport.run(ban).status == 0

    fleet.reboot(server.name)
    with session_on(server, seen.append, "deploy") as session:
        assert plan_of(session).changes == []
        assert roll_back(session, seen.append, None, on_drift=lambda *_: "stop") > 10

    with logged_in(server) as transport:
        assert differences(before, fingerprint(transport), [*ALLOWED, FIRST_BOOT]) == []
    fleet.reboot(server.name)
    with logged_in(server) as transport:
        assert differences(before, fingerprint(transport), [*ALLOWED, FIRST_BOOT]) == []


ATTACK = r"""
address=$(ip -4 -o addr show scope global | sed 's/.*inet \([0-9.]*\).*/\1/' | head -n 1)
fail2ban-client set sshd ignoreself false >/dev/null
knock() { ssh -o BatchMode=yes -o ConnectTimeout=2 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -l "$1" $address true; }
# somebody who is not root writes into the journal, by programs that are called as sshd's are
for name in sshd sshd-session; do
    cp /usr/bin/logger /tmp/$name
    for n in 1 2 3 4 5 6; do
        runuser -u nobody -- /tmp/$name -t $name "Invalid user x from 198.51.100.7 port 22"
        runuser -u nobody -- /tmp/$name -t $name "Failed password for invalid user x from 198.51.100.7 port 22 ssh2"
    done
    runuser -u nobody -- /tmp/$name -t $name "Accepted publickey for root from $address port 22 ssh2: ED25519 SHA256:x"
done
# user names that look like a login that worked, by and from somebody else
for n in 1 2; do
    knock "Accepted publickey for root from $address port 22 ssh2"
    knock "x Accepted publickey for root from $address "
    knock "x from 198.51.100.7 port 22"
done 2>/dev/null
for text in "" . ".*" "$address x" '$(touch /tmp/pwned)' '\E.*\Q' "$address'; touch /tmp/pwned"; do
    if sh /etc/fail2ban/known-address "$text"; then exit 9; fi
done
[ ! -e /tmp/pwned ] || exit 8
n=0
until fail2ban-client get sshd banip | grep -F $address; do n=$((n + 1)); [ $n -lt 30 ] || exit 1; sleep 0.5; done
fail2ban-client get sshd banip
fail2ban-client unban --all >/dev/null"""


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_who_mistyped_before_is_let_in_and_who_attacks_is_banned(release: str, server_factory: ServerFactory) -> None:
    """Debian's own jail would start with the package, and ban this computer for the last ten minutes."""
    server = server_factory(release=release)
    stranger = ["ssh", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={server.known_hosts}", f"admin@{server.host}"]
    for _ in range(6):
        assert subprocess.run([*stranger, "true"], check=False, capture_output=True).returncode == 255
    seen: list[events.Event] = []
    with session_on(server, seen.append) as session:
        Runner(plan_of(session), session, seen.append, lambda decision: decision.options[0]).run()
        assert [e for e in seen if isinstance(e, events.ConnectionBroken) and not e.expected] == []
        # once more from here, now that fail2ban watches: somebody gets in from here with a key
        for _ in range(6):
            assert subprocess.run([*stranger, "true"], check=False, capture_output=True).returncode == 255
        # the server itself is the attacker, by its own address
        result = session.transport.run(ATTACK)
        assert result.status == 0, result
        address = result.out.split()[0]
        assert result.out.splitlines() == [address, address]  # it, and nobody else
    with logged_in(server, "deploy"):
        pass


def test_firewall_and_sshd_are_taken_back_where_the_new_login_does_not_work(server_factory: ServerFactory) -> None:
    server = server_factory()
    seen: list[events.Event] = []
    answers = Answers({"deploy_user": {"name": "nobody-here", "password": Secret("")}}, server=Server())
    answers.tables["hardening"] = {"extra_ports": (), "firewall": True, "fail2ban": False, "automatic_updates": False}
    hardening = next(recipe for recipe in load() if recipe.name == "hardening")
    software, *guarded = [replace(step, checks=None) for step in hardening.steps if step.name in GUARDED]
    with session_on(server, seen.append) as session:
        run_step(software, answers, session, seen)
        with logged_in(server) as transport:
            before = fingerprint(transport)
        for step in guarded:
            with pytest.raises(StepError, match="taken back"):
                run_step(step, answers, session, seen)
            with logged_in(server) as transport:
                assert differences(before, fingerprint(transport)) == []


def run_step(step: Step, answers: Answers, session: Session, seen: list[events.Event]) -> None:
    one = Recipe("hardening", __file__, steps=[step])
    Runner(make_plan([one], answers, session), session, seen.append, lambda decision: decision.options[-1]).run()
