"""Practice servers: like a fresh VPS, disposable in seconds, and without a trace afterwards."""

from __future__ import annotations

import concurrent.futures
import functools
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import WizardError
from wizard.practice import cgroup, cli, image, network, seed
from wizard.practice.backend import ask, wait
from wizard.practice.fleet import Fleet, PracticeServer

if TYPE_CHECKING:
    from tests.practice.conftest import OnServer, ServerFactory

APT = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq -o DPkg::Lock::Timeout=120"


@pytest.fixture
def own_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet beside everybody else's, whose `down_all` hurts nobody."""
    fleet = Fleet(tmp_path / "state")
    yield fleet
    fleet.down_all()


def traces(folder: Path, link: network.Link) -> list[str]:
    """What a server in that folder, with that link, has on this computer."""
    listings = {
        "interface": ["ip", "-o", "link"],
        "firewall": ["nft", "list", "tables"],
        "processes": ["ps", "-ewwo", "args"],
    }
    seen = {
        what: subprocess.run(argv, capture_output=True, text=True, check=True).stdout for what, argv in listings.items()
    }
    found = [what for what, marks in {
        "interface": [f" {link.interface}@", f" {link.interface}:"],
        "firewall": [f"table ip {link.group}\n"],
        "processes": [f"{folder}/", f"--network-veth-extra={link.interface}:"],
    }.items() if any(mark in seen[what] for mark in marks)]  # fmt: skip
    mounts = [Path("/proc/self/mounts"), *Path("/proc").glob("[0-9]*/mounts")]
    for listing in mounts:
        try:
            found += [str(listing)] if str(folder) in listing.read_text() else []
        except OSError:  # the process has ended, or is a zombie
            continue
    groups = [str(p) for p in Path("/sys/fs/cgroup").rglob(link.group)]
    claim = [f"claim {link.slot}"] if network.link_of(folder) else []
    return found + groups + claim + ([str(folder)] if folder.exists() else [])


def test_a_new_server_looks_like_a_fresh_vps(pristine: PracticeServer, on_server: OnServer) -> None:
    facts = on_server(
        pristine,
        """
        systemctl is-system-running --wait; systemctl --failed --no-legend; hostname; hostname -i | grep -c .
        passwd --status root | cut -d ' ' -f 2; . /etc/default/locale; echo "$LANG"; ps -p 1 -o comm=
        command -v nginx psql ufw; getent passwd debian; ls /home; journalctl --boot --quiet | grep -c .; true
        """,
    ).out.split()
    assert facts[:6] == ["running", pristine.name, "1", "L", "C.UTF-8", "systemd"]
    assert int(facts[6]) > 0  # the journal works
    assert len(facts) == 7  # and nothing else is installed


def test_servers_differ_in_name_machine_id_and_host_keys(
    one_server: PracticeServer, new_server: ServerFactory, on_server: OnServer
) -> None:
    other = new_server()
    script = "cat /etc/hostname /etc/machine-id /etc/ssh/ssh_host_*_key.pub"
    first, second = (on_server(server, script).out.split() for server in (one_server, other))
    assert not {word for word in first if len(word) > 30} & {word for word in second if len(word) > 30}
    assert first[0] != second[0]
    assert one_server.host != other.host


@pytest.mark.parametrize("release", image.RELEASES)
@pytest.mark.parametrize("login", ["sudo", "sudo-password"])
def test_a_sudo_user_gets_root_and_root_gets_no_login(
    release: str, login: str, new_server: ServerFactory, on_server: OnServer
) -> None:
    server = new_server(release=release, login=login)
    assert server.user == "debian"
    assert on_server(server, "id -u").out == "0\n"
    assert on_server(server, ". /etc/os-release; echo $VERSION_CODENAME").out.strip() == release
    without_password = on_server(server, "sudo -k -n true", root=False).status
    assert (without_password == 0) == (login == "sudo")
    assert on_server(server, "test -e /root/.ssh/authorized_keys").status == 1


