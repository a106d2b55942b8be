"""What the wizard runs on a server gets nothing of its own: no lock, no channel, no environment of the login."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.practice.conftest import OnServer
from tests.practice.doors import session_on
from wizard.checks.base import on_server as check_on_server
from wizard.engine.remote.scripts import Work
from wizard.engine.remote.session import Session
from wizard.engine.runner import look
from wizard.engine.worker import Worker
from wizard.operations.base import Change
from wizard.operations.command import CommandState, command
from wizard.practice.fleet import PracticeServer

# What careless or hostile project code leaves behind: a program in a session of its own that closes nothing.
DAEMON = "setsid sh -c 'echo $$ >>/run/daemons; while [ ! -e /run/over ]; do echo noise; sleep 0.2; done' &"


@pytest.fixture
def server(pristine: PracticeServer, on_server: OnServer) -> Iterator[PracticeServer]:
    yield pristine
    on_server(pristine, "touch /run/over")


def descriptors(server: PracticeServer, on_server: OnServer) -> list[str]:
    """What the daemons have open of ours: pipes, sockets, and files that are not their own output."""
    script = "for p in $(cat /run/daemons); do ls -l /proc/$p/fd | sed -n 's/.*-> //p'; done"
    found = on_server(server, script).out.split("\n")
    ours = ("/var/lib/wizard/lock", "pipe:", "socket:", "/dev/pts")
    return [line for line in found if line.startswith(ours)]


def change(session: Session, number: int, *, long: bool = False) -> Work:
    daemon = command(f"leaves-{number}", f"{DAEMON}\ntouch /run/made-{number}", test=f"{DAEMON}\n[ -e /run/made-{number} ]",
                     undo=f"rm /run/made-{number}", long=long)  # fmt: skip
    return Work(session.journal.next_id, "x/y", Change(daemon, CommandState(False), CommandState(True)))


def test_a_daemon_left_behind_keeps_neither_the_lock_nor_the_line(server: PracticeServer, on_server: OnServer) -> None:
    with session_on(server) as session:
        start = time.monotonic()
        finding = look(check_on_server("leaves a daemon", f"{DAEMON}\necho seen"), session)
        assert finding.passed and finding.seen in ("seen", "noise")
        work = change(session, 1)
        session.observe([work.change.operation])
        Worker(session, lambda event: None).do(work, [work.change.operation])  # the change, its proof, and two looks
        Worker(session, lambda event: None).do(change(session, 2, long=True))
        assert time.monotonic() - start < 60  # each would have waited for the daemon's end
        alive = on_server(server, "for p in $(cat /run/daemons); do kill -0 $p && echo $p; done").out.split()
        assert len(alive) >= 4  # it is seen at all
        assert descriptors(server, on_server) == []
    with session_on(server) as again:  # nobody has the lock
        again.write("writes", "true")


def test_root_has_a_fixed_environment_whatever_the_login_sets(server: PracticeServer, on_server: OnServer) -> None:
    evil = {
        "POSIXLY_CORRECT": "1", "PGHOST": "192.0.2.1", "BASH_ENV": "/root/evil", "ENV": "/root/evil", "TMPDIR": "/nowhere",
        "GREP_OPTIONS": "-v", "GIT_DIR": "/nowhere", "PYTHONPATH": "/nowhere", "CDPATH": "/usr", "LS_COLORS": "x", "IFS": "x",
        "LD_LIBRARY_PATH": "/nowhere", "PYTHONSTARTUP": "/nowhere", "TAR_OPTIONS": "--nonsense", "PERL5LIB": "/nowhere", "TZ": "x",
    }  # fmt: skip
    lines = "".join(f"export {name}='{value}'\n" for name, value in evil.items())
    lines += "export http_proxy='http://me:pass word@192.0.2.1:3128/' no_proxy=localhost\n"
    on_server(
        server, f"cat >/root/rc <<'X'\n{lines}X\ncat /root/rc /root/.bashrc >/root/new; mv /root/new /root/.bashrc"
    )
    seen = {line.partition("=")[0] for line in on_server(server, "env").out.splitlines()}
    assert seen - {"_", "PWD", "SHLVL", "OLDPWD"} == {
        "PATH",
        "LC_ALL",
        "HOME",
        "SSH_CONNECTION",
        "http_proxy",
        "no_proxy",
    }
    job = command("proxies", "env >/run/env", test="[ -e /run/env ]", undo="rm /run/env", long=True)
    with session_on(server) as session:
        Worker(session, lambda event: None).do(Work(1, "x/y", Change(job, CommandState(False), CommandState(True))))
    in_job = on_server(server, "cat /run/env").out.splitlines()
    assert "http_proxy=http://me:pass word@192.0.2.1:3128/" in in_job and "no_proxy=localhost" in in_job
    assert not {line.partition("=")[0] for line in in_job} & {"POSIXLY_CORRECT", "PGHOST", "TMPDIR", "PYTHONPATH"}
