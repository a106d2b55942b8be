"""The engine on a real server: done once, done again, interrupted, taken over, undone, and never locked out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import session_on
from wizard import events
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.catalog import from_folder
from wizard.engine.journal import parse
from wizard.engine.plan import make_plan
from wizard.engine.remote.scripts import Work
from wizard.engine.remote.session import Session
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Decision, Runner
from wizard.engine.worker import Worker
from wizard.errors import ConnectionLost, StepError, StoppedError
from wizard.operations.base import Change
from wizard.operations.user import UserState, user
from wizard.practice.fleet import PracticeServer
from wizard.secret import Secret

RECIPES = Path(__file__).parent / "recipes"
TICKS = "cat /etc/demo/begun | wc -l"


class Demo:
    """The demonstration recipe on one server, through the engine itself."""

    def __init__(self, server: PracticeServer) -> None:
        self.server = server
        self.seen: list[events.Event] = []
        (self.recipe,) = from_folder(RECIPES)

    @contextlib.contextmanager
    def session(self, **options: Any) -> Iterator[Session]:
        with session_on(self.server, self.seen.append, **options) as session:
            yield session

    def run(self, decide: Any = lambda _: "stop", **given: Any) -> list[events.Event]:
        self.seen.clear()
        with self.session() as session:
            answers = complete(Given({"demo": given}), [self.recipe], server=session.server, secrets=session.secrets)
            Runner(make_plan([self.recipe], answers, session), session, self.seen.append, decide).run()
        return self.seen

    def back(self, checkpoint: str | None = None, on_drift: Any = lambda *_: "stop") -> list[events.Event]:
        self.seen.clear()
        with self.session() as session:
            roll_back(session, self.seen.append, checkpoint, on_drift=on_drift)
        return self.seen

    def of(self, kind: type[events.Event]) -> list[Any]:
        return [e for e in self.seen if isinstance(e, kind)]


@pytest.fixture
def demo(pristine: PracticeServer) -> Demo:
    return Demo(pristine)


def start(server: PracticeServer, home: Path, *options: str) -> subprocess.Popen[str]:
    """The program itself, as another person on another laptop would start it."""
    home.mkdir(exist_ok=True)
    (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
    (home / ".ssh" / "known_hosts").write_text(server.known_hosts.read_text())
    argv = [sys.executable, "-m", "wizard", "setup", f"{server.user}@{server.host}:{server.port}"]
    argv += ["--key", str(server.key), "--recipes", str(RECIPES), "--only", "demo", "--yes", "--json", *options]
    env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")} | {"HOME": str(home)}
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} was not said")


def test_second_run_changes_nothing_and_says_so(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    assert len(demo.of(events.ChangeDone)) == 8
    assert [e.step for e in demo.of(events.CheckpointReached)] == ["demo/files", "demo/slow", "demo/end"]
    journal = on_server(demo.server, "cat /var/lib/wizard/journal").out
    demo.run()
    assert demo.of(events.RunFinished)[0].outcome == "nothing-to-do"
    assert demo.of(events.RunFinished)[0].round_trips <= 4
    changes = [
        json.loads(line)["event"] for line in on_server(demo.server, "cat /var/lib/wizard/journal").out.splitlines()
    ]
    assert changes.count("doing") == journal.count('"event":"doing"') == 8


def test_shell_functions_of_a_run_are_kept_for_root_alone_and_go_with_it(demo: Demo, on_server: OnServer) -> None:
    with demo.session() as session:
        kept = f"/run/wizard-prelude-{session.run}"
        assert on_server(demo.server, "stat -c '%a %U %n' /run/wizard-prelude-*").out == f"600 root {kept}\n"
        for change in (f"rm {kept}", f"echo 'touch /run/planted' >{kept}"):
            assert on_server(demo.server, change).status == 0
            assert session.send("look", "boot_id | emit boot").text("boot").strip() == session.server.boot_id
    left = on_server(demo.server, "ls /run/planted /run/wizard-prelude-* 2>/dev/null").out
    assert left == ""


def test_rollback_gives_back_the_bytes_that_were_there(demo: Demo, on_server: OnServer) -> None:
    look = (
        "stat -c '%a %U %G %s' /etc/motd; sha256sum /etc/motd; ls -A /etc | sort; ls -A /root /srv /etc/systemd/system"
    )
    before = on_server(demo.server, look).out
    demo.run()
    assert on_server(demo.server, "cat /etc/motd").out == "this server is a demonstration\n"
    demo.back()
    assert on_server(demo.server, look).out == before
    demo.run()
    assert on_server(demo.server, "cat /etc/motd").out == "this server is a demonstration\n"


def test_rollback_to_a_checkpoint_undoes_only_what_came_after(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    demo.back("demo/files")
    assert on_server(demo.server, "ls /etc/demo").out.split() == ["greeting", "link", "secret"]
    demo.run()
    assert len(demo.of(events.ChangeDone)) == 2


def test_changed_answer_changes_one_thing(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    demo.run(greeting="good morning")
    assert [e.key for e in demo.of(events.ChangeDone)] == ["file:/etc/demo/greeting"]
    assert on_server(demo.server, "cat /etc/demo/greeting").out == "good morning\n"


@pytest.mark.parametrize("where", ["during the long change", "between two changes"])
def test_killed_program_is_resumed_from_another_home(
    demo: Demo, on_server: OnServer, tmp_path: Path, where: str
) -> None:
    process = start(demo.server, tmp_path / "one", "--until", "demo")
    wait_for(process, "tick 1" if where == "during the long change" else "CheckpointReached")
    process.send_signal(signal.SIGKILL)
    process.wait()
    second = start(demo.server, tmp_path / "two")
    out, _ = second.communicate(timeout=120)
    assert second.returncode == 0, out
    assert on_server(demo.server, f"{TICKS}; ls /etc/demo").out.split() == [
        "1",
        "begun",
        "end",
        "greeting",
        "link",
        "secret",
        "slow",
    ]  # fmt: skip  (the long command was started once)


def test_hand_edited_file_stops_the_run_and_stays(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    on_server(demo.server, "echo mine >/etc/demo/greeting")
    with pytest.raises(StoppedError, match="changed by hand"):
        demo.run()
    assert on_server(demo.server, "cat /etc/demo/greeting").out == "mine\n"
    with pytest.raises(StoppedError, match="changed by hand"):
        demo.back()
    assert on_server(demo.server, "cat /etc/demo/greeting").out == "mine\n"


def test_kept_drift_is_not_asked_about_again(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    on_server(demo.server, "echo mine >/etc/demo/end")
    demo.run(lambda _: "keep")
    assert demo.of(events.DriftFound)[0].choice == "keep"
    assert on_server(demo.server, "cat /etc/demo/end").out == "mine\n"


def test_restored_drift_is_as_the_answers_say(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    on_server(demo.server, "echo mine >/etc/demo/end")
    demo.run(lambda _: "restore")
    assert on_server(demo.server, "cat /etc/demo/end").out == "the end\n"


def test_second_wizard_is_told_who_is_at_work_and_can_take_over(demo: Demo) -> None:
    with demo.session() as first:
        with pytest.raises(StoppedError, match="is setting it up"), demo.session():
            pass
        with demo.session(take_over=True):
            pass
        with pytest.raises(StoppedError):
            first.write("too late", "touch /root/too-late")


def test_own_process_that_died_does_not_hold_the_lock(demo: Demo) -> None:
    """Its connection may stand for minutes yet where the line was cut: here another process has the socket still."""
    code = f"""
