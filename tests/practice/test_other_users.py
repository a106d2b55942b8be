"""Another user on the server: watches a whole set-up and the way back, and never reads a secret; plants links in vain."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from tests.practice.matrix.results import tried
from tests.practice.test_journey import Program
from wizard.engine.remote.prelude import prelude
from wizard.operations.authorized_keys import authorized_keys
from wizard.operations.file import FileState, file
from wizard.operations.quoting import heredoc, sh
from wizard.operations.release import data_directory
from wizard.operations.user import user
from wizard.secret import Secret

PLANTED = "pl4nted-for-the-watcher"
# none of them matches itself: the watcher sees its own command line, too
SECRETS = "|".join(
    [PLANTED.replace("4", "[4]"), 'SECRET_KEY="[A-Za-z0-9_-]', 'PASSWORD="[A-Za-z0-9_-]', r"SCRAM-SHA-256\$[0-9]+:"]
)
SEEN = "/home/mallory/seen"
PLACES = "/var/lib/wizard /etc/guestbook /var/backups /srv /tmp /var/tmp /run /home /etc/postgresql /var/log /dev/shm"
ANSWERS = """
[project]
source = {source}
name = "guestbook"
domain = "guestbook.example"
[deploy_user]
password = {{ env = "PLANTED_PASSWORD" }}
[django]
superuser_password = {{ env = "PLANTED_PASSWORD" }}
[system_update]
upgrade = false
reboot = false
[sanity_check]
reboot = false
[env]
MAIL_PASSWORD = {{ env = "PLANTED_PASSWORD" }}
"""


@contextlib.contextmanager
def watched(cycle: Cycle) -> Iterator[None]:
    """mallory reads whatever can be read meanwhile. Afterwards: nothing but what was planted to be found."""
    watcher = Path(__file__).with_name("watcher.pl").read_text()
    cycle.run(
        f"useradd --create-home mallory; cat >/home/mallory/watch {heredoc(watcher)}\n"
        f"echo {PLANTED}-to-be-found >/var/tmp/open; chmod 644 /var/tmp/open\n"
        f"systemd-run --quiet --unit=mallory -p User=mallory -p Nice=5 perl /home/mallory/watch {SEEN} {sh(SECRETS)} {PLACES}\n"
        f"n=0; until grep -q /var/tmp/open {SEEN} 2>/dev/null || [ $n = 50 ]; do sleep 0.2; n=$((n + 1)); done"
    )
    yield
    said = cycle.run(
        f"touch {SEEN}.end; n=0; until grep -q ^rounds {SEEN} || [ $n = 300 ]; do sleep 0.2; n=$((n + 1)); done; cat {SEEN}"
    )
    *found, last = said.splitlines()
    rounds, files = map(int, re.findall(r"\d+", last))
    assert rounds > 20 and files > 1000, last
    assert found == ["/var/tmp/open"]


@pytest.mark.matrix
def test_another_user_reads_no_secret_while_a_site_is_set_up_and_taken_back(
    server_factory: ServerFactory, tmp_path: Path
) -> None:
    server = server_factory()
    source = resources.files("wizard.practice").joinpath("sample_project")
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS.format(source=json.dumps(str(source))))
    program = Program(server, tmp_path / "home", PLANTED_PASSWORD=PLANTED, WIZARD_SUDO_PASSWORD=PLANTED)
    with tried("secrets that another user saw, in a set-up and its rollback"), watched(Cycle(server)):
        program.run("setup", "--answers", str(answers), "--yes")
        program.run("rollback", "--all", "--yes", user="deploy")
    kept = [p for p in tmp_path.rglob("*") if p.is_file() and PLANTED in p.read_text(errors="replace")]
    assert kept == []
    assert [
        p
        for p in (tmp_path / "home").rglob("*")
        if p.is_file() and p.stat().st_mode & 0o077 and p.name != "known_hosts"
    ] == []


# -- planted links -----------------------------------------------------------------------------------------------------

BEFORE = "sha256sum /etc/passwd /etc/shadow; stat -c '%n %a %U %G' /etc /etc/passwd /etc/shadow /root"


@pytest.fixture(scope="module")
def cycle(server_factory: ServerFactory) -> Cycle:
    cycle = Cycle(server_factory())
    cycle.run("id mallory >/dev/null || useradd --create-home mallory")
    return cycle


@pytest.fixture
def untouched(cycle: Cycle) -> Iterator[None]:
    before = cycle.run(BEFORE)
    yield
    assert cycle.run(BEFORE) == before


RACE = """\
cat >/home/mallory/race <<'EOF'
cd "$1"
while [ ! -e /home/mallory/stop ]; do
    for f in .wizard.* conf; do
        if [ -f "$f" ] && [ ! -L "$f" ]; then rm -f "$f"; ln -s "$2" "$f"; : >/home/mallory/raced; fi
    done 2>/dev/null
