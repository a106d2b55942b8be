"""A server that lets in what it must: firewall, sshd by key only, fail2ban, automatic updates, kernel settings."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Operation,
    Question,
    Recipe,
    WayIn,
    command,
    directory,
    file,
    kernel_settings,
    on_server,
    packages,
    password_login_refused,
    port_refusal,
    restart,
    root_login_refused,
    says,
    service,
    sshd,
    tested_file,
)
from wizard.api import (
    firewall as firewall_on,
)

recipe = Recipe("hardening", needs=["system_update", "deploy_user"])

firewall = recipe.ask(Question("firewall", bool, True))
extra_ports = recipe.ask(
    Question(
        "extra_ports", tuple, (), optional=True, example="8080 or 51820/udp",
        valid=lambda ports: next((reason for port in ports if (reason := port_refusal(port))), None),
    )
)  # fmt: skip
fail2ban = recipe.ask(Question("fail2ban", bool, True))
automatic_updates = recipe.ask(Question("automatic_updates", bool, True))

DROP_IN = "/etc/ssh/sshd_config.d/00-wizard.conf"
KEYS_ONLY = dict.fromkeys(("permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication"), "no")
KNOWN_ADDRESS = "/etc/fail2ban/known-address"
DROP_INS = "Include /etc/ssh/sshd_config.d/*.conf"
KERNEL = {
    # half-open connections by the thousand don't stop the server from answering
    "net.ipv4.tcp_syncookies": "1",
    # a packet that claims to come from where it can't come from is dropped
    "net.ipv4.conf.all.rp_filter": "1",
    "net.ipv4.conf.default.rp_filter": "1",
    # nobody on the network tells this server where to send its packets
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.default.accept_redirects": "0",
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.default.accept_source_route": "0",
    "net.ipv6.conf.all.accept_redirects": "0",
    "net.ipv6.conf.default.accept_redirects": "0",
    # it is no router, so it tells nobody either
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    # addresses inside the kernel and its messages are for root; so is watching other programs
    "kernel.kptr_restrict": "2",
    "kernel.dmesg_restrict": "1",
    "kernel.perf_event_paranoid": "3",
    "kernel.unprivileged_bpf_disabled": "1",
    "net.core.bpf_jit_harden": "2",
}


def way_in(a: Answers) -> WayIn:
    return WayIn(a.deploy_user.name, a.deploy_user.password or None)


def shuts_by_default(a: Answers) -> Iterator[Check]:
    dropped = "iptables -S INPUT | head -n 1"
    default = "/etc/default/ufw (DEFAULT_INPUT_POLICY)"
    yield says(recipe.text("dropped"), dropped, "-P INPUT DROP", set_in=default)
    yield says(
        recipe.text("firewall_on"),
        "systemctl is-enabled ufw",
        "enabled",
        set_in=recipe.text("unit", unit="ufw.service"),
    )


def takes_keys_only(a: Answers) -> Iterator[Check]:
    yield on_server(
        recipe.text("sshd_reads"),
        sshd.reads_these(a.deploy_user.name, KEYS_ONLY),
        wanted=recipe.text("sshd_wanted"),
        set_in=recipe.text("sshd_set_in", file=DROP_IN),
    )
    yield password_login_refused(a.deploy_user.name)
    yield root_login_refused()


def watches_sshd(a: Answers) -> Iterator[Check]:
    yield on_server(
        recipe.text("watches"),
        "fail2ban-client status sshd >/dev/null && fail2ban-client get sshd bantime",
        wanted=recipe.text("watches_wanted"),
        set_in="/etc/fail2ban/jail.d/wizard.local",
    )
    # where sshd's own lines cannot be told from others', nobody would be banned, and you could be
    ours = "_UID=0 _EXE=/usr/sbin/sshd + _UID=0 _EXE=/usr/lib/openssh/sshd-session"
    last = f"journalctl -q -o cat -n 1 -g '^Accepted publickey for ' {ours} | sed 's/.* from //; s/ .*//'"
    known = f'sh {KNOWN_ADDRESS} "$address" && say hardening/not_banned address="$address"'
    yield on_server(
        recipe.text("knows_you"),
        f"address=$({last})\n{known}",
        wanted=recipe.text("knows_you_wanted"),
        set_in=recipe.text("knows_you_set_in"),
    )


def installs_by_itself(a: Answers) -> Iterator[Check]:
    yield says(
        recipe.text("updates"),
        "apt-config dump APT::Periodic::Unattended-Upgrade",
        'APT::Periodic::Unattended-Upgrade "1";',
        set_in=recipe.text("updates_set_in"),
    )
    timer = "apt-daily-upgrade.timer"
    yield says(
        recipe.text("updates_daily"), f"systemctl is-active {timer}", "active", set_in=recipe.text("unit", unit=timer)
    )


def kernel_is_set(a: Answers) -> Iterator[Check]:
    cookies = "cat /proc/sys/net/ipv4/tcp_syncookies"
    yield says(recipe.text("syn_flood"), cookies, "1", set_in="/etc/sysctl.d/60-wizard.conf")


@recipe.step("software", when=lambda a: a[firewall] or a[fail2ban] or a[automatic_updates])
def software(a: Answers) -> Iterator[Operation]:
    names = ["nftables"] if a[firewall] or a[fail2ban] else []
    names += ["ufw"] if a[firewall] else []
    names += ["fail2ban", "python3-systemd"] if a[fail2ban] else []
    names += ["unattended-upgrades"] if a[automatic_updates] else []
    # ufw does nothing before it is switched on
    yield packages(*names, start=["ufw"])


@recipe.step("firewall", check=shuts_by_default, way_in=way_in, when=lambda a: a[firewall])
def firewall_step(a: Answers) -> Iterator[Operation]:
    yield firewall_on("80/tcp", "443/tcp", *a[extra_ports])


@recipe.step("ssh", check=takes_keys_only, way_in=way_in)
def ssh(a: Answers) -> Iterator[Operation]:
    server, user = a.server.sshd, a.deploy_user.name
    sshd.must_let_in(server, user, "sudo")
    sshd.must_not_open_again(server, user)
    sshd.must_stay_at_its_port(server)
    content = recipe.template("sshd.conf", a)
    yield directory("/etc/ssh/sshd_config.d")
    first = sshd.read_first(DROP_IN, server, content)
    yield from first or [
        command(
            "sshd reads its drop-ins first",
            f"sed -i '1i {DROP_INS}' /etc/ssh/sshd_config",
            test="grep -vE '^[[:space:]]*(#|$)' /etc/ssh/sshd_config | head -n 1 | grep -xF '" + DROP_INS + "'",
            undo=f"sed -i '1{{\\#^{DROP_INS.replace('*', '[*]')}$#d}}' /etc/ssh/sshd_config",
        )
    ]
    yield tested_file(
        DROP_IN,
        content,
        test="mkdir -p /run/sshd && sshd -t",
        then=sshd.TAKE_UP,
    )


@recipe.step("fail2ban", check=watches_sshd, when=lambda a: a[fail2ban])
def bans(a: Answers) -> Iterator[Operation]:
    yield file(KNOWN_ADDRESS, recipe.template("known-address", a), mode=0o755)
    yield tested_file(
        "/etc/fail2ban/jail.d/wizard.local",
        recipe.template("fail2ban.local", a),
        test="fail2ban-client --test",
        then=restart("fail2ban"),
    )
    yield service("fail2ban")


@recipe.step("automatic_updates", check=installs_by_itself, when=lambda a: a[automatic_updates])
def updates(a: Answers) -> Iterator[Operation]:
    yield file("/etc/apt/apt.conf.d/20auto-upgrades", recipe.template("auto-upgrades", a))
    yield service("unattended-upgrades")
    yield service("apt-daily.timer")
    yield service("apt-daily-upgrade.timer")


@recipe.step("kernel", check=kernel_is_set)
def kernel(a: Answers) -> Iterator[Operation]:
    yield kernel_settings("/etc/sysctl.d/60-wizard.conf", KERNEL)
