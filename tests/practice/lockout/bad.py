"""Bad configurations of sshd and the firewall, by number: the same number is the same configuration on every computer.

Wrong syntax, valid but locking out, harmless looking, and combinations. Must not know how they are applied.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.operations.base import Operation
from wizard.operations.command import command
from wizard.operations.firewall import REMEMBER, Firewall, FirewallState
from wizard.operations.tested import tested_file

DROP_IN = "/etc/ssh/sshd_config.d/00-bad.conf"

WRONG = (
    "PermitRootLogin perhaps", "Port abc", "Port 0", "NoSuchOption yes", "Match User", "Match Planet earth", "AllowUsers",
    'Banner "no end', "Ciphers rot13", "HostKeyAlgorithms none-such", "KexAlgorithms", "MACs md5-of-hope", "\\x00\\x01",
    "LogLevel SHOUT", "ListenAddress 999.1.1.1", "AuthenticationMethods telepathy", "MaxStartups 0", "MaxStartups 10:200:5",
    "ListenAddress 192.0.2.77", "PubkeyAcceptedAlgorithms nothing", "Subsystem", "Include", "ClientAliveInterval soon",
)  # fmt: skip
SHUTTING = (
    "AllowUsers nobody-here", "AllowUsers root@192.0.2.1", "DenyUsers root", "DenyUsers *", "AllowGroups nobody-here",
    "DenyGroups root", "PermitRootLogin no", "PubkeyAuthentication no", "AuthorizedKeysFile /etc/nowhere/%u",
    "AuthorizedKeysFile none", "AuthenticationMethods password", "AuthenticationMethods publickey,keyboard-interactive",
    "AuthenticationMethods gssapi-with-mic", "Port 2222", "ListenAddress 127.0.0.1", "ListenAddress [::1]:22",
    "AddressFamily inet6", "HostKey /etc/ssh/missing", "RevokedKeys /etc/ssh/missing", "MaxAuthTries 0", "MaxSessions 0",
    "ForceCommand /bin/false", "ForceCommand /usr/sbin/nologin", "ChrootDirectory /nowhere", "ChrootDirectory /tmp",
    "PermitRootLogin forced-commands-only", "MaxStartups 1:100:1", "PubkeyAcceptedAlgorithms ssh-rsa",
    "PubkeyAcceptedAlgorithms ecdsa-sha2-nistp521", "Ciphers 3des-cbc", "KexAlgorithms sntrup761x25519-sha512@openssh.com",
    "TrustedUserCAKeys /etc/ssh/missing", "AuthorizedKeysCommand /bin/false\nAuthorizedKeysCommandUser nobody\n"
    "AuthorizedKeysFile none", "Match all\n  PubkeyAuthentication no", "Match User root\n  ForceCommand false",
    "Match User root\n  AuthorizedKeysFile none", "Match Address *\n  DenyUsers root", "Match LocalPort 22\n  MaxSessions 0",
    "Match Group root\n  AuthenticationMethods password", "UsePAM no\nPubkeyAuthentication no", "UsePAM no\nAllowUsers x",
    "HostKeyAlgorithms ssh-rsa", "RequiredRSASize 16384\nHostKey /etc/ssh/ssh_host_rsa_key", "Include /etc/passwd",
    "PerSourceMaxStartups 0",
)  # fmt: skip
HARMLESS = (
    "X11Forwarding no", "UsePAM no", "LoginGraceTime 20", "PermitTTY no", "ClientAliveInterval 60", "LogLevel VERBOSE",
    "PasswordAuthentication no", "Banner /etc/issue", "UseDNS yes", "Compression no", "AllowTcpForwarding no",
)  # fmt: skip
SPOKEN = (
    "systemctl restart ssh", "systemctl reload ssh", "systemctl try-reload-or-restart ssh",
    "systemctl stop ssh; systemctl start ssh", "kill -HUP $(systemctl show -p MainPID --value ssh) || systemctl start ssh; sleep 0.3",
)  # fmt: skip

UFW = (
    "ufw default deny incoming", "ufw default reject incoming", "ufw deny 22/tcp\nufw allow 22/tcp", "ufw limit 22/tcp",
    "ufw reject 22/tcp", "ufw allow 2222/tcp", "ufw allow in on nowhere0 to any port 22", "ufw deny proto tcp from any",
    "ufw allow from 192.0.2.1 to any port 22", "ufw deny from 10.0.0.0/8\nufw deny from 172.16.0.0/12\n"
    "ufw deny from 192.168.0.0/16\nufw allow 22", "ufw allow OpenSSH-of-old", "ufw allow 22/udp", "ufw allow 80/tcp",
    "ufw default deny outgoing", "ufw allow 22/tcp\nufw insert 1 deny 22/tcp", "ufw allow 99999", "ufw allow 22/tcp",
)  # fmt: skip
NFT = (
    "add chain inet trap in { type filter hook input priority 0; policy drop; }",
    "add chain inet trap in { type filter hook input priority -300; }\nadd rule inet trap in tcp dport 22 drop",
    "add chain inet trap in { type filter hook input priority 0; }\nadd rule inet trap in tcp dport 22 reject with tcp reset",
    "add chain inet trap in { type filter hook input priority 0; }\nadd rule inet trap in ct state new drop",
    "add chain inet trap in { type filter hook input priority 0; policy drop; }\n"
    "add rule inet trap in ct state established accept",
    "add chain inet trap out { type filter hook output priority 0; policy drop; }",
    "add chain inet trap out { type filter hook output priority 0; }\nadd rule inet trap out tcp sport 22 drop",
    "add chain inet trap pre { type filter hook prerouting priority -400; }\nadd rule inet trap pre meta l4proto tcp drop",
    "add chain inet trap in { type filter hook input priority 0; policy drop; }\n"
    'add rule inet trap in iifname "lo" accept\nadd rule inet trap in tcp dport 2222 accept',
    "add chain inet trap in { type filter hook input priority 0; }\nadd rule inet trap in tcp dport 22 limit rate "
    "over 1/hour drop",
    "add chain inet trap in { type filter hook input priority 0; }\nadd rule inet trap in ip saddr != 192.0.2.1 drop",
    "add rule inet trap nowhere accept",
    "add chain inet trap in { type filter hook input priority 10; policy accept; }",
)  # fmt: skip


@dataclass(frozen=True)
class BadFirewall(Firewall):
    """ufw switched on with rules that let SSH in, or not: what the operation itself would never do."""

    kind = "bad_firewall"
    rules: str = ""

    def wanted(self, found: FirewallState) -> FirewallState:
        return found if found.enabled else FirewallState(True, True, True, "drop", ("bad",), found.ssh)

    def apply(self, before: FirewallState, after: FirewallState) -> str:
        if after.rules == ("bad",):
            return f"{REMEMBER}\n{self.rules}\nufw --force enable"
        return super().apply(before, after)

    def verify(self, after: FirewallState) -> str:
        return "true" if after.rules == ("bad",) else super().verify(after)


@dataclass(frozen=True)
class Case:
    """One bad configuration. alive: whether the client is there to find out; else the server is left to itself."""

    number: int
    operations: tuple[Operation, ...]
    words: str
    alive: bool

    def __str__(self) -> str:
        return f"{self.number} ({'client alive' if self.alive else 'client dead'}): {self.words}"


def case(number: int) -> Case:
    chance = random.Random(number)
    kind = chance.choices(("sshd", "firewall", "both"), (5, 4, 1))[0]
    operations: list[Operation] = []
    words = []
    if kind in ("firewall", "both"):
        operation, said = _firewall(chance, number)
        operations.append(operation)
        words.append(said)
    if kind in ("sshd", "both"):
        operation, said = _sshd(chance)
        operations.append(operation)
        words.append(said)
    chance.shuffle(operations)
    return Case(number, tuple(operations), " + ".join(words), chance.random() < 0.75)


def _sshd(chance: random.Random) -> tuple[Operation, str]:
    kinds: list[Sequence[str]] = chance.choices((WRONG, SHUTTING, HARMLESS), (2, 5, 1), k=chance.randint(1, 3))
    # a Match block takes all that comes after it
    lines = sorted({chance.choice(kind) for kind in kinds}, key=lambda line: (line.startswith("Match"), line))
    then = chance.choice(SPOKEN)
    text = "\n".join(lines) + "\n"
    return tested_file(DROP_IN, text, test="true", then=then), f"{lines} by {then!r}"


def _firewall(chance: random.Random, number: int) -> tuple[Operation, str]:
    if chance.random() < 0.5:
        rules = "\n".join(chance.sample(UFW, chance.randint(1, 2)))
        return BadFirewall((), rules), f"ufw {rules!r}"
    rules = chance.choice(NFT)
    run = f"nft -f - <<'RULES'\nadd table inet trap\n{rules}\nRULES"
    undo = "nft delete table inet trap 2>/dev/null || ! nft list table inet trap 2>/dev/null"
    return command(f"trap {number}", run, test="nft list table inet trap", undo=undo), f"nft {rules!r}"