done
EOF
chmod 644 /home/mallory/race; rm -f /home/mallory/stop /home/mallory/raced
(setpriv --reuid=mallory --regid=mallory --clear-groups sh /home/mallory/race {folder} {target} 9>&- >/dev/null 2>&1 &)
sleep 0.3
"""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("target", ["/etc/shadow", "/etc/passwd", "/root/never"])
def test_a_file_in_somebody_elses_folder_is_not_written_through_a_link_of_theirs(cycle: Cycle, target: str) -> None:
    """The owner of the folder replaces every file that appears there, as fast as the machine can."""
    one = file("/home/mallory/in/conf", Secret("pl4nted"), mode=0o600, owner="mallory")
    wanted = one.wanted(FileState())
    blob = f"put_blob {one.blobs(FileState())[0].name} {heredoc('cGw0bnRlZA==')}"
    rounds = "\n".join([f"( set -e\n{one.apply(FileState(), wanted)}\n)"] * 40)
    race = RACE.replace("{folder}", "/home/mallory/in").replace("{target}", target)
    with tried("links planted while root writes", 40):
        cycle.run(
            f"{prelude()}\nmkdir -p $blobs; install -d -o mallory -g mallory /home/mallory/in\n{blob}\n{race}\n{rounds}\n"
            "touch /home/mallory/stop"
        )
        assert cycle.run("ls /home/mallory/raced; ls /root/never 2>/dev/null || :") == "/home/mallory/raced\n"


@pytest.mark.usefixtures("untouched")
def test_a_users_own_links_are_not_written_through_when_keys_are_added(cycle: Cycle) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ1eno you"
    operation = authorized_keys("mallory", (key,))
    script = operation.apply(operation.parse("absent\nabsent\n"), operation.wanted(operation.parse("absent\nabsent\n")))
    plants = [
        "ln -s /root/.ssh .ssh", "mkdir .ssh; ln -s /etc/shadow .ssh/authorized_keys", "ln -s /etc .ssh",
        "mkdir .ssh; ln -s /root/.ssh/authorized_keys .ssh/authorized_keys",
    ]  # fmt: skip
    with tried("links planted where keys are written", len(plants)):
        for plant in plants:
            keys = cycle.run("cat /root/.ssh/authorized_keys")
            said = cycle.run(
                f"{prelude()}\nrunuser -u mallory -- sh -c 'cd; rm -rf .ssh; {plant}'; change=$(mktemp -d)\n"
                f"( set -e\n{script}\n) && echo WRITTEN; find $change -type f -exec cat {{}} +"
            )
            assert "WRITTEN" not in said and "is a link" in said and "root:" not in said
            assert cycle.run("cat /root/.ssh/authorized_keys") == keys


@pytest.mark.usefixtures("untouched")
def test_what_a_site_planted_in_its_uploads_is_neither_saved_nor_followed_when_they_go(cycle: Cycle) -> None:
    cycle.run("mkdir -p /srv/planted")
    operation = data_directory("/srv/planted/media", owner="mallory")
    there = operation.wanted(FileState())
    plant = (
        "cd /srv/planted/media; ln -s /etc/shadow link; ln -s /etc folder; ln -s / root; mkfifo pipe; echo picture >real; "
        "ln /etc/shadow hard 2>/dev/null; ln /etc/passwd hard2 2>/dev/null; mkdir deep; ln -s ../../../../etc deep/up; :"
    )
    swap = (
        "cd /srv/planted/media; while [ -d /srv/planted/media ]; do "
        "rm -rf m n; mkdir m; touch m/x; mv -T m n; rm -rf n; ln -s /etc n; rm n; done"
    )
    with tried("links planted in uploads", 8):
        cycle.run(
            f"{prelude()}\n( set -e\n{operation.apply(FileState(), there)}\n)\n"
            f"runuser -u mallory -- sh -c {sh(plant)}\n"
            f"(runuser -u mallory -- sh -c {sh(swap)} >/dev/null 2>&1 9>&- &)\nsleep 0.3\n"
            f"( {operation.apply(there, FileState())}\n) || :\nrm -rf /srv/planted/media; :"
        )
        archives = cycle.run(
            "cd /var/backups/wizard; for a in srv-planted*.gz; do stat -c '%a %U' $a; tar -xzOf $a; done; stat -c %a ."
        )
        assert (
            "root:" not in archives and "picture" in archives and "600 root" in archives and archives.endswith("700\n")
        )


@pytest.mark.usefixtures("untouched")
def test_a_home_with_links_in_it_goes_without_what_they_lead_to(cycle: Cycle) -> None:
    one = user("doomed")
    absent = one.parse("absent||\n")
    there = one.parse("user|1500|1500|/home/doomed|/bin/bash|none|\n|\n".replace("\n|", "|"))
    made = (
        f"{prelude()}\nchange=$W/changes/9999; mkdir -p $change\n( set -e\n{one.apply(absent, one.wanted(absent))}\n)\n"
    )
    plant = (
        "cd; ln -s / slash; ln -s /etc/shadow .profile2; rm -f .bashrc; ln -s /etc/shadow .bashrc; mkfifo .bash_logout2"
    )
    with tried("links planted in a home", 5):
        cycle.run(f"{made}runuser -u doomed -- sh -c {sh(plant)}\n( set -e\n{one.apply(there, absent)}\n)")
        assert cycle.run("getent passwd doomed || ls -d /home/doomed 2>/dev/null || echo gone").strip() == "gone"
        assert "root:" not in cycle.run("for a in /var/backups/wizard/home-doomed*.gz; do tar -xzOf $a; done")
