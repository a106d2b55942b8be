"""The firewall: ufw, which package it comes in being somebody else's business. What is not allowed in is refused.

ufw leaves some 170 rules and its own sysctl values in the kernel when it is disabled, and more when it is purged; the
undo here takes its chains out of the kernel and touches nobody else's. Must not know what listens on a port.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations.base import Operation, State
from wizard.operations.quoting import sh
from wizard.text import text as in_words

PORT = re.compile(r"([1-9][0-9]{0,4})(?:/(tcp|udp))?")
TUPLE = re.compile(r"allow (tcp|udp|any) ([0-9]+) 0\.0\.0\.0/0 any 0\.0\.0\.0/0 in")  # "from anywhere to anywhere"

OBSERVE = r"""
{ ssh_doors; ssh_connection; } | sed -n 's/^[^ ]*:\([0-9][0-9]*\) .*/ssh \1/p'
if command -v ufw >/dev/null; then
    echo installed
    sed -n 's/^ENABLED=/enabled /p' /etc/ufw/ufw.conf
    sed -n 's/^DEFAULT_INPUT_POLICY="\(.*\)"/incoming \1/p' /etc/default/ufw
    sed -n 's/^### tuple ### /rule /p' /etc/ufw/user.rules
    if iptables-save | grep -q '^:ufw-user-input'; then echo running; fi
fi
exit 0"""

REMEMBER = r"""# what is here now, for the way back: ufw's files, the kernel's rules, and the kernel settings that ufw will change
if [ ! -d "$change/firewall" ]; then
    rm -rf "$change/firewall.new"
    mkdir "$change/firewall.new"
    tar -C / -cpf "$change/firewall.new/ufw.tar" etc/ufw etc/default/ufw
    for tool in iptables ip6tables; do "$tool-save" | sed -n '/^\*filter/,/^COMMIT/p' >"$change/firewall.new/$tool"; done
    # a network interface takes the values of "default" when it comes up: so its own are kept, too
    for key in $(sed -n 's/^\(net[^=]*\)=.*/\1/p' /etc/ufw/sysctl.conf | sed 's#/default/#/*/#'); do
        for file in /proc/sys/$key; do kernel_values "$file"; done
    done >"$change/firewall.new/sysctl"
    sync -f "$change"
    mv "$change/firewall.new" "$change/firewall"
fi"""

RESTORE_FILES = 'tar -C / -xpf "$change/firewall/ufw.tar"'

TAKE_AWAY = r"""ufw --force disable
for tool in iptables ip6tables; do
    # ufw's own chains and the jumps to them go in one transaction; other rules stay as they are
    rules=$("$tool-save" -t filter)
    {
        echo '*filter'
        sed -n 's/^\(:[A-Z]* [A-Z]*\) .*/\1 [0:0]/p' "$change/firewall/$tool"
        echo "$rules" | sed -nE '/^-A ufw/!s/^-A (.* -j ufw.*)/-D \1/p'
        echo "$rules" | sed -nE 's/^:(ufw[^ ]*) .*/-F \1/p'
        echo "$rules" | sed -nE 's/^:(ufw[^ ]*) .*/-X \1/p'
        echo COMMIT
    } | "$tool-restore" --noflush
    # a table that came with ufw and has nothing in it any more
    family=${tool%tables}
    if [ ! -s "$change/firewall/$tool" ] && ! "$tool-save" -t filter | grep -qE '^-A|^:[A-Za-z0-9_-]+ -' &&
        command -v nft >/dev/null; then nft delete table "$family" filter 2>/dev/null || true; fi
done
restore_kernel_values <"$change/firewall/sysctl"
"""


@dataclass(frozen=True)
class FirewallState(State):
    """rules: ports that are let in from anywhere ("22/tcp"), and other rules as ufw notes them. ssh: what accepts SSH,
    whoever listens there, and the port that we came by."""

    installed: bool = False
    enabled: bool = False
    running: bool = False
    incoming: str = ""
    rules: tuple[str, ...] = ()
    ssh: tuple[int, ...] = ()


@dataclass(frozen=True)
class Firewall(Operation):
    """ufw is on, at every boot too; SSH and these ports are let in, and nothing else but what was let in before."""

    kind: ClassVar[str] = "firewall"
    state = FirewallState
    allow: tuple[str, ...]

    @property
    def identity(self) -> str:
        return "ufw"

    def observe(self) -> str:
        return OBSERVE

    def parse(self, text: str) -> FirewallState:
        lines = [line.split(" ", 1) for line in text.splitlines()]
        words = {line[0]: line[-1] for line in lines}
        rules = {_rule(line[1]) for line in lines if line[0] == "rule"}
        return FirewallState(
            installed="installed" in words,
            enabled=words.get("enabled") == "yes",
            running="running" in words,
            incoming=words.get("incoming", "").lower(),
            rules=tuple(sorted(rules)),
            ssh=tuple(sorted({int(line[1]) for line in lines if line[0] == "ssh"})),
        )

    def wanted(self, found: FirewallState) -> FirewallState:
        ours = {*self.allow, *(f"{port}/tcp" for port in found.ssh or (22,))}
        rules = tuple(sorted({*found.rules, *ours}))
        return replace(found, installed=True, enabled=True, running=True, incoming="drop", rules=rules)

    def apply(self, before: FirewallState, after: FirewallState) -> str:
        if after.enabled and set(before.rules) <= set(after.rules):
            ssh = [f"{port}/tcp" for port in after.ssh or (22,)]
            ports = [*ssh, *(rule for rule in after.rules if PORT.fullmatch(rule) and rule not in ssh)]
            allow = "\n".join(f"ufw allow {sh(port)}" for port in ports)  # SSH first
            return f"{REMEMBER}\nufw default deny incoming\nufw default allow outgoing\n{allow}\nufw --force enable"
        back = f"{RESTORE_FILES}\nufw reload" if after.enabled else f"{TAKE_AWAY}{RESTORE_FILES}"
        return f'if [ -d "$change/firewall" ]; then\n{back}\nfi'

    def verify(self, after: FirewallState) -> str:
        if not after.enabled:
            return "! iptables-save 2>/dev/null | grep ufw"
        lines = ["iptables -S INPUT | grep -qxF -e '-P INPUT DROP'"] if after.incoming == "drop" else []
        for port, protocol in (PORT.fullmatch(rule).groups() for rule in after.rules if PORT.fullmatch(rule)):  # type: ignore[union-attr]
            if protocol:
                lines.append(f"iptables -C ufw-user-input -p {protocol} --dport {port} -j ACCEPT")
        return "\n".join([*lines, "grep -qx ENABLED=yes /etc/ufw/ufw.conf"])


def _rule(text: str) -> str:
    """A line of ufw's notes, as short as one would type it where that says it all."""
    match = TUPLE.fullmatch(text.strip())
    if not match:
        return text.strip()
    protocol, port = match.groups()
    return port if protocol == "any" else f"{port}/{protocol}"


def refusal(port: str) -> str | None:
    """Why this cannot be a port to let in, or None."""
    match = PORT.fullmatch(port)
    return None if match and int(match[1]) <= 65535 else in_words("operations.firewall.not_a_port", port=repr(port))


def firewall(*allow: str) -> Firewall:
    """ufw is on: SSH (wherever sshd listens) and these ports, such as "80/tcp", are let in. UsageError for no port."""
    for port in allow:
        if reason := refusal(port):
            raise UsageError("operations.firewall.refused", port=port, reason=reason)
    return Firewall(tuple(sorted(set(allow))))
