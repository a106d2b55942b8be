"""Whatever accepts SSH on a server goes on doing so where it did: by a socket of systemd, a service, or started by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import logged_in, session_on
from tests.practice.lockout import trial
from wizard import events
from wizard.catalog import load
from wizard.engine.plan import make_plan
from wizard.engine.remote.session import Session
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.errors import StepError, StoppedError, WizardError
from wizard.operations.command import command
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.recipe import Answers, Recipe, Step, WayIn
from wizard.secret import Secret

READY = """
apt-get -qq update && apt-get -qq -y install ufw nftables iptables sudo >/dev/null
useradd -m -s /bin/bash -G sudo deploy
echo 'deploy ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy
install -d -m 0700 -o deploy -g deploy /home/deploy/.ssh
install -m 0600 -o deploy -g deploy /root/.ssh/authorized_keys /home/deploy/.ssh/authorized_keys
"""
CUT = """cat >/root/cut <<'SCRIPT'
sleep 0.5
nft add table inet trap
nft add chain inet trap in '{ type filter hook prerouting priority -400; policy drop; }'
kill $(sed -n 's/^sshd=\\([0-9]*\\).*/\\1/p' /var/lib/wizard/holder)
SCRIPT
setsid sh /root/cut >/dev/null 2>&1 </dev/null &"""
DOORS = "{ ssh_doors; systemctl is-enabled ssh.service ssh.socket; } | emit doors"


@dataclass
class Machine:
    """A practice server that comes back to the same beginning for each test, reached where it listens then."""

    fleet: Fleet
    server: PracticeServer
    seen: list[events.Event] = field(default_factory=list)

    def prepared(self, script: str, port: int = 22) -> None:
        """Runs the script apart from our login, which it may cut, and goes on by that port."""
        self.seen.clear()
        self.server = self.fleet.restore(self.server.name, "ready")
        if script:
            with logged_in(self.server) as transport:
                transport.run(f"cat >/root/apart <<'APART'\n{script}\nAPART\nsystemd-run -q --wait sh /root/apart")
        if port != 22:
            known = self.server.key.with_name("known_hosts_there")
            lines = (line.split(" ", 1)[1] for line in self.server.known_hosts.open())
            known.write_text("".join(f"[{self.server.host}]:{port} {line}" for line in lines))
            self.server = replace(self.server, port=port, known_hosts=known)
        trial.look(self.server, patience=20)  # an sshd that reads its files anew is away for a moment

    def doors(self) -> str:
        with session_on(self.server) as session:
            return session.send("doors", DOORS).text("doors")

    def hardened(self, *names: str) -> None:
        """The recipe's own steps, with their checks."""
        hardening = next(recipe for recipe in load() if recipe.name == "hardening")
        steps = [step for step in hardening.steps if step.name in names]
        with session_on(self.server, self.seen.append) as session:
            plan = make_plan([Recipe("hardening", hardening.home, steps=steps)], answers(session), session)
            Runner(plan, session, self.seen.append, lambda question: question.options[-1]).run()

    def rolled_back(self) -> None:
        with session_on(self.server, self.seen.append, "deploy") as session:
            roll_back(session, self.seen.append, None, on_drift=lambda *_: "stop")

    def guarded(self, run: str, undo: str = "true", *, cut: bool = False) -> None:
        """One guarded change that nobody gets in after; what it does not undo is the server's to put right.

        cut: the line breaks right after the change, and the server cannot be reached until it is undone.
        """

        def emit(event: events.Event) -> None:
            self.seen.append(event)
            if cut and isinstance(event, events.ChangeDone):
                with logged_in(self.server) as transport:
                    transport.run(CUT)
                time.sleep(1.5)

        change = command("shut", run, test="[ -e /etc/shut ]", undo=f"rm -f /etc/shut\n{undo}")
        step = Step("bad", "door", lambda _: iter([change]), None, lambda _: WayIn("root"), None)
        with session_on(self.server, emit) as session:
            plan = make_plan([Recipe("bad", __file__, steps=[step])], Answers({}, server=session.server), session)
            Runner(plan, session, emit, lambda question: question.options[-1]).run()

    def of(self, kind: type[events.Event]) -> list[events.Event]:
        return [event for event in self.seen if isinstance(event, kind)]


