"""Packages on a real server: undone without a trace, also after a power cut; what is not ours is kept or saved."""

from __future__ import annotations

import threading
import time

import pytest

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from tests.practice.matrix.results import tried
from wizard import events
from wizard.engine.remote.scripts import Work
from wizard.engine.worker import Worker
from wizard.errors import StepError
from wizard.operations.apt import PackagesState, UpgradeState, packages, upgrade
from wizard.operations.base import diff
from wizard.practice.backend import Machine
from wizard.practice.fleet import Fleet, PracticeServer


@pytest.fixture
def cycle(pristine: PracticeServer) -> Cycle:
    return Cycle(pristine)


def test_undo_takes_away_all_that_came_with_packages_and_they_can_come_again(cycle: Cycle) -> None:
    # a database with a cluster, user and group; services with logs; ucf, debconf, a statoverride, logrotate's timer
    wanted = packages("postgresql", "nginx", "logrotate", "unattended-upgrades", start=["postgresql", "nginx"])
    before = cycle.fingerprint()
    assert cycle.make(wanted) == 1
    assert "online" in cycle.run("pg_lsclusters")
    installed = cycle.fingerprint()
    assert cycle.make(wanted) == 0
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []
    assert cycle.make(wanted) == 1
    again = cycle.fingerprint()
    for section in ("packages", "marks", "users", "groups", "enabled", "ports", "clusters"):
        assert again[section] == installed[section]


def test_a_power_cut_in_the_middle_of_apt_is_mended_and_undone_without_a_trace(cycle: Cycle, fleet: Fleet) -> None:
    before = cycle.fingerprint()
    wanted = packages("postgresql", start=["postgresql"])
    run = threading.Thread(target=cycle.make, args=[wanted])
    run.start()
    give_up = time.monotonic() + 60
    while "Unpacking postgresql-" not in cycle.said() and time.monotonic() < give_up:
        time.sleep(0.05)
    fleet.pull_plug(cycle.server.name)
    run.join(timeout=180)
    assert "dpkg was interrupted" in cycle.said()
    assert cycle.make(wanted) == 0
    assert "online" in cycle.run("pg_lsclusters")
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []


def test_files_that_a_power_cut_emptied_come_again_and_it_is_said(cycle: Cycle, fleet: Fleet) -> None:
    hosts = cycle.run("cat /etc/hosts")
    wanted = packages("ssl-cert")  # its script writes a key and a certificate, once, and syncs neither
    run = threading.Thread(target=cycle.make, args=[wanted])
    run.start()
    disk = fleet.servers / cycle.server.name / "disk"
    key = disk / "etc/ssl/private/ssl-cert-snakeoil.key"
    give_up = time.monotonic() + 60
    while not key.exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    fleet.backend.stop(Machine(cycle.server.name, disk.parent, cycle.server.release), clean=False)
    for lost in (key, disk / "etc/hosts"):  # as they are where the power went off before the kernel wrote them
        lost.write_text("")
    fleet.up(cycle.server.name)
    run.join(timeout=180)
    items = [item for e in cycle.seen if isinstance(e, events.Repaired) for item in e.items]
    assert [what for what, *things in items if "ssl-cert" in things][-1:] == ["begun-anew"]
    assert cycle.run("cat /etc/hosts") == hosts
    assert cycle.run("find /etc/ssl/private /etc/ssl/certs/ssl-cert-snakeoil.pem -type f -empty") == ""
    assert cycle.run("openssl x509 -noout -pubkey </etc/ssl/certs/ssl-cert-snakeoil.pem") == cycle.run(
        "openssl pkey -pubout </etc/ssl/private/ssl-cert-snakeoil.key"
    )


def test_what_a_person_made_since_is_kept_or_saved_before_packages_go(cycle: Cycle) -> None:
    cycle.run("mkdir /srv/theirs")
    assert cycle.make(packages("postgresql", start=["postgresql"])) == 1
    cycle.run("""
        su postgres -c "psql -qc 'CREATE DATABASE shop'"
        su postgres -c "psql -qd shop -c \\"CREATE TABLE cats AS SELECT 'Minka' AS name\\""
        useradd ada
        echo '# mine' >>/etc/postgresql/15/main/pg_hba.conf
        echo '# mine' >>/etc/hosts
        touch /srv/theirs/dump && chown postgres /srv/theirs/dump""")
    cycle.undo()
    assert cycle.observe(packages("postgresql", start=["postgresql"])) == PackagesState()
    said = cycle.said()
    assert "changed since, so it is kept: /etc/hosts" in said
    assert "kept, because it owns /srv/theirs/dump: the user postgres" in said
    saved = cycle.run("cd /var/backups/wizard; stat -c '%a %n' . *; cat *.sql; tar -xzOf *changed-in-etc*.tar.gz")
    assert {line.split()[0] for line in saved.splitlines()[:3]} == {"700", "600"}
    assert "Minka" in saved and saved.count("# mine") == 2
    assert cycle.run("tail -n 1 /etc/hosts; stat -c %U /srv/theirs/dump; id -un ada").split("\n") == [
        "# mine", "postgres", "ada", "",
    ]  # fmt: skip


