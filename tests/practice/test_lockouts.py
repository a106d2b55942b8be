"""Nobody is locked out: bad configurations of sshd and the firewall, applied through the guarded path on real servers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.lockout import bad, trial
from tests.practice.matrix.results import record, tried
from wizard import events
from wizard.operations.command import command
from wizard.operations.tested import tested_file
from wizard.practice.fleet import Fleet, PracticeServer

CASES = 240
WINDOW = 6  # seconds, so that hundreds of cases do not take hours; the real one is tested beside


@dataclass
class Outcome:
    """kept: proved and in force; taken back: by the client or by the server itself; faults: what must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Outcome:
        self.counts += other.counts
        self.faults += other.faults
        return self


@pytest.fixture
def short_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.engine.remote.scripts.WINDOW_S", WINDOW)
    monkeypatch.setattr("wizard.transport.ssh.CONNECT_TIMEOUT", 3.0)
    monkeypatch.setattr("wizard.transport.ssh.HANDSHAKE_TIMEOUT", 4.0)


def firewalled(server: PracticeServer, on_server: OnServer) -> PracticeServer:
    result = on_server(server, "apt-get -qq update && apt-get -qq -y install ufw nftables iptables >/dev/null")
    assert result.status == 0, result.err
    return server


def try_out(server: PracticeServer, numbers: Iterable[int]) -> Outcome:
    found = Outcome()
    before = trial.look(server)
    for number in numbers:
        case = bad.case(number)
        begun = time.monotonic()
        seen = trial.attempt(server, case.operations, alive=case.alive)
        start = time.monotonic()
        try:
            if any(isinstance(event, events.LoginProved) for event in seen):
                found.counts["kept"] += 1
                trial.look(server)  # what was proved is so: one gets in at once
                trial.undo(server)
            else:
                noticed = any(isinstance(event, events.StepFailed) for event in seen)
                found.counts["taken back by the client" if noticed else "taken back by the server alone"] += 1
            after = trial.look(server, patience=60)
            while "armed" in after.splitlines() and time.monotonic() - start < 60:
                time.sleep(0.3)
                after = trial.look(server, patience=60)
        except Exception as error:
            found.faults.append(f"{case}\n{error!r}")
            break  # nobody gets in any more
        print(f"{time.monotonic() - begun:5.1f} s  {case}")
        if after != before:
            lines = set(after.splitlines()) ^ set(before.splitlines())
            found.faults.append(f"{case}\n" + "\n".join(sorted(lines)))
            before = after
    return found


def report(found: Outcome, wanted: int, area: str) -> None:
    tried = sum(found.counts.values())
    record(area, tried, tried - len(found.faults), len(found.faults))
    print(f"{tried} configurations: {dict(found.counts)}")
    assert found.faults == []
    assert tried == wanted


@pytest.mark.usefixtures("short_window")
def test_a_dozen_bad_configurations_lock_nobody_out(new_server: ServerFactory, on_server: OnServer) -> None:
    report(try_out(firewalled(new_server(), on_server), range(1, 13)), 12, "sshd and firewall: a dozen bad ones")


@pytest.mark.matrix
@pytest.mark.usefixtures("short_window")
def test_hundreds_of_bad_configurations_lock_nobody_out(new_server: ServerFactory, on_server: OnServer) -> None:
    servers = [firewalled(new_server(release=r), on_server) for r in ("bookworm", "bookworm", "trixie", "trixie")]
    total = Outcome()
    with ThreadPoolExecutor(len(servers)) as pool:
        shares = [range(100 + n, 100 + CASES, len(servers)) for n in range(len(servers))]
        for found in pool.map(try_out, servers, shares):
            total += found
    report(total, CASES, "sshd and firewall: bad configurations")


# sshd that listens nowhere near, and a firewall that lets nothing in: either alone shuts everybody out after a restart
SHUT = (
    tested_file(bad.DROP_IN, "Port 2222\nAllowUsers nobody-here\n", test="true", then="systemctl restart ssh"),
    command(
        "trap", "nft add table inet trap\nnft add chain inet trap in '{ type filter hook input priority 0; policy drop; }'\n"
        "printf '#!/usr/sbin/nft -f\\ntable inet trap { chain in { type filter hook input priority 0; policy drop; } }\\n' "
        ">/etc/nftables.conf; systemctl enable nftables",
        test="nft list table inet trap", undo="systemctl disable nftables; rm -f /etc/nftables.conf\n"
        "nft delete table inet trap 2>/dev/null || ! nft list table inet trap 2>/dev/null",
    ),
)  # fmt: skip


def test_power_cut_within_the_window_is_undone_at_the_first_boot(
    new_server: ServerFactory, on_server: OnServer, fleet: Fleet
) -> None:
    """On a disk that loses what had not reached it; the timer dies with the machine."""
    server = new_server(disk="2G")
    result = on_server(
        server, "apt-get -qq update && apt-get -qq -y install nftables >/dev/null; rm /etc/nftables.conf"
    )
    assert result.status == 0, result.err
    before = trial.look(server)
    trial.attempt(server, SHUT, alive=False)
    with tried("power cuts within the window of a guarded change"):
        fleet.pull_plug(server.name)
        after = trial.look(server, patience=60)
        assert after == before
        order = on_server(
            server, "journalctl -b -o short-monotonic -u wizard-failsafe -u ssh --no-pager | grep -n -m2 Start"
        ).out
        assert "wizard" in order.splitlines()[0], order


def test_known_hosts_with_the_one_kind_of_key_that_the_change_takes_away_is_no_lock_out(
    new_server: ServerFactory, tmp_path: Path
) -> None:
    server = new_server()
    known = tmp_path / "known_hosts"
    known.write_text("".join(line for line in server.known_hosts.open() if "ecdsa" in line))
    alone = replace(server, known_hosts=known)
    lines = "HostKeyAlgorithms -ecdsa-*,sk-ecdsa-*,webauthn-sk-ecdsa-*\n"
    seen = trial.attempt(alone, [tested_file(bad.DROP_IN, lines, test="sshd -t", then="systemctl reload ssh")])
    assert any(isinstance(event, events.LoginProved) for event in seen)
    trial.look(alone)


@pytest.mark.usefixtures("short_window")
@pytest.mark.parametrize("slow", ["the undo", pytest.param("the change", marks=pytest.mark.matrix)])
def test_timer_that_fires_in_the_middle_of_the_change_or_its_undo_takes_it_back_once(
    slow: str, pristine: PracticeServer, on_server: OnServer
) -> None:
    pause = f"sleep {WINDOW + 2}"
    change = command(
        "slow", f"touch /etc/slow{'; ' + pause if slow == 'the change' else ''}", test="[ -e /etc/slow ]",
        undo=f"echo undone >>/root/undone{'; ' + pause if slow == 'the undo' else ''}; rm -f /etc/slow",
    )  # fmt: skip
    seen = trial.attempt(pristine, [change], user="nobody-here" if slow == "the undo" else "root")
    assert not any(isinstance(event, events.LoginProved) for event in seen)
    time.sleep(2)  # whoever waits for the lock now gets it
    left = on_server(
        pristine,
        "cat /root/undone; ls /etc/slow /var/lib/wizard/failsafe/armed 2>&1; "
        "systemctl list-units --all --no-legend 'wizard-failsafe*' | "
        'grep -c .; grep -c \'"event":"undone"\' /var/lib/wizard/journal',
    ).out
    assert left.splitlines()[0] == "undone" and left.count("undone\n") == 1, left
    assert left.count("No such file") == 2 and left.endswith("\n0\n1\n"), left
