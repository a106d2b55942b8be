"""What a server is like, in many plain facts, and how two such fingerprints differ. Reads only; must not know the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.errors import WizardError
from wizard.transport.base import Transport

Fingerprint = dict[str, dict[str, str]]
"""Section → thing → how it is. The sections are those of SCRIPT."""


@dataclass(frozen=True)
class Allowed:
    """A difference that a rollback may leave: things of a section (both match as a whole), and why that is right."""

    section: str
    pattern: str
    reason: str


# All of them are needed where a whole set-up was undone (test_journey.py); what nothing needs would hide the next defect.
ALLOWED = (
    Allowed("trees", r"/var/log/(apt(/.*)?|dpkg\.log|alternatives\.log)", "what apt and dpkg did stays on record"),
    Allowed("trees", r"/var/log/journal/.*", "the system's journal"),
    Allowed("trees|contents", r"/var/lib/dpkg/.*-old", "dpkg's one-generation backups"),
    Allowed("trees|contents", r"/var/lib/ucf/.*\.[0-9]", "ucf's one-generation backups"),
    Allowed("trees", r"/var/lib/apt/lists/.*", "the upgrade, a point of no return, reads apt's lists anew"),
    Allowed("trees", r"/var/tmp/systemd-private-.*", "systemd's private temporary folders, named anew at each boot"),
    Allowed("trees", r"/var/lib/wizard(/.*)?", "the journal: how else would one know what was undone"),
    Allowed("trees", r"/var/backups/wizard(/.*)?", "data that came later is saved here before it is taken away"),
)
FIRST_BOOT = Allowed(
    "active",
    r"(ldconfig|systemd-(update-done|journal-catalog-update|sysusers))\.service",
    "these run at the first boot of Debian 13, and not at the next",
)

SCRIPT = r"""
export LC_ALL=C.UTF-8
section() { printf '\035%s\n' "$1"; }
# at midnight dpkg-db-backup.timer copies what dpkg knows (Debian's own doing), and shadow(5) counts days
daily='^/var/backups/(alternatives|dpkg|apt)\.[^/]*\.[0-9]'
tree() { find "$@" -xdev -printf '%p\t%y %m %u:%g %l\n' 2>/dev/null | grep -vE "$daily"; }
shadow() { [ ! -e "$1" ] || printf '%s#\t%s\n' "$1" "$(awk -F: -v OFS=: '$3 > 0 { $3 = "day" } 1' "$1" | sha256sum | cut -d' ' -f1)"; }
section packages; dpkg-query -W -f='${binary:Package}\t${db:Status-Abbrev} ${Version}\n'
section holds; apt-mark showhold | sed 's/$/\thold/'
section marks; apt-mark showauto | sed 's/$/\tauto/'; apt-mark showmanual | sed 's/$/\tmanual/'
section etc; tree /etc; find /etc -xdev -type f ! -name shadow ! -name shadow- -exec sha256sum {} + |
    sed 's/^\([0-9a-f]*\)  \(.*\)/\2#\t\1/'; shadow /etc/shadow; shadow /etc/shadow-
section users; getent passwd | sed 's/:/\t/'
section groups; getent group | sed 's/:/\t/'
section enabled; systemctl list-unit-files --no-legend --no-pager --plain | awk '$2 != "transient" {print $1 "\t" $2}'
section active; systemctl list-units --no-legend --no-pager --plain --state=active,activating,failed |
    awk '$1 !~ /^(session-|user@|user-|user-runtime-dir@|run-|wizard-|dev-|sys-)/ {print $1 "\t" $3}'
section timers; systemctl list-timers --no-legend --no-pager --plain |
    awk '{for (i = 1; i <= NF; i++) if ($i ~ /\.timer$/) print $i "\tis set"}'
section ports; ss -Hltnu | awk '{print $1 " " $5 "\tlistens"}'
section firewall; python3 - <<'PYTHON'
import collections, hashlib, socket, struct
# nft may not be installed (any more) while its rules stand: so the kernel is asked itself
def dump(message):
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    link.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | message, 0x301, 1, 0, 0, 0, 0))
    while True:
        data = link.recv(1 << 20)
        while data:
            size, kind = struct.unpack_from("=IH", data)
            if kind in (2, 3):
                return
            attributes, rest = {}, data[20:size]
            while len(rest) >= 4:
                length, name = struct.unpack_from("=HH", rest)
                attributes[name & 0x3FFF] = rest[4:length]
                rest = rest[(length + 3) & ~3:]
            yield data[16], attributes
            data = data[(size + 3) & ~3:]
text = lambda value: value.rstrip(b"\0").decode()
for family, a in dump(1):
    print(f"table {family} {text(a[1])}\tis there")
for family, a in dump(4):
    print(f"chain {family} {text(a[1])} {text(a[3])}\tpolicy {a.get(5, b'').hex()}")
for family, a in dump(10):
    print(f"set {family} {text(a[1])} {text(a[2])}\tis there")
def attributes(data):
    while len(data) >= 4:
        length, name = struct.unpack_from("=HH", data)
        yield name & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3:]
def meaning(rule):  # all of it but for its counters
    expressions = [dict(attributes(value)) for _, value in attributes(rule.get(4, b""))]
    return hashlib.sha256(repr([e for e in expressions if text(e[1]) != "counter"]).encode()).hexdigest()[:12]
