"""system_update and hardening on real servers: what is shut is shut, seen from outside; and nothing of it stays after a rollback."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from tests.practice.compare import ALLOWED, FIRST_BOOT, differences, fingerprint
from tests.practice.conftest import ServerFactory
from tests.practice.doors import logged_in, session_on
from wizard import events
from wizard.answers import Given, complete
from wizard.catalog import load
from wizard.engine.plan import Plan, make_plan
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.engine.session import Session
from wizard.errors import StepError
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.recipe import Answers, Question, Recipe, Step
from wizard.secret import Secret
from wizard.server import Server

GIVEN = {
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


def test_five_failed_logins_are_answered_with_a_ban(server_factory: ServerFactory) -> None:
    server = server_factory()
    seen: list[events.Event] = []
    with session_on(server, seen.append) as session:
        Runner(plan_of(session), session, seen.append, lambda decision: decision.options[0]).run()
        # the server itself is the attacker, by its own address, so that this computer is not shut out
        attack = """
            address=$(ip -4 -o addr show scope global | sed 's/.*inet \\([0-9.]*\\).*/\\1/' | head -n 1)
            fail2ban-client set sshd ignoreself false >/dev/null
            for n in 1 2 3 4 5 6; do
                ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null admin$n@$address true
            done 2>/dev/null
            n=0
            until fail2ban-client get sshd banip | grep -F $address; do n=$((n + 1)); [ $n -lt 30 ] || exit 1; sleep 0.5; done
            fail2ban-client unban --all"""
        result = session.transport.run(attack)
        assert result.status == 0, result


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