def test_up_again_is_the_same_server(fleet: Fleet, one_server: PracticeServer, on_server: OnServer) -> None:
    boot = on_server(one_server, "cat /proc/sys/kernel/random/boot_id").out
    assert fleet.up(one_server.name) == one_server == fleet.get(one_server.name)
    assert on_server(one_server, "cat /proc/sys/kernel/random/boot_id").out == boot


def test_reset_brings_the_same_server_back_without_what_was_done_to_it(
    fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    look = "cat /etc/machine-id; dpkg-query -W | sha256sum; find /etc /root /usr -xdev -type f | sort | sha256sum"
    before = on_server(pristine, look).out
    on_server(pristine, "rm -r /usr/share/doc /etc/motd; echo x > /etc/new; mkdir /srv/deep; useradd someone")
    assert on_server(pristine, look).out != before
    assert fleet.reset(pristine.name) == pristine
    assert on_server(pristine, look).out == before
    assert on_server(pristine, "test -e /srv/deep || getent passwd someone").status != 0


def test_restore_brings_back_contents_owners_and_deletions(
    fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    make = "rm -r /usr/share/doc; mkdir -m 2750 /srv/a; chown 7:8 /srv/a; echo one > /srv/a/f; rm -r /etc/skel; mkdir /etc/skel"
    look = "ls -A /etc/skel; ls -d /usr/share/doc; stat -c '%u %g %a %n' /srv/a /srv/a/*; cat /srv/a/f"
    on_server(pristine, make)
    before = on_server(pristine, look).out
    fleet.snapshot(pristine.name, "made")
    on_server(pristine, "echo two > /srv/a/f; chown 0:0 /srv/a; mkdir /usr/share/doc; touch /etc/skel/x /srv/a/g")
    fleet.restore(pristine.name, "made")
    assert on_server(pristine, look).out == before == "7 8 2750 /srv/a\n0 8 644 /srv/a/f\none\n"


def test_a_missing_server_or_snapshot_is_said_with_what_to_do(fleet: Fleet, one_server: PracticeServer) -> None:
    with pytest.raises(WizardError, match="cannot find a practice server named nobody") as missing:
        fleet.get("nobody")
    assert missing.value.hint.endswith("wizard practice up nobody")
    with pytest.raises(WizardError, match="cannot find a snapshot never"):
        fleet.restore(one_server.name, "never")


def test_a_reboot_from_inside_brings_the_server_back_at_its_address(
    fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    boot = on_server(pristine, "cat /proc/sys/kernel/random/boot_id").out
    on_server(
        pristine,
        "touch /root/kept /run/lost; systemd-run --on-active=0.2 --timer-property=AccuracySec=1ms systemctl reboot",
    )
    deadline = time.monotonic() + 60
    again = boot
    while again == boot and time.monotonic() < deadline:
        try:
            again = on_server(pristine, "cat /proc/sys/kernel/random/boot_id").out
        except WizardError:
            time.sleep(0.2)
    assert again != boot
    assert on_server(pristine, "test -e /root/kept && test ! -e /run/lost && apt-get update -qq").status == 0


def test_a_clean_reboot_stops_services_and_a_power_cut_does_not(
    fleet: Fleet, pristine: PracticeServer, on_server: OnServer
) -> None:
    unit = "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/touch /root/stopped\n[Install]\nWantedBy=multi-user.target"
    on_server(pristine, f"printf '{unit}' > /etc/systemd/system/u.service; systemctl enable --now u.service")
    fleet.pull_plug(pristine.name)
    assert on_server(pristine, "systemctl is-active u.service; test -e /root/stopped").status == 1
    fleet.reboot(pristine.name)
    assert on_server(pristine, "systemctl is-active u.service; test -e /root/stopped").status == 0


def test_a_second_server_installs_without_downloading_again_and_neither_can_empty_the_others_cache(
    new_server: ServerFactory, fleet: Fleet, on_server: OnServer
) -> None:
    first = new_server()
    assert on_server(first, f"{APT} update; {APT} install --yes cron").status == 0
    second = new_server()
    needed = f"{APT} update && apt-get install --yes --print-uris cron"
    assert "://" not in on_server(second, needed).out
    on_server(second, "apt-get clean")
    assert "://" in on_server(second, needed).out
    fleet.reset(first.name)
    assert "://" not in on_server(first, needed).out


def test_two_servers_install_at_the_same_time(new_server: ServerFactory, on_server: OnServer) -> None:
    servers = new_server(), new_server()
    install = f"{APT} update && {APT} install --yes --no-install-recommends cron"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda server: on_server(server, install), servers))
    assert [result.status for result in results] == [0, 0], results


class _Index(http.server.BaseHTTPRequestHandler):
    """A package index with one wheel that may be cached, as the real one says of its files."""

    downloads: list[str]

    def do_GET(self) -> None:
        if self.path.endswith(".whl"):
            self.downloads.append(self.client_address[0])
            self._answer(_wheel(), "application/zip", "max-age=365000000, immutable, public")
        else:
            self._answer(b'<a href="/tiny-1-py3-none-any.whl">tiny-1-py3-none-any.whl</a>', "text/html", "no-store")

    def _answer(self, body: bytes, kind: str, cache: str) -> None:
        self.send_response(200)
        for header in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", cache)):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on the tests' stderr."""


@functools.cache
def _wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return buffer.getvalue()


def test_a_wheel_that_one_server_downloaded_is_not_downloaded_by_root_or_anybody_on_the_next(
    new_server: ServerFactory, fleet: Fleet, on_server: OnServer
) -> None:
    first, second = new_server(), new_server()
    _Index.downloads = []
    with http.server.ThreadingHTTPServer(("", 0), _Index) as index:
        threading.Thread(target=index.serve_forever, daemon=True).start()
        gateway = str(network.claim(fleet.servers / first.name).gateway)
        pip = f"/srv/v/bin/pip install -qq --index-url http://{gateway}:{index.server_port}/simple --trusted-host {gateway} tiny"
        venv = f"{APT} update; {APT} install --yes --no-install-recommends python3-venv; python3 -m venv /srv/v"
        assert on_server(first, f"{venv}; {pip}").status == 0
        fleet.reset(first.name)
        second = fleet.reset(second.name)
        assert on_server(second, f"{venv}; {pip}").status == 0
        anybody = "useradd someone; chown -R someone /srv/v; /srv/v/bin/pip uninstall -qq -y tiny"
        assert on_server(second, f"{anybody}; setpriv --reuid someone --regid someone --clear-groups {pip}").status == 0
        index.shutdown()
    assert len(_Index.downloads) == 1


def test_a_memory_limit_is_seen_and_holds(new_server: ServerFactory, on_server: OnServer) -> None:
    server = new_server(memory="256M")
    assert "MemTotal:         262144 kB" in on_server(server, "cat /proc/meminfo").out
    eater = (
        "systemd-run --quiet --wait --pipe python3 -c 'b = bytearray(400 << 20); b[::4096] = b\"x\" * (len(b) // 4096)'"
    )
    assert on_server(server, eater).status != 0
    assert on_server(server, "echo still here").out == "still here\n"


def test_down_leaves_no_trace(own_fleet: Fleet) -> None:
    server = own_fleet.up("one", memory="512M")
    folder = own_fleet.servers / server.name
    link = network.link_of(folder)
    assert link
    assert {"interface", "firewall", "processes"} <= set(traces(folder, link))
    own_fleet.down("one")
    assert traces(folder, link) == []


def test_what_servers_need_of_this_computer_is_set_while_there_is_one(own_fleet: Fleet) -> None:
    settings = {name: Path("/proc/sys", name) for name in network.SETTINGS}
    own_fleet.up("one")
    before = {name: (network.RUN / path.name) for name, path in settings.items()}
    kept = {name: int(path.read_text()) for name, path in before.items() if path.exists()}
    assert all(int(path.read_text()) >= network.SETTINGS[name] for name, path in settings.items())
    own_fleet.down("one")
    others_have_servers = bool(network.claims())
    for name, value in kept.items():
        assert others_have_servers or int(settings[name].read_text()) == value


@pytest.mark.parametrize("moment", ["making the practice server", "booting"])
def test_down_all_cleans_up_after_a_program_that_was_killed(moment: str, own_fleet: Fleet) -> None:
    program = f"""
import os, signal, sys, time
from pathlib import Path
from wizard.practice.fleet import Fleet
import threading
def say(words):
    if words.startswith({moment!r}):
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
Fleet(Path({str(own_fleet.servers.parent)!r})).up("one", say=say)
time.sleep(60)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    folder = own_fleet.servers / "one"
    link = network.link_of(folder) or network.Link(network.SLOTS)  # it may not have come that far
    assert folder.exists()
    assert own_fleet.down_all() == ["one"]
    assert traces(folder, link) == []


@pytest.mark.matrix
def test_an_image_whose_building_was_killed_is_built_by_the_next_who_needs_it(tmp_path: Path) -> None:
    build = f"import pathlib; from wizard.practice.image import image; image('bookworm', pathlib.Path({str(tmp_path)!r}), print)"
    process = subprocess.Popen([sys.executable, "-c", build], start_new_session=True)
    unpacked = tmp_path / "images" / "bookworm.half" / "root" / "var" / "lib" / "dpkg" / "triggers"
    assert wait(unpacked.exists, 120)  # by now what dpkg needs is mounted in it
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run([sys.executable, "-c", build], check=True)
    assert [path.name.split("-")[0] for path in (tmp_path / "images").iterdir() if path.is_dir()] == ["bookworm"]


def test_a_program_that_stays_behind_is_not_waited_for() -> None:
    began = time.monotonic()
    status, behind, _ = ask(["sh", "-c", "sleep 60 & echo $!"])
    os.kill(int(behind), signal.SIGKILL)  # it was still there
    assert status == 0
    assert time.monotonic() - began < 50
    with pytest.raises(WizardError, match="cannot wait for sleep any longer than 0 seconds"):
        ask(["sleep", "60"], patience=0.1)


def test_the_server_outlives_the_program_that_started_it_and_down_names_only_what_it_removed(tmp_path: Path) -> None:
    environment = {**os.environ, "WIZARD_PRACTICE_DIR": str(tmp_path)}
    (tmp_path / "cache").symlink_to(Fleet().backend.cache)  # type: ignore[attr-defined]

    def wizard(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "wizard", "practice", *arguments]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    made = wizard("up", "one", "--login", "sudo-password", "--json")
    try:
        facts = json.loads(made.stdout)
        assert {"name", "host", "port", "user", "key"} <= facts.keys()
        password = Path(facts["sudo_password_file"])
        assert password.stat().st_mode & 0o077 == 0
        assert password.read_text() not in made.stdout + made.stderr + wizard("list").stdout
        assert json.loads(wizard("list", "--json").stdout)["running"] is True
        assert wizard("reboot", "two").returncode == 2
        assert wizard("up", "Not_a_name").returncode == 2
        assert wizard("down").returncode == 2
    finally:
        gone = wizard("down", "--all", "--json")
    assert json.loads(gone.stdout) == {"name": "one", "down": True}
    assert wizard("list", "--json").stdout == ""


def test_no_two_servers_get_the_same_network_or_one_that_is_in_use(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    links = [network.claim(folder) for folder in folders]
    try:
        assert len({link.network for link in links}) == 3
        assert network.claim(folders[0]) == links[0]
        assert all(len(network.Link(slot).interface) <= 15 for slot in (0, network.SLOTS - 1))
    finally:
        for link in links:
            network.disconnect(link)
    assert not any(network.link_of(folder) for folder in folders)


def test_the_command_line_offers_what_there_is() -> None:
    assert cli.RELEASES == image.RELEASES
    assert cli.LOGINS == seed.LOGINS


def test_a_limit_of_memory_stays_below_the_one_that_holds_for_this_program() -> None:
    if cgroup.unified():
        assert cgroup.processes("no-such-group") == set()
    else:
        assert str(cgroup._own_memory_group()).startswith("/sys/fs/cgroup/memory")
