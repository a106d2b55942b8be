"""A server's facts as it told them, each made into the type that it has, or refused by its name. What a server says is not trusted."""

from __future__ import annotations

import re
import time
from dataclasses import fields
from typing import Any

from wizard import sshd
from wizard.errors import WizardError
from wizard.server import Server
from wizard.text import text as words
from wizard.transport.base import Login

LONGEST = 32 * 1024  # characters of a fact; a line of authorized_keys has a few hundred, with options some more
MOST = 1000  # values of a fact that can have several
OURS = {"address", "clock_off_s", "sshd"}  # not the server's to say in so many words
OF_SSHD = ("ssh_came", "ssh_doors", "sshd_next", "sshd_lines", "groups")
NUMBERS = {
    "cpus": 4096,
    "memory_mb": 10**9,
    "swap_mb": 10**9,
    "disk_free_mb": 10**12,
}  # with the largest that is believed
SHAPES = {
    "distribution": r"[\w.-]{1,64}",
    "codename": r"[\w.-]{0,64}",
    "version": r"[\w.~+-]{0,64}",
    "architecture": r"[\w-]{1,64}",
    "python": r"(\d{1,3}\.\d{1,3})?",
    "boot_id": r"[0-9a-f-]{0,64}",
    "login_user": r"[^\s:/]{1,64}",
    "hostname": r"\S{0,253}",
    "postgresql": r"([0-9]{1,3}(\.[0-9]{1,2})?)?",
    "read_only": r"(/\S*)?",
    "noexec": r"(/\S*)?",
}


def server_from(text: str, login: Login) -> Server:
    """The facts in lines of NAME=VALUE. WizardError names the fact that has another shape than such a fact has."""
    kinds = {f.name: str(f.type) for f in fields(Server) if f.name not in OURS}
    values: dict[str, Any] = {"address": login.host}
    several: dict[str, list[str]] = {name: [] for name, kind in kinds.items() if kind.startswith("tuple")}
    of_sshd: dict[str, list[str]] = {name: [] for name in OF_SSHD}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name in of_sshd:
            of_sshd[name] += [value[:LONGEST]] if len(of_sshd[name]) < MOST else []
        elif name == "clock":
            values["clock_off_s"] = _number(name, value, login, 10**12) - int(time.time())
        elif name not in kinds:
            continue
        elif len(value) > LONGEST or not re.fullmatch(SHAPES.get(name, ".*"), value):
            raise _refused(name, value, login)
        elif name in several:
            several[name].append(value)
            if len(several[name]) > MOST:
                raise _refused(name, words("engine.facts.too_many_lines", most=MOST), login)
        elif kinds[name] == "bool":
            values[name] = bool(value)
        elif kinds[name] != "int":
            values[name] = value
        elif value:  # a server that cannot say how much it has is not one that has nothing
            values[name] = _number(name, value, login, NUMBERS.get(name, 10**9))
    values |= {name: tuple(v for v in lines if v.strip()) for name, lines in several.items()}
    return Server(**values, sshd=sshd.parse(*of_sshd.values()))


def _number(name: str, value: str, login: Login, largest: int) -> int:
    if not re.fullmatch("[0-9]{1,15}", value) or int(value) > largest or (name == "cpus" and int(value) < 1):
        raise _refused(name, value, login)
    return int(value)


def _refused(name: str, value: str, login: Login) -> WizardError:
    return WizardError(
        "engine.facts.unreadable",
        login=login,
        name=name,
        value=repr(value[:80]),
    )


OPEN = r"""
{
    . /etc/os-release
    echo "hostname=$(cat /proc/sys/kernel/hostname)"
    echo "distribution=$ID"; echo "codename=${VERSION_CODENAME:-}"; echo "version=${VERSION_ID:-}"; echo "pretty_name=$PRETTY_NAME"
    echo "architecture=$(dpkg --print-architecture 2>/dev/null || uname -m)"
    echo "cpus=$(nproc)"
    awk '/^MemTotal/ {print "memory_mb=" int($2/1024)} /^SwapTotal/ {print "swap_mb=" int($2/1024)}' /proc/meminfo
    df -Pm / /usr /var /opt /srv 2>/dev/null |
        awk 'NR > 1 && (m == "" || $4 < m) {m = $4} END {print "disk_free_mb=" m}'
    [ -d /run/systemd/system ] || echo "systemd="
    for _d in / /etc /usr /var/lib /opt /srv; do [ ! -d $_d ] || [ -w $_d ] || { echo "read_only=$_d"; break; }; done
    awk '$2 ~ "^/(tmp|var/tmp)$" && $4 ~ "(^|,)noexec(,|$)" {print "noexec=" $2; exit}' /proc/mounts
    echo "clock=$(date +%s)"
    echo "virtualization=$(systemd-detect-virt 2>/dev/null)"
    echo "python=$(python3 -ISB -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)"
    echo "boot_id=$(cat /proc/sys/kernel/random/boot_id)"
    echo "login_user=${SUDO_USER:-root}"
    _home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
    setpriv --reuid "${SUDO_USER:-root}" --clear-groups test -w "$_home" || echo "home_writable="
    grep -v '^#' "$_home/.ssh/authorized_keys" 2>/dev/null | sed 's/^/login_keys=/'
    cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null | sed 's/^/host_keys=/'
    ssh_connection | sed 's/^/ssh_came=/'
    ssh_doors | sed 's/^/ssh_doors=/'
    sshd_next | sed 's/^/sshd_next=/'
    sshd_lines | sed 's/^/sshd_lines=/'
    getent group | awk -F: '$4 != "" {print "groups=" $1 ":" $4}'
    _v=$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | cut -d/ -f5 | sort -V | tail -n 1)
    dpkg-query -W -f='${Status}' postgresql 2>/dev/null | grep -q ' installed$' || echo "postgresql=$_v"
    for _p in nginx apache2 caddy lighttpd postgresql:pg_ctlcluster mysql:mysqld mariadb:mariadbd redis:redis-server \
        docker:dockerd ufw fail2ban:fail2ban-server; do
        if command -v ${_p#*:} >/dev/null; then echo "services=${_p%%:*}"; fi
    done
} | emit facts
[ ! -e $W/journal ] || gzip -c $W/journal | emit journal
[ ! -e $W/answers.json ] || head -c 1M $W/answers.json | emit answers
for _s in $W/secrets/*; do [ -f "$_s" ] && emit "secret.${_s##*/}" <"$_s"; done
exit 0
"""
