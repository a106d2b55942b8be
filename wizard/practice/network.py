"""One /30 network a server: which are free, the way out (masquerade), and leaving no trace of it.

A slot is a number that stands for a network, an interface and a control group. Claims are files below /run, so that
servers of several checkouts and users keep out of each other's way, and a restart of the computer forgets them all.
Must not know what boots on the other end.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import WizardError
from wizard.practice.backend import clean_environment, run
from wizard.text import text

RUN = Path("/run/wizard-practice")
# What the servers need of this computer. Each systemd takes seven of root's inotify instances; without one it halts.
SETTINGS = {"net/ipv4/ip_forward": 1, "fs/inotify/max_user_instances": 2048}
SLOTS = 4096


@dataclass(frozen=True)
class Link:
    """The network of one slot; `gateway` is this computer's end, `address` the server's."""

    slot: int

    @property
    def network(self) -> ipaddress.IPv4Network:
        return ipaddress.ip_network((int(ipaddress.ip_address("10.213.0.0")) + 4 * self.slot, 30))  # type: ignore[return-value]

    @property
    def gateway(self) -> str:
        return str(self.network[1])

    @property
    def address(self) -> str:
        return str(self.network[2])

    @property
    def interface(self) -> str:
        return f"ve-wizard{self.slot}"  # 15 characters are the most that the kernel takes

    @property
    def group(self) -> str:
        return f"wizard-practice-{self.slot}"


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    (RUN / "slots").mkdir(parents=True, exist_ok=True)
    with (RUN / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def claims() -> dict[int, Path]:
    """Slot to the folder of the server that has it."""
    found: dict[int, Path] = {}
    for path in (RUN / "slots").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError):  # given back meanwhile
            found[int(path.name)] = Path(path.read_text(encoding="utf-8"))
    return found


def link_of(folder: Path) -> Link | None:
    return next((Link(slot) for slot, owner in claims().items() if owner == folder), None)


def claim(folder: Path) -> Link:
    """The link of the server in that folder: the one it has, or a free one."""
    with _locked():
        if link := link_of(folder):
            return link
        taken = claims()
        routes = _routes()
        for slot in range(SLOTS):
            link = Link(slot)
            if slot not in taken and not any(link.network.overlaps(route) for route in routes):
                (RUN / "slots" / str(slot)).write_text(str(folder), encoding="utf-8")
                return link
    raise WizardError("practice.network.none_free")


def _routes() -> list[ipaddress.IPv4Network]:
    found = json.loads(
        run(["ip", "-4", "-json", "route", "show", "table", "all"], doing=text("practice.network.read_routes"))
    )
    return [ipaddress.IPv4Network(r["dst"], strict=False) for r in found if r["dst"][0].isdigit()]


def mtu() -> int:
    """The MTU of the way out, in bytes: a tunnel or nested container may have less than 1500."""
    found = json.loads(
        run(["ip", "-4", "-json", "route", "show", "default"], doing=text("practice.network.read_routes"))
    )
    device = Path("/sys/class/net") / found[0]["dev"] / "mtu" if found else None
    return int(device.read_text(encoding="utf-8")) if device and device.exists() else 1500


def connect(link: Link) -> None:
    """Lets the server reach the outside through this computer."""
    rules = f"""
        table ip {link.group}
        delete table ip {link.group}
        table ip {link.group} {{
            chain postrouting {{
                type nat hook postrouting priority srcnat
                ip saddr {link.network} oifname != "{link.interface}" masquerade
            }}
        }}"""
    with _locked():
        run(["nft", "-f", "-"], doing=text("practice.network.way_out"), stdin=rules.encode())
        for rule in _forward_rules(link):
            if not _iptables("-C", rule):
                _iptables("-I", rule)
    raise_settings()


def disconnect(link: Link) -> None:
    """Takes away what `connect` set up, and the claim."""
    unplug(link)
    with _locked():
        argv = ["nft", "delete", "table", "ip", link.group]
        subprocess.run(argv, capture_output=True, check=False, env=clean_environment())  # may be gone already
        for rule in _forward_rules(link):
            while _iptables("-C", rule) and _iptables("-D", rule):
                pass
    release(link)


def release(link: Link) -> None:
    """Gives the slot back; this computer's settings go back to what they were with the last server."""
    with _locked():
        (RUN / "slots" / str(link.slot)).unlink(missing_ok=True)
        if not claims():
            _restore_settings()


def unplug(link: Link) -> None:
    """Removes the interface of a server that is off: the kernel may take a second to do so by itself."""
    argv = ["ip", "link", "delete", link.interface]
    subprocess.run(argv, capture_output=True, check=False, env=clean_environment())  # mostly gone already


def raise_settings() -> None:
    """Sets what servers need of this computer, until the last claim is given back."""
    with _locked():
        for name, needed in SETTINGS.items():
            setting, before = Path("/proc/sys", name), RUN / Path(name).name
            if int(found := setting.read_text(encoding="utf-8")) < needed:
                if not before.exists():
                    before.write_text(found, encoding="utf-8")
                setting.write_text(str(needed), encoding="utf-8")


def _restore_settings() -> None:
    for name in SETTINGS:
        before = RUN / Path(name).name
        if before.exists():
            Path("/proc/sys", name).write_text(before.read_text(encoding="utf-8"), encoding="utf-8")
            before.unlink()


def _forward_rules(link: Link) -> list[list[str]]:
    """Docker and ufw set iptables' FORWARD to drop, which no accept in a table of ours can overrule."""
    policy = _iptables("-S", [])
    if "-P FORWARD DROP" not in policy and link.interface not in policy:
        return []
    return [["-i", link.interface, "-j", "ACCEPT"], ["-o", link.interface, "-j", "ACCEPT"]]


def _iptables(verb: str, rule: list[str]) -> str:
    """What iptables says (a word of ours where it says nothing), or "" when it fails or isn't there."""
    if not shutil.which("iptables", path=clean_environment()["PATH"]):
        return ""
    argv = ["iptables", "-w", verb, "FORWARD", *rule]
    done = subprocess.run(argv, capture_output=True, check=False, env=clean_environment())
    return "" if done.returncode else done.stdout.decode() or "done"
