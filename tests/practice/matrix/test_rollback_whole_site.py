"""Going back on a whole site, interrupted at every point of every undo.

Where a point is: prelude.sh (`point`), before and after each journal write. Works on systemd-nspawn servers.
"""

from __future__ import annotations

import pytest

from tests.practice.compare import ALLOWED, Allowed, differences
from tests.practice.conftest import ServerFactory
from tests.practice.matrix import results
from tests.practice.matrix.outcome import left_different
from tests.practice.matrix.site import Site
from wizard import events
from wizard.practice.fleet import Fleet

pytestmark = pytest.mark.matrix

MAYBE = 300  # tries: more than there are points; a way back that never comes to its end fails

# Each point of an undo is broken once, in one of three ways in turn: the script is killed, the connection is cut while
# the script goes on, or the client is killed and the script goes on.
BREAK = """\
case $1 in *'"event":"undo'*)
    _p=$(printf %s "$1" | sed 's/"run":"[0-9a-f]*",//' | cksum)
    if ! grep -qxF "$_p" /run/wizard-tried 2>/dev/null; then
        echo "$_p" >>/run/wizard-tried
        case $((($(wc -l </run/wizard-tried) + TURN) % 3)) in
            0) kill -9 0 ;;
            1) kill -9 $(ssh_ancestor | cut -d' ' -f1) ;;
            2) : >/run/wizard-client-dies; while [ -e /run/wizard-client-dies ]; do sleep 0.02; done ;;
        esac
    fi ;;
esac
"""


@pytest.fixture(scope="module")
def site(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that was set up without any disturbance; the snapshot `end` has it."""
    server = server_factory()
    fleet.reboot(server.name)  # what runs only at the first boot is over
    site = Site(fleet, server, tmp_path_factory.mktemp("site"))
    site.bare = site.look()
    site.forward()
    fleet.snapshot(server.name, "end")
    site.whole = site.after_a_restart()
    return site


@pytest.fixture
def end(site: Site) -> Site:
    site.fleet.restore(site.server.name, "end")
    site.resolve()
    site.seen.clear()
    return site


@pytest.mark.parametrize("turn", range(3))
def test_way_back_that_is_interrupted_at_every_point_leads_to_the_bare_server(
    end: Site, turn: int, request: pytest.FixtureRequest
) -> None:
    if turn and not request.config.getoption("--matrix-all"):
        pytest.skip("each point is broken in one way; --matrix-all breaks it in all three")
    (end.run_folder / "wizard-point").write_text(BREAK.replace("TURN", str(turn)))
    for _ in range(MAYBE):
        if end.interrupted(end.back) == 0:
            break
    else:
        pytest.fail((end.folder / "errors").read_text())
    tried = len((end.run_folder / "wizard-tried").read_text().splitlines())
    (end.run_folder / "wizard-point").unlink()
    with results.tried("way back interrupted: client or script killed, connection cut", tried) as row:
        left = differences(end.bare, end.look())
        row.differences, row.survived = len(left), 0 if left else tried
    assert left == []
    assert tried >= 4 * 40  # before and after `undoing` and `undone` of each change


# Client and script die when the undo of one change has begun.
DIE_AT = """\
case $1 in 'journalled {"event":"undoing"'*'"id":NUMBER}'*)
    : >/run/wizard-client-dies
    while [ -e /run/wizard-client-dies ]; do sleep 0.02; done
    kill -9 0 ;;
esac
"""


@pytest.mark.parametrize("key", ["packages:postgresql", "migrations:guestbook", "firewall:ufw"])
def test_set_up_after_a_way_back_that_broke_off_ends_as_if_nothing_had_been(end: Site, key: str) -> None:
    """The person changes their mind: what was being undone is undone to its end, and said; then all is made again."""
    with end.journey(acquire=False) as (_, session):
        (entry,) = (e for e in session.journal.in_force if e.key == key)
    (end.run_folder / "wizard-point").write_text(DIE_AT.replace("NUMBER", str(entry.id)))
    assert end.interrupted(end.back) is None
    (end.run_folder / "wizard-point").unlink()
    with results.tried("set-up after a way back that broke off") as row:
        end.forward()
        assert [e.key for e in end.seen if isinstance(e, events.Recovering) and e.undo] == [key] * (not entry.guarded)
        left = left_different(end.whole, end.after_a_restart())
        row.differences = len(left)
    assert left == []


def test_way_back_leads_to_the_bare_server_where_somebody_has_taken_everything_away(end: Site) -> None:
    end.run("""
        systemctl stop guestbook.socket guestbook.service nginx
        runuser -u postgres -- dropdb --force guestbook
        runuser -u postgres -- dropuser guestbook
        rm -rf /srv/guestbook /etc/guestbook /etc/nginx/sites-*/guestbook /usr/local/bin/guestbook-manage
        apt-get -qqy purge nginx nginx-common
        userdel guestbook""")
    end.back(drift="restore")
    copies = Allowed("etc", r"/etc/(g?shadow|passwd|group)-#", "userdel has written these copies, and it was not ours")
    assert differences(end.bare, end.look(), (*ALLOWED, copies)) == []