def answers(session: Session) -> Answers:
    tables = {
        "deploy_user": {"name": "deploy", "password": Secret(""), "authorized_key": ""},
        "hardening": {"extra_ports": (), "firewall": True, "fail2ban": False, "automatic_updates": False},
    }
    return Answers(tables, server=session.server)


def machine(release: str, factory: ServerFactory, fleet: Fleet, on_server: OnServer) -> Machine:
    server = factory(release=release)
    result = on_server(server, READY)
    assert result.status == 0, result.err
    return Machine(fleet, fleet.snapshot(server.name, "ready"))


@pytest.fixture(scope="module")
def bookworm(server_factory: ServerFactory, fleet: Fleet, on_server: OnServer) -> Iterator[Machine]:
    yield machine("bookworm", server_factory, fleet, on_server)


@pytest.fixture(scope="module")
def trixie(server_factory: ServerFactory, fleet: Fleet, on_server: OnServer) -> Iterator[Machine]:
    yield machine("trixie", server_factory, fleet, on_server)


def by_socket(port: int) -> str:
    return f"""
mkdir -p /etc/systemd/system/ssh.socket.d
printf '[Socket]\\nListenStream=\\nListenStream={port}\\n' >/etc/systemd/system/ssh.socket.d/port.conf
systemctl daemon-reload
systemctl disable ssh.service
systemctl stop ssh.service
systemctl enable --now ssh.socket"""


BY_HAND = "systemctl disable --now ssh\nmkdir -p /run/sshd\nsystemd-run --scope -q /usr/sbin/sshd"
TWO_PORTS = "printf 'Port 22\\nPort 2200\\n' >/etc/ssh/sshd_config.d/port.conf\nsystemctl restart ssh"


@pytest.mark.parametrize(
    ("release", "script", "port"),
    [
        pytest.param("bookworm", by_socket(2222), 2222, id="a socket of systemd on another port"),
        pytest.param("trixie", by_socket(22), 22, id="a socket of systemd", marks=pytest.mark.matrix),
        pytest.param("bookworm", BY_HAND, 22, id="by hand"),
        pytest.param("trixie", TWO_PORTS, 2200, id="two ports"),
        pytest.param(
            "bookworm", "echo SSHD_OPTS=\"-p 2222\" >/etc/default/ssh\nsystemctl restart ssh", 2222, id="options of the service",
            marks=pytest.mark.matrix,
        ),
    ],
)  # fmt: skip
def test_hardening_leaves_sshd_where_it_listens(
    release: str, script: str, port: int, request: pytest.FixtureRequest
) -> None:
    one: Machine = request.getfixturevalue(release)
    one.prepared(script, port)
    before = one.doors()
    assert f":{port} " in before
    one.hardened("firewall", "ssh")
    assert len(one.of(events.LoginProved)) == 2
    with logged_in(one.server, "deploy") as transport:
        rules = transport.run("ufw status").out
    assert f"{port}/tcp" in rules, rules
    with pytest.raises(WizardError), logged_in(one.server):
        pass
    one.rolled_back()
    assert one.doors() == before


def test_after_a_take_back_the_socket_listens_again_and_a_new_login_proves_it(bookworm: Machine) -> None:
    bookworm.prepared(by_socket(2222), 2222)
    before = bookworm.doors()
    with pytest.raises(StepError, match="taken back") as caught:
        bookworm.guarded("touch /etc/shut; systemctl stop ssh.socket; systemctl restart ssh.service")
    assert [(e.works, e.login) for e in bookworm.of(events.TakenBack)] == [  # type: ignore[attr-defined]
        (True, f"root@{bookworm.server.host}:2222")
    ]
    assert "a new login as root" in caught.value.hint
    assert bookworm.doors() == before


