"""Going back where somebody has been at work by hand: a case for each kind of thing, all of them on one server at once.

Kinds that need packages are not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from wizard import events
from wizard.errors import StoppedError
from wizard.operations import base, tested
from wizard.operations.authorized_keys import authorized_keys
from wizard.operations.base import Operation
from wizard.operations.command import command
from wizard.operations.file import absent, directory, file, symlink
from wizard.operations.release import data_directory
from wizard.operations.service import service
from wizard.operations.system import kernel_settings
from wizard.operations.user import sudo_rule, user

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKfakefakefake ada"
THEIRS, BARE = "as they made it", "as it was before the set-up"
SYSCTL = "net.ipv4.conf.all.log_martians"
UNIT = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"


@dataclass(frozen=True)
class Case:
    """What the wizard makes, what somebody does to it by hand, what shows it; and how it must end."""

    operations: tuple[Operation, ...]
    by_hand: str
    look: str
    before: str = ":"
    kept: str = THEIRS
    restored: str = BARE
    drift: bool = True  # False: nothing that the wizard made is another, so nobody is asked
    saved: str = ""  # what is found in /var/backups/wizard when it was restored


CASES = {
    "file: edited": Case(
        (file("/etc/w-new", "ours\n"),), "echo theirs-1 >/etc/w-new", "cat /etc/w-new", saved="theirs-1"
    ),
    "file: edited where there was one before": Case(
        (file("/etc/w-old", "ours\n"),), "echo theirs-2 >/etc/w-old", "cat /etc/w-old", "echo old >/etc/w-old", saved="theirs-2"
    ),
    "file: removed where there was one before": Case(
        (file("/etc/w-gone", "ours\n"),), "rm /etc/w-gone", "cat /etc/w-gone", "echo old >/etc/w-gone"
    ),
    "file: opened to others": Case(
        (file("/etc/w-mode", "ours\n", mode=0o600),), "chmod 0666 /etc/w-mode", "stat -c '%a %n' /etc/w-mode"
    ),
    "file: kept in a folder that goes": Case(
        (directory("/etc/w-site"), file("/etc/w-site/env", "A=1\n", mode=0o600)),
        "echo theirs-3 >>/etc/w-site/env", "ls -A /etc/w-site; cat /etc/w-site/env", saved="theirs-3",
    ),
    "directory: another mode": Case(
        (directory("/srv/w-mode"),), "chmod 0700 /srv/w-mode", "stat -c '%a %n' /srv/w-mode"
    ),
    "directory: something put into it": Case(
        (directory("/srv/w-full"),), "echo x >/srv/w-full/theirs", "cat /srv/w-full/theirs", drift=False, restored=THEIRS
    ),
    "data_directory: opened to others": Case(
        (data_directory("/srv/w-media", owner="root"),),
        "chmod 0777 /srv/w-media; echo theirs-4 >/srv/w-media/picture", "ls -ld /srv/w-media; ls -A /srv/w-media", saved="theirs-4",
    ),
    "symlink: leads elsewhere": Case(
        (symlink("/etc/w-link", "/etc/passwd"),), "ln -sfn /etc/group /etc/w-link", "readlink /etc/w-link"
    ),
    "symlink: a file in its place": Case(
        (symlink("/etc/w-real", "/etc/passwd"),), "rm /etc/w-real; echo theirs-5 >/etc/w-real", "cat /etc/w-real", saved="theirs-5"
    ),
    "absent: there again": Case(
        (absent("/etc/w-away"),), "echo theirs-6 >/etc/w-away", "cat /etc/w-away", "echo old >/etc/w-away", saved="theirs-6"
    ),
    "tested_file: edited": Case(
        (tested.tested_file("/etc/w-tested", "ours\n", test="true", then="true"),),
        "echo theirs-7 >/etc/w-tested", "cat /etc/w-tested", saved="theirs-7",
    ),
    "tested_symlink: leads elsewhere": Case(
        (tested.tested_symlink("/etc/w-tested-link", "/etc/passwd", test="true", then="true"),),
        "ln -sfn /etc/group /etc/w-tested-link", "readlink /etc/w-tested-link",
    ),
    "sudo_rule: edited": Case(
        (sudo_rule("w-rule", "root ALL=(ALL:ALL) ALL"),), "echo '# theirs-8' >>/etc/sudoers.d/w-rule",
        "cat /etc/sudoers.d/w-rule", saved="theirs-8",
    ),
    "user: another shell": Case(
        (user("w-ada"),), "usermod -s /bin/sh w-ada; echo theirs-9 >/home/w-ada/letter; chown w-ada: /home/w-ada/letter",
        "getent passwd w-ada; ls -A /home/w-ada", saved="theirs-9",
    ),
    "user: deleted": Case((user("w-bob"),), "userdel -r w-bob", "getent passwd w-bob; ls /home/w-bob", drift=False, kept=BARE),
    "authorized_keys: taken out": Case(
        (authorized_keys("w-eve", (KEY,)),), "echo theirs >/home/w-eve/.ssh/authorized_keys",
        "cat /home/w-eve/.ssh/authorized_keys", "useradd -m w-eve", restored=THEIRS,
    ),
    "authorized_keys: one more": Case(
        (authorized_keys("w-old", (KEY,)),), "echo theirs >>/home/w-old/.ssh/authorized_keys",
        "grep -v ^ssh /home/w-old/.ssh/authorized_keys", "useradd -m w-old", drift=False, restored=THEIRS,
    ),
    "command: its effect removed": Case(
        (command("w-touch", "touch /etc/w-touched", test="[ -e /etc/w-touched ]", undo="rm -f /etc/w-touched"),),
        "rm /etc/w-touched", "ls /etc/w-touched", drift=False, kept=BARE,
    ),
    "long_command: its effect removed": Case(
        (command("w-long", "touch /etc/w-longer", test="[ -e /etc/w-longer ]", undo="rm -f /etc/w-longer", long=True),),
        "rm /etc/w-longer", "ls /etc/w-longer", drift=False, kept=BARE,
    ),
    "service: stopped": Case(
        (service("w-runs"),), "systemctl stop w-runs", "systemctl is-enabled w-runs; systemctl is-active w-runs",
        f"printf '{UNIT}' >/etc/systemd/system/w-runs.service; systemctl daemon-reload",
    ),
    "service: its unit removed": Case(
        (file("/etc/systemd/system/w-unit.service", UNIT, notify="systemctl daemon-reload"), service("w-unit")),
        "systemctl stop w-unit; rm /etc/systemd/system/w-unit.service; systemctl daemon-reload",
        "systemctl is-active w-unit; ls /etc/systemd/system/w-unit.service", kept=BARE,
    ),
    "kernel_settings: set by hand": Case(
        (kernel_settings("/etc/sysctl.d/w.conf", {SYSCTL: "1"}),),
        f"echo 2 >/proc/sys/{SYSCTL.replace('.', '/')}; echo '# theirs' >>/etc/sysctl.d/w.conf",
        f"cat /etc/sysctl.d/w.conf /proc/sys/{SYSCTL.replace('.', '/')}", saved="# theirs",
    ),
}  # fmt: skip
OPERATIONS = [operation for case in CASES.values() for operation in case.operations]


@dataclass
class Outcome:
    """What each case's look showed: before the set-up, after somebody's work by hand, and in the end."""

    bare: dict[str, str]
    theirs: dict[str, str]
    end: dict[str, str]
    asked: set[str]  # keys
    left: int  # changes that are still in force
    saved: str = ""  # all that is in /var/backups/wizard
    rights: str = ""


def looks(cycle: Cycle) -> dict[str, str]:
    said = cycle.run("\n".join(f"echo '== {name}'; {case.look} 2>/dev/null || :" for name, case in CASES.items()))
    parts = [part.partition("\n") for part in said.split("== ")[1:]]
    return {name: text for name, _, text in parts}


def walked(server_factory: ServerFactory, choice: str) -> Outcome:
    cycle = Cycle(server_factory())
    cycle.run("\n".join(case.before for case in CASES.values()))
    bare = looks(cycle)
    cycle.make(*OPERATIONS)
    cycle.run("\n".join(case.by_hand for case in CASES.values()))
    theirs = looks(cycle)
    if choice == "keep":
        with pytest.raises(StoppedError, match="changed by hand"):
            cycle.undo("stop")
        # the newest is undone, where nobody has touched it; what was touched is as they made it
        assert {n for n, t in looks(cycle).items() if t != theirs[n] and CASES[n].drift} == set()
    cycle.undo(choice)
    asked = {e.key for e in cycle.seen if isinstance(e, events.DriftFound)}
    with cycle.session() as session:
        left = len(session.journal.in_force)
    saved = cycle.run(
        "cd /var/backups/wizard 2>/dev/null || exit 0; for f in *; do case $f in *.tar.gz) tar -xzOf $f;; *) cat $f;; esac; done"
    )
    rights = cycle.run("cd /var/backups/wizard 2>/dev/null || exit 0; stat -c '%a %U:%G' . * | sort -u")
    return Outcome(bare, theirs, looks(cycle), asked, left, saved, rights)


@pytest.fixture(scope="module")
def kept(server_factory: ServerFactory) -> Outcome:
    return walked(server_factory, "keep")


@pytest.fixture(scope="module")
def restored(server_factory: ServerFactory) -> Outcome:
    return walked(server_factory, "restore")


@pytest.mark.parametrize("name", CASES)
def test_kept_thing_stays_as_somebody_made_it(kept: Outcome, name: str) -> None:
    case = CASES[name]
    assert kept.bare[name] != kept.theirs[name] or case.kept == BARE
    assert kept.end[name] == {THEIRS: kept.theirs, BARE: kept.bare}[case.kept][name]
    assert any(o.key in kept.asked for o in case.operations) == case.drift


@pytest.mark.parametrize("name", CASES)
def test_restored_thing_is_as_before_the_set_up_and_what_somebody_wrote_is_saved(restored: Outcome, name: str) -> None:
    case = CASES[name]
    assert restored.end[name] == {THEIRS: restored.theirs, BARE: restored.bare}[case.restored][name]
    assert case.saved in restored.saved


def test_nothing_is_left_in_force_and_what_was_saved_is_for_root_alone(kept: Outcome, restored: Outcome) -> None:
    assert (kept.left, restored.left) == (0, 0)
    assert restored.rights.split("\n") == ["600 root:root", "700 root:root", ""]


# Kinds that need packages (what is tested of work by hand on them is in the tests of their own), and those that have nothing
# that somebody could change by hand.
ELSEWHERE = {
    "packages", "firewall", "swap", "virtualenv", "git_release", "uploaded_release", "serving", "live_release", "migrations",
    "static_files", "superuser", "postgres_cluster", "postgres_settings", "postgres_role", "postgres_database",
    "starting_media", "content", "mariadb_account", "mariadb_database",
}  # fmt: skip
NOTHING_TO_CHANGE = {"upgrade", "reboot", "point_of_no_return", "one_postgres", "one_redis", "one_mariadb", "site_name",
                     "web_server"}  # fmt: skip


def test_every_kind_of_operation_has_a_case() -> None:
    base._load_all_kinds()
    here = {name.partition(":")[0] for name in CASES}
    kinds = {kind for kind, cls in base.KINDS.items() if cls.__module__.startswith("wizard.")}
    assert here | ELSEWHERE | NOTHING_TO_CHANGE == kinds
    assert all(name.partition(":")[0] in {o.kind for o in case.operations} for name, case in CASES.items())
