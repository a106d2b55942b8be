"""The second backend keeps the first one's promises: the same server back, nothing left behind."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import UsageError, WizardError
from wizard.practice import backend, choice, network, tools
from wizard.practice.fleet import Fleet, PracticeServer
from wizard.practice.nspawn import Nspawn
from wizard.practice.podman import Podman, _name

if TYPE_CHECKING:
    from tests.practice.conftest import OnServer

APT = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq -o DPkg::Lock::Timeout=120"


@pytest.fixture(scope="module")
def podman() -> Podman:
    """Ready to boot servers; installs podman where it may."""
    found = Podman(backend.cache_folder())
    if reason := found.missing():
        pytest.skip(f"podman can't boot practice servers here: {reason}")
    found.prepare(print)
    return found


@pytest.fixture(scope="module")
def own_fleet(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("podman") / "state", backend=podman)
    yield fleet
    fleet.down_all()


@pytest.fixture(scope="module")
def server(own_fleet: Fleet) -> PracticeServer:
    return own_fleet.up("one", login="sudo-password", memory="512M")


@pytest.fixture
def pristine(own_fleet: Fleet, server: PracticeServer) -> PracticeServer:
    return own_fleet.reset(server.name)


def traces(podman: Podman, folder: Path) -> list[str]:
    """What the server in that folder has on this computer."""
    name = _name(backend.Machine(folder.name, folder, "bookworm"))
    listings = {
        "container": [podman.engine, "ps", "--all", f"--filter=name={name}", "--quiet"],
        "network": [podman.engine, "network", "ls", f"--filter=name={name}", "--quiet"],
        "image": [podman.engine, "images", "--all", f"--filter=label=wizard-practice={name}", "--quiet"],
    }
    found = [
        what
        for what, argv in listings.items()
        if subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    ]
    return found + (["claim"] if network.link_of(folder) else []) + (["folder"] if folder.exists() else [])


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_a_new_server_looks_like_a_fresh_vps(release: str, own_fleet: Fleet, on_server: OnServer) -> None:
    name = f"fresh-{release}"
    server = own_fleet.up(name, release=release)
    look = """
        systemctl is-system-running --wait; systemctl --failed --no-legend; hostname; ps -p 1 -o comm=
        . /etc/os-release; echo $VERSION_CODENAME; passwd --status root | cut -d ' ' -f 2
        stat -c %a / /tmp; findmnt -n -o TARGET /tmp /var/log/journal /etc/hosts; command -v nginx psql ufw
        timeout 20 /lib/systemd/systemd-networkd-wait-online && sysctl -qw net.ipv4.tcp_syncookies=1 && echo online
    """
    assert on_server(server, look).out.split() == ["running", name, "systemd", release, "L", "755", "1777", "online"]
    own_fleet.down(name)


def test_files_that_containers_have_mounted_can_be_replaced(pristine: PracticeServer, on_server: OnServer) -> None:
    replace = (
        "for f in hosts hostname resolv.conf; do cp -p /etc/$f /etc/$f.new && mv /etc/$f.new /etc/$f || exit; done"
    )
    assert on_server(pristine, replace).status == 0
    assert on_server(pristine, f"{APT} update && {APT} install --yes cron && systemctl is-active cron").status == 0


def test_up_again_is_the_same_server(own_fleet: Fleet, server: PracticeServer, on_server: OnServer) -> None:
    boot = on_server(server, "cat /proc/sys/kernel/random/boot_id; stat -c %Y /run/systemd/system").out
    assert own_fleet.up(server.name) == server == own_fleet.get(server.name)
    assert on_server(server, "cat /proc/sys/kernel/random/boot_id; stat -c %Y /run/systemd/system").out == boot


def test_reset_brings_the_same_server_back_without_what_was_done_to_it(
    own_fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    look = "cat /etc/machine-id; dpkg-query -W | sha256sum; find /etc /root /usr -xdev -type f | sort | sha256sum"
    before = on_server(pristine, look).out
    on_server(pristine, "rm -r /usr/share/doc /etc/motd; echo x > /etc/new; mkdir /srv/deep; useradd someone")
    assert on_server(pristine, look).out != before
    assert own_fleet.reset(pristine.name) == pristine
    assert on_server(pristine, look).out == before
    assert on_server(pristine, "test -e /srv/deep || getent passwd someone").status != 0


def test_restore_brings_back_contents_owners_and_deletions(
    own_fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    make = "rm -r /usr/share/doc; mkdir -m 2750 /srv/a; chown 7:8 /srv/a; echo one > /srv/a/f; rm -r /etc/skel; mkdir /etc/skel"
    look = "ls -A /etc/skel; ls -d /usr/share/doc; stat -c '%u %g %a %n' /srv/a /srv/a/*; cat /srv/a/f"
    on_server(pristine, make)
    before = on_server(pristine, look).out
    own_fleet.snapshot(pristine.name, "made")
    on_server(pristine, "echo two > /srv/a/f; chown 0:0 /srv/a; mkdir /usr/share/doc; touch /etc/skel/x /srv/a/g")
    own_fleet.restore(pristine.name, "made")
    assert on_server(pristine, look).out == before == "7 8 2750 /srv/a\n0 8 644 /srv/a/f\none\n"
    with pytest.raises(WizardError, match="cannot find a snapshot never"):
        own_fleet.restore(pristine.name, "never")


def test_a_reboot_from_inside_brings_the_server_back_at_its_address(
    pristine: PracticeServer, on_server: OnServer
) -> None:
    reboot = "systemd-run --on-active=0.2 --timer-property=AccuracySec=1ms systemctl reboot"
    on_server(pristine, f"touch /root/kept /run/lost; {reboot}")
    deadline, lost = time.monotonic() + 60, False
    while not lost and time.monotonic() < deadline:
        try:
            lost = on_server(pristine, "test -e /run/lost").status == 1
        except WizardError:
            time.sleep(0.2)
    assert lost
    assert (
        on_server(pristine, "test -e /root/kept && apt-get update -qq && journalctl --list-boots | grep -c .").out
        == "2\n"
    )


def test_a_clean_reboot_stops_services_and_a_power_cut_does_not(
    own_fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    unit = "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/touch /root/stopped\n[Install]\nWantedBy=multi-user.target"
    on_server(pristine, f"printf '{unit}' > /etc/systemd/system/u.service; systemctl enable --now u.service")
    own_fleet.pull_plug(pristine.name)
    assert on_server(pristine, "systemctl is-active u.service; test -e /root/stopped").status == 1
    own_fleet.reboot(pristine.name)
    assert on_server(pristine, "systemctl is-active u.service; test -e /root/stopped").status == 0


def test_a_memory_limit_is_seen_and_holds(server: PracticeServer, on_server: OnServer) -> None:
    assert "MemTotal:         524288 kB" in on_server(server, "cat /proc/meminfo").out
    eat = "python3 -c 'b = bytearray(800 << 20); b[::4096] = b\"x\" * (len(b) // 4096)'"
    assert on_server(server, f"systemd-run --quiet --wait --pipe {eat}").status != 0
    assert on_server(server, "echo still here").out == "still here\n"


def test_down_leaves_no_trace_and_down_all_finds_what_a_crash_left(tmp_path: Path, podman: Podman) -> None:
    fleet = Fleet(tmp_path, backend=podman)
    folder = fleet.servers / "one"
    try:
        fleet.up("one")
        assert traces(podman, folder) == ["container", "network", "image", "claim", "folder"]
        fleet.snapshot("one", "again")
        fleet.down("one")
        assert traces(podman, folder) == []
        fleet.up("one")
        (folder / "server.json").unlink()  # as if killed before the last thing that making a server does
    finally:
        assert fleet.down_all() == ["one"]
    assert traces(podman, folder) == []


def test_the_environment_chooses_the_backend_and_each_has_its_own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []
    for name, kind in (("podman", Podman), ("nspawn", Nspawn)):
        monkeypatch.setenv("WIZARD_PRACTICE_BACKEND", name)
        assert isinstance(choice.choose(), kind)
        folders.append(choice.state_folder())
    assert folders[0] != folders[1]
    monkeypatch.setenv("WIZARD_PRACTICE_BACKEND", "vmware")
    with pytest.raises(UsageError, match="no practice backend 'vmware'") as refused:
        choice.choose()
    assert refused.value.hint == "one of nspawn, podman"
    assert choice.available() == f"{refused.value}: {refused.value.hint}"


def test_nspawn_is_chosen_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WIZARD_PRACTICE_BACKEND", raising=False)
    if Nspawn(backend.cache_folder()).missing() is None:
        assert isinstance(choice.choose(), Nspawn)


def test_podman_is_chosen_without_nspawn_and_what_is_missing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WIZARD_PRACTICE_BACKEND", raising=False)
    for tool in (
        "unshare",
        "true",
        "ip",
        "podman",
        "mmdebstrap",
        "runc",
        "iptables",
    ):  # a computer that has these and no apt
        (tmp_path / tool).symlink_to("/bin/true")
    monkeypatch.setattr(tools, "clean_environment", lambda: {"PATH": str(tmp_path)})
    assert isinstance(choice.choose(), Podman)
    (tmp_path / "podman").unlink()
    sentence = choice.available()
    assert sentence
    assert "systemd-container" in sentence
    assert "podman" in sentence
    assert "\n" not in sentence