def test_where_sshd_went_to_another_port_for_good_something_listens_at_the_old_one(trixie: Machine) -> None:
    """The files were changed by somebody else meanwhile, and no undo of ours knows of it."""
    trixie.prepared("")
    with pytest.raises(StepError, match="taken back"):
        trixie.guarded("touch /etc/shut; echo Port 2299 >/etc/ssh/sshd_config.d/port.conf; systemctl restart ssh")
    assert [e.works for e in trixie.of(events.TakenBack)] == [True]  # type: ignore[attr-defined]
    trial.look(trixie.server)


def test_where_nobody_gets_in_after_the_take_back_it_says_so_and_what_to_type_at_the_console(trixie: Machine) -> None:
    trixie.prepared("")
    with pytest.raises(StepError, match="does not work now either") as caught:
        trixie.guarded("touch /etc/shut; echo DenyUsers root >/etc/ssh/sshd_config.d/shut.conf; systemctl restart ssh")
    assert "as it was" not in caught.value.hint
    assert "provider's console" in caught.value.hint and "systemctl restart ssh" in caught.value.hint
    assert [e.works for e in trixie.of(events.TakenBack)] == [False]  # type: ignore[attr-defined]


def test_line_that_breaks_while_the_proof_runs_is_waited_for_and_the_revert_is_announced(
    trixie: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.engine.remote.scripts.WINDOW_S", 12)
    monkeypatch.setattr("wizard.transport.ssh.CONNECT_TIMEOUT", 6.0)
    trixie.prepared("")
    with pytest.raises(StepError, match="taken back") as caught:
        trixie.guarded("touch /etc/shut", "nft delete table inet trap", cut=True)
    (broken,) = trixie.of(events.ConnectionBroken)
    assert 0 < broken.reverts_in <= 12  # type: ignore[attr-defined]
    assert [e.works for e in trixie.of(events.TakenBack)] == [True]  # type: ignore[attr-defined]
    assert "a new login as root" in caught.value.hint
    trial.look(trixie.server)


def test_drop_in_of_the_provider_does_not_go_before_the_set_up(bookworm: Machine) -> None:
    bookworm.prepared(
        "printf 'PasswordAuthentication yes\\nPermitRootLogin yes\\n' >/etc/ssh/sshd_config.d/00-provider.conf\n"
        "sed -i '1i KbdInteractiveAuthentication yes' /etc/ssh/sshd_config\nsystemctl reload ssh"
    )
    before = trial.look(bookworm.server)
    bookworm.hardened("ssh")
    assert any("no password login" in e.check for e in bookworm.of(events.CheckPassed))  # type: ignore[attr-defined]
    bookworm.rolled_back()
    assert trial.look(bookworm.server) == before


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'AllowUsers root admin' >>/etc/ssh/sshd_config; systemctl reload ssh", "allowusers root admin"),
        ("echo 'Port 2222' >/etc/ssh/sshd_config.d/port.conf", "listens on port 22, but its files say port 2222"),
    ],
)
def test_what_would_lock_out_is_said_before_anything_is_made(script: str, told: str, bookworm: Machine) -> None:
    bookworm.prepared(script)
    before = trial.look(bookworm.server)
    with pytest.raises(StoppedError, match=told) as caught:
        bookworm.hardened("firewall", "ssh")
    assert "/etc/ssh/sshd_config" in caught.value.details
    assert bookworm.of(events.ChangeStarted) == []
    assert trial.look(bookworm.server) == before


def test_check_names_the_value_that_is_wrong_and_the_line_that_sets_it(bookworm: Machine) -> None:
    """Somebody opens it again after the set-up."""
    bookworm.prepared("")
    bookworm.hardened("ssh")
    late = "sed -i '1i PasswordAuthentication yes' /etc/ssh/sshd_config"
    hardening = next(recipe for recipe in load() if recipe.name == "hardening")
    with session_on(bookworm.server, user="deploy") as session:
        session.transport.run(late)
        step = next(step for step in hardening.steps if step.name == "ssh")
        assert step.checks is not None
        (check, *_) = step.checks(answers(session))
        lines: list[str] = []
        answer = session.send("check", f"(\n{check.script}\n)", on_output=lines.append)
    assert answer.status != 0
    assert "passwordauthentication yes for deploy, wanted: passwordauthentication no" in lines[-1]
    assert "/etc/ssh/sshd_config, line 1" in lines[-1]