import os, pathlib, time
from wizard.engine.remote.session import Session
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport
login = Login({demo.server.host!r}, {demo.server.user!r}, {demo.server.port}, key=pathlib.Path({str(demo.server.key)!r}))
known_hosts = pathlib.Path({str(demo.server.known_hosts)!r})
session = Session(SshTransport(login, known_hosts=known_hosts, ask_host_key=None), lambda event: None)
session.open(acquire=True)
if child := os.fork():
    print(child, flush=True)
    os._exit(0)
os.close(1), os.close(2)  # nobody is to wait for us
time.sleep(60)
"""
    heir = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    try:
        with demo.session() as session:
            session.write("mine now", "true")
    finally:
        os.kill(heir, signal.SIGKILL)


def test_guarded_change_goes_back_when_the_new_login_fails(demo: Demo, on_server: OnServer) -> None:
    with pytest.raises(StepError, match="taken back"):
        demo.run(guarded=True, guarded_user="nobody")
    state = on_server(demo.server, "ls /etc/demo; ls /var/lib/wizard/failsafe; ls /etc/systemd/system").out
    assert "door" not in state
    assert "wizard-failsafe" not in state
    demo.run(guarded=True, guarded_user="root")
    assert demo.of(events.LoginProved)


@pytest.mark.parametrize("fault", ["the laptop dies", "the power is cut"])
def test_guarded_change_goes_back_when_nobody_proves_it(
    demo: Demo, fleet: Any, on_server: OnServer, fault: str
) -> None:
    class Dead(Exception):
        pass

    def die(event: events.Event) -> None:
        demo.seen.append(event)
        if isinstance(event, events.ChangeDone) and event.step == "demo/door":
            raise Dead

    with pytest.raises(Dead), demo.session() as session:
        given = Given({"demo": {"guarded": True}})
        answers = complete(given, [demo.recipe], server=session.server, secrets=session.secrets)
        Runner(make_plan([demo.recipe], answers, session), session, die, lambda _: "stop").run()
    assert "door" in on_server(demo.server, "ls /etc/demo").out
    if fault == "the power is cut":
        fleet.pull_plug(demo.server.name)
        fleet.up(demo.server.name)
    else:
        deadline = time.monotonic() + 90
        while "door" in on_server(demo.server, "ls /etc/demo").out and time.monotonic() < deadline:
            time.sleep(2)
    after = on_server(demo.server, "ls /etc/demo; ls -R /etc/systemd/system; cat /var/lib/wizard/journal").out
    assert "door\n" not in after.partition("/etc/systemd")[0]
    assert "wizard-failsafe" not in after
    assert '"event":"undone"' in after


def test_failed_step_can_be_tried_again(demo: Demo, on_server: OnServer) -> None:
    on_server(demo.server, "mkdir -p /etc/demo/end")  # a directory where a file belongs
    tries: list[Decision] = []

    def decide(question: Decision) -> str:
        tries.append(question)
        if question.kind == "failure" and len(tries) == 1:
            on_server(demo.server, "rmdir /etc/demo/end")
            return "retry"
        return "stop"

    demo.run(decide)
    assert [t.kind for t in tries] == ["failure"]
    assert on_server(demo.server, "cat /etc/demo/end").out == "the end\n"


def test_secrets_are_in_no_journal_log_or_process_list(demo: Demo, on_server: OnServer) -> None:
    planted = Secret("planted-Zu7ohx'\"$(x)`é")
    with demo.session() as session:
        answers = complete(
            Given({"demo": {"password": planted}}), [demo.recipe], server=session.server, secrets=session.secrets
        )
        Runner(make_plan([demo.recipe], answers, session), session, demo.seen.append, lambda _: "stop").run()
        token = answers.secret("demo_token").reveal()
    assert on_server(demo.server, "cat /etc/demo/password").out == planted.reveal()
    found = on_server(
        demo.server,
        f"grep -rlaF -e 'planted-Zu7' -e {token} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev; "
        "journalctl --no-pager | grep -c planted-Zu7",
    ).out.split()
    assert set(found) == {"0", "/etc/demo/password", "/etc/demo/secret", "/var/lib/wizard/secrets/demo_token"}
    assert all("planted-Zu7" not in str(e) and token not in str(e) for e in demo.seen)


def test_no_secret_is_left_when_all_is_rolled_back_and_going_back_in_part_keeps_what_an_undo_needs(
    demo: Demo, on_server: OnServer
) -> None:
    planted = "planted-Qx4-before"
    on_server(demo.server, f"echo {planted} >/etc/motd; useradd -m somebody")
    on_server(demo.server, "sed -i 's/^somebody:[^:]*/somebody:planted-Qx4-hash/' /etc/shadow")
    made = user("later")
    with demo.session() as session:
        (found,) = session.observe([made])
        assert isinstance(found, UserState)
        Worker(session, demo.seen.append).do(Work(1, "x/user", Change(made, found, made.wanted(found))))
    demo.run(password=Secret("planted-Qx4-password"))
    demo.back("demo/slow")
    assert planted in on_server(demo.server, "cat /var/lib/wizard/blobs/*").out  # the undo of the rest needs it
    assert on_server(demo.server, "cat /var/lib/wizard/changes/0001/accounts/shadow").out.count("planted-Qx4-hash") == 1
    demo.run(password=Secret("planted-Qx4-password"))
    token = on_server(demo.server, "cat /var/lib/wizard/secrets/demo_token").out.strip()
    demo.back()
    assert on_server(demo.server, "cat /etc/motd").out.strip() == planted
    look = f"grep -rlaF -e planted-Qx4 -e {token} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev"
    assert set(on_server(demo.server, look).out.split()) <= {"/etc/motd", "/etc/shadow", "/etc/shadow-"}
    demo.run()  # and all of it can be made again
    assert on_server(demo.server, "cat /etc/demo/greeting").out == "hello\n"
    demo.back()


def test_journal_cut_short_is_understood(demo: Demo, on_server: OnServer) -> None:
    demo.run()
    on_server(demo.server, "truncate -s -20 /var/lib/wizard/journal")
    demo.run()
    journal = parse(on_server(demo.server, "cat /var/lib/wizard/journal").out)
    assert journal.torn == 1
    assert journal.complete("demo/end")


def test_kept_files_are_for_root_alone(demo: Demo, on_server: OnServer) -> None:
    demo.run(guarded=True)
    others = on_server(demo.server, "find /var/lib/wizard -perm /077; runuser -u nobody -- ls /var/lib/wizard").out
    assert others == ""


def test_new_server_answers_plan_without_being_touched(new_server: ServerFactory, on_server: OnServer) -> None:
    server = new_server()
    look = (
        "find / -xdev -newermt '-20 seconds' -not -path '/proc/*' -not -path '/run/*' -not -path '/var/log/*' -type f"
    )
    time.sleep(21)
    argv = [
        sys.executable,
        "-m",
        "wizard",
        "plan",
        f"practice:{server.name}",
        "--recipes",
        str(RECIPES),
        "--only",
        "demo",
    ]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "write the file /etc/demo/greeting" in done.stdout
    assert on_server(server, look).out == ""


def test_undo_of_a_guarded_change_that_nobody_proved_is_still_in_force(demo: Demo, on_server: OnServer) -> None:
    """The way back from an undo is to make the change again, and the journal must say so."""

    class Dead(Exception):
        pass

    def die(event: events.Event) -> None:
        demo.seen.append(event)
        if isinstance(event, events.Undone) and event.step == "demo/door":
            raise Dead

    demo.run(guarded=True)
    with pytest.raises(Dead), demo.session() as session:
        roll_back(session, die, "demo/slow", on_drift=lambda *_: "stop")
    assert "door" not in on_server(demo.server, "ls /etc/demo").out
    demo.back("demo/slow")  # takes the unproved undo back first, then undoes it again, with a proof
    assert demo.of(events.LoginProved)
    assert "door" not in on_server(demo.server, "ls /etc/demo").out
    journal = on_server(demo.server, "cat /var/lib/wizard/journal").out
    assert journal.count('"event":"redone"') == 1


def test_output_of_a_program_is_never_taken_for_a_record(demo: Demo, on_server: OnServer) -> None:
    with demo.session() as session:
        lines: list[str] = []
        answer = session.send(
            "forged", "printf '\\036held eDo=\\n'; printf '\\036x y\\n'; echo ok | emit real", on_output=lines.append
        )
    assert answer.records == {"real": b"ok\n"}
    assert len(lines) == 2


def test_line_of_output_is_one_line_with_a_sign_of_life_in_its_middle(demo: Demo) -> None:
    """Counted as two, it would make us leave a line out when the output is taken up after a lost connection."""
    lines: list[str] = []
    with demo.session() as session:
        script = "printf 'half a '; echo | emit beat; echo line; echo next; printf unended; echo | emit beat"
        session.send("beats", script, on_output=lines.append)
    assert lines == ["half a line", "next", "unended"]


def test_script_that_is_killed_stops_giving_signs_of_life(demo: Demo) -> None:
    """They come from a process of their own, which would keep the connection, and us, for ever."""
    start = time.monotonic()
    with demo.session() as session, pytest.raises(ConnectionLost, match="without an exit status"):
        session.write("killed", "beat_on\nkill -9 $$")
    assert time.monotonic() - start < 30


def test_lock_is_held_by_the_connection_that_is_in_use(demo: Demo) -> None:
    """After a guarded step the run goes on over a new connection, and a second wizard must still be told."""
    with demo.session() as first:
        fresh = first.transport.another()
        fresh.connect()
        first.use(fresh)
        first.write("next", "true")
        with pytest.raises(StoppedError, match="is setting it up"), demo.session():
            pass


def test_lock_is_kept_while_a_person_thinks_and_not_afterwards(demo: Demo, on_server: OnServer) -> None:
    age = "echo $(($(date +%s) - $(stat -c %Y /var/lib/wizard/holder)))"
    old = "touch -d '100 seconds ago' /var/lib/wizard/holder"
    with demo.session() as session:
        on_server(demo.server, old)
        with session.held(every=0.2):
            end = time.monotonic() + 20
            while int(on_server(demo.server, age).out) > 50 and time.monotonic() < end:
                time.sleep(0.2)
            assert int(on_server(demo.server, age).out) < 50
        on_server(demo.server, old)
        time.sleep(1)
        assert int(on_server(demo.server, age).out) >= 100


def test_lock_that_was_taken_over_meanwhile_is_not_taken_back(demo: Demo) -> None:
    with demo.session() as one, one.held(every=0.2), demo.session(take_over=True) as other:
        time.sleep(1)
        other.write("mine", "echo yes | emit mine")
        with pytest.raises(StoppedError):
            one.write("mine", "echo yes | emit mine")


def test_secret_of_a_failed_change_is_not_left_among_the_blobs(demo: Demo, on_server: OnServer) -> None:
    on_server(demo.server, "mkdir -p /etc/demo/password/x")  # a directory where the secret file belongs
    with pytest.raises(StepError):
        demo.run(password=Secret("planted-Zu7ohx"))
    assert on_server(demo.server, "grep -rl planted-Zu7 /var/lib/wizard /etc").out == ""