def test_where_nothing_in_etc_is_to_be_put_back_what_a_person_changed_there_stays(cycle: Cycle) -> None:
    assert cycle.make(packages("jq")) == 1
    cycle.run("echo '# mine' >>/etc/hosts; chmod 600 /etc/hosts")
    cycle.undo()
    assert cycle.run("tail -n 1 /etc/hosts; stat -c %a /etc/hosts") == "# mine\n600\n"


def test_packages_that_something_else_needs_by_now_stay_and_the_undo_says_why(cycle: Cycle) -> None:
    cycle.make(packages("libjansson4"))
    cycle.run("DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends nftables >/dev/null")
    with pytest.raises(StepError) as error:
        cycle.undo()
    assert "nftables" in error.value.details
    assert cycle.observe(packages("libjansson4", "nftables")) == PackagesState(("libjansson4", "nftables"))


def test_facts_that_may_be_why_apt_fails_are_found_on_the_server(cycle: Cycle) -> None:
    cycle.run("""apt-mark hold libc6 >/dev/null
echo 'Acquire::http::Proxy "http://ada:pass-word@192.0.2.1:3128";' >/etc/apt/apt.conf.d/99proxy
printf '# deb cdrom:[old]/ x main\\ndeb cdrom:[Debian 12.5 DVD]/ bookworm main\\n' >/etc/apt/sources.list.d/dvd.list
printf 'Types: deb\\nURIs: cdrom:[Debian 13.1 DVD]/\\nSuites: trixie\\nComponents: main\\n' >/etc/apt/sources.list.d/dvd.sources""")
    with cycle.session() as session:
        found = session.send("troubles", "troubles | emit troubles").text("troubles")
    assert sorted(found.splitlines()) == [
        "cdrom /etc/apt/sources.list.d/dvd.list 2", "cdrom-stanza /etc/apt/sources.list.d/dvd.sources", "held libc6",
        "proxy http://192.0.2.1:3128",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "lock",
    [
        "/var/lib/apt/lists/lock",
        "/var/lib/dpkg/lock-frontend",
        pytest.param("/var/cache/apt/archives/lock", marks=pytest.mark.matrix),
        pytest.param("/var/lib/dpkg/lock", marks=pytest.mark.matrix),
    ],
)
def test_whoever_has_a_lock_of_apt_is_waited_for_and_named(cycle: Cycle, lock: str) -> None:
    """DPkg::Lock::Timeout alone does not cover the lists of `apt-get update`."""
    cycle.run(f"""mkdir -p /root/bin && ln -s "$(command -v python3)" /root/bin/unattended && touch {lock}
cat >/root/hold.py <<'PYTHON'
import fcntl, time
lock = open("{lock}", "r+")
fcntl.lockf(lock, fcntl.LOCK_EX)
time.sleep(6)
open("/root/over", "w").close()
PYTHON
systemd-run --quiet --unit=hold /root/bin/unattended /root/hold.py
until grep -q ":$(stat -c %i {lock}) " /proc/locks; do sleep 0.1; done
systemctl show -P MainPID hold >/root/pid""")
    with tried("apt's lock is held by somebody else"):
        assert cycle.make(packages("nano")) == 1
        cycle.run("test -e /root/over")
        pid = cycle.run("cat /root/pid").strip()
        assert f"waiting for another apt to finish: {lock} is held by process {pid} (unattended)" in cycle.said()


def test_a_nearly_full_disk_is_refused_before_anything_is_touched(cycle: Cycle) -> None:
    before = cycle.fingerprint()["packages"]
    cycle.run("""mkdir /mnt/var && mount -t tmpfs -o size=$(($(du -sm --exclude=/var/cache /var | cut -f1) + 200))m tmpfs /mnt/var
tar -C /var --exclude=./cache -cf - . | tar -C /mnt/var -xf - && mkdir -p /mnt/var/cache/apt/archives/partial
mount --bind /mnt/var /var""")
    with pytest.raises(StepError) as error:
        cycle.make(packages("postgresql", start=["postgresql"]))
    assert "make room" in error.value.details
    assert cycle.fingerprint()["packages"] == before


def upgraded(cycle: Cycle) -> None:
    """As the first change, without the question whether to go on."""
    with cycle.session() as session:
        (found,) = session.observe([upgrade()])
        assert found == UpgradeState(waiting=True)  # nobody has looked yet
        change = diff(upgrade(), found)
        assert change
        Worker(session, cycle.seen.append).do(Work(1, "cycle/step", change))


def test_an_upgrade_is_done_once_and_stays_when_all_else_is_undone(cycle: Cycle) -> None:
    upgraded(cycle)
    assert cycle.make(upgrade()) == 0
    cycle.undo()
    assert cycle.observe(upgrade()) == UpgradeState(waiting=False)


def test_what_a_power_cut_in_the_middle_of_an_upgrade_has_lost_comes_again(cycle: Cycle) -> None:
    hosts = cycle.run("cat /etc/hosts")
    cycle.run("""before=/var/lib/wizard/changes/0001/before
mkdir -p -m 0700 $before && tar -C / -cf $before/etc.tar etc && echo 'the boot before' >$before/boot && sleep 0.1
: >/etc/hosts; rm /usr/bin/free""")
    upgraded(cycle)
    assert cycle.run("cat /etc/hosts") == hosts
    assert "Mem:" in cycle.run("free")
    assert [e.items for e in cycle.seen if isinstance(e, events.Repaired)] == [
        (("rewritten", "/etc/hosts"), ("reinstalled", "procps"))
    ]