rules = collections.defaultdict(list)
for family, a in dump(7):
    rules[f"rules {family} {text(a[1])} {text(a[2])}"].append(meaning(a))
for name, found in rules.items():
    print(f"{name}\t{len(found)}: {' '.join(found)}")
PYTHON
volatile='kernel\.(random|ns_last_pid|pty\.nr|sched_domain)|fs\.(dentry-state|file-nr|inode-|aio-nr|quota)|vm\.(stat|drop)'
section sysctl; sysctl -a 2>/dev/null | sed 's/ = /\t/' | grep -vE "^($volatile|net\.netfilter\.nf_conntrack_(count|buckets|max))"
section swap; sed 1d /proc/swaps | awk '{print $1 "\t" $2 " " $3}'
section modules; cut -d' ' -f1 /proc/modules | sed 's/$/\tloaded/'
section trees; tree /srv /opt /home /root /usr /var /boot
section clusters; ls -d /etc/postgresql/*/* /var/lib/postgresql/*/* 2>/dev/null | sed 's/$/\tis there/'
section mounts; awk '$2 !~ "^/(proc|sys|run|dev)" {print $2 "\t" $1 " " $3 " " $4}' /proc/mounts
section locale; printf 'timezone\t%s\n' "$(date +%Z%z) $(readlink /etc/localtime)"
"""

# What is in the files, and in PostgreSQL: for comparing a server with itself; two set-ups have secrets of their own.
DEEP = r"""
section contents
find /srv /opt /home /root /usr/local /boot /var/lib /var/spool /var/backups /var/cache/debconf -xdev \
    \( -path /var/lib/wizard -o -path /var/backups/wizard -o -path /var/lib/apt/lists -o -name __pycache__ \
    -o -path '/var/lib/postgresql/*/*' \) \
    -prune -o -type f -print0 2>/dev/null |
    xargs -0 -r sha256sum | sed 's/^\([0-9a-f]*\)  \(.*\)/\2\t\1/' | grep -vE "$daily"
section databases; pg_lsclusters -h 2>/dev/null | awk '{print "cluster " $1 "/" $2 "\t" $3 " " $4 " " $5}'
if id postgres >/dev/null 2>&1 && command -v psql >/dev/null; then
    ask() { (cd /; runuser -u postgres -- psql -AtX -F ' ' -d "$1" -c "$2" </dev/null 2>/dev/null); }
    ask postgres "SELECT 'role ' || rolname || E'\t' || concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolcanlogin,
        rolpassword IS NOT NULL) FROM pg_authid"
    for _d in $(ask postgres "SELECT datname FROM pg_database WHERE datallowconn"); do
        ask postgres "SELECT 'database ' || datname || E'\t' || pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, '')
            FROM pg_database WHERE datname = '$_d'"
        ask "$_d" "SELECT 'table $_d ' || relname || E'\t' || pg_get_userbyid(relowner) || ' ' || (xpath('//x/text()',
            query_to_xml(format('SELECT count(*) AS x FROM %I.%I', relnamespace::regnamespace, relname), false, true, '')))[1]
            FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
    done
fi
section end
"""


def fingerprint(transport: Transport, *, deep: bool = False) -> Fingerprint:
    """All of it, in one script; DEEP too where that is asked for. WizardError when the server doesn't answer in full."""
    result = transport.run(SCRIPT + (DEEP if deep else ""), label="fingerprint", silence=300)
    found: Fingerprint = {}
    for part in result.out.split("\x1d")[1:]:
        name, _, lines = part.partition("\n")
        found[name] = dict(line.partition("\t")[::2] for line in lines.splitlines())
    if "locale" not in found or (deep and "end" not in found) or not found["packages"]:
        raise WizardError("cannot take the server's fingerprint", details=result.err)
    return found


def differences(before: Fingerprint, after: Fingerprint, allowed: Iterable[Allowed] = ALLOWED) -> list[str]:
    """One line for each thing that is not as before, but for what is allowed; [] when there is none."""
    allowed = tuple(allowed)
    lines = []
    for section in before.keys() | after.keys():
        old, new = before.get(section, {}), after.get(section, {})
        for thing in old.keys() | new.keys():
            if old.get(thing) != new.get(thing) and not _allowed(section, thing, allowed):
                lines.append(f"{section}: {thing}: {_said(old, thing)} → {_said(new, thing)}")
    return sorted(lines)


def unneeded(pairs: Iterable[tuple[Fingerprint, Fingerprint]], allowed: Iterable[Allowed] = ALLOWED) -> list[Allowed]:
    """The exceptions that none of these pairs of before and after needs: they would only hide the next defect."""
    lines = [line.split(": ", 2)[:2] for before, after in pairs for line in differences(before, after, ())]
    return [a for a in allowed if not any(_allowed(section, thing, [a]) for section, thing in lines)]


def _allowed(section: str, thing: str, allowed: Iterable[Allowed]) -> bool:
    return any(re.fullmatch(a.section, section) and re.fullmatch(a.pattern, thing) for a in allowed)


def _said(things: Mapping[str, str], thing: str) -> str:
    return things.get(thing, "nothing").strip() or "there"


def dumps(found: Fingerprint) -> str:
    return json.dumps(found, indent=1, sort_keys=True)
