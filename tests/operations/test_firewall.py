"""What is wanted of the firewall, given how it is found."""

from __future__ import annotations

import pytest

from wizard.errors import UsageError
from wizard.operations.firewall import FirewallState, firewall

FOUND = """\
ssh 2222
installed
enabled no
incoming DROP
rule allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
rule limit tcp 22 0.0.0.0/0 any 10.0.0.0/8 in comment=6d7920
"""


def test_ssh_is_let_in_where_sshd_really_listens_and_before_everything_else() -> None:
    op = firewall("80/tcp")
    found = op.parse(FOUND)
    script = op.apply(found, op.wanted(found))
    allowed = [line.removeprefix("ufw allow ") for line in script.splitlines() if line.startswith("ufw allow")]
    assert allowed[0] == "2222/tcp"
    assert "80/tcp" in allowed
    assert script.index("ufw allow 2222/tcp") < script.index("ufw --force enable")


def test_rules_that_were_there_stay() -> None:
    op = firewall("80/tcp")
    found = op.parse(FOUND)
    assert set(found.rules) < set(op.wanted(found).rules)


def test_a_server_without_a_firewall_is_understood() -> None:
    assert firewall().parse("ssh 22\n") == FirewallState(ssh=(22,))


def test_rules_on_disk_alone_are_no_firewall() -> None:
    op = firewall()
    assert not op.satisfied(op.parse(FOUND.replace("enabled no", "enabled yes")))


@pytest.mark.parametrize("port", ["0", "65536", "http", "80/icmp", "80; reboot", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(UsageError):
        firewall(port)
