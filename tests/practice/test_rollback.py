"""Going back on a small scale: what it costs, what it says, and that nothing on its way is unguarded or dropped."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from tests.practice.cycle import Cycle
from wizard import events
from wizard.engine.plan import make_plan
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.errors import StepError, StoppedError
from wizard.operations.base import Operation
from wizard.operations.file import file
from wizard.operations.release import data_directory
from wizard.operations.user import user
from wizard.practice.fleet import PracticeServer
from wizard.recipe import Answers, Recipe, WayIn

DIES_AT = """case $1 in '{}'*) rm /run/wizard-point; kill -9 0 ;; esac"""  # in /run/wizard-point: see prelude.sh
DOORS = tuple(file(f"/etc/w-door-{n}", "ours\n") for n in range(3))


class Dead(Exception):
    pass


class Mortal(list[events.Event]):
    """A client that does not come back when its script is killed."""

    def append(self, event: events.Event) -> None:
        if isinstance(event, events.ConnectionBroken):
            raise Dead
        super().append(event)


@pytest.fixture
def cycle(pristine: PracticeServer) -> Cycle:
    return Cycle(pristine)


def make_guarded(cycle: Cycle, *operations: Operation) -> None:
    recipe = Recipe("doors", __file__)
    recipe.step("door", way_in=lambda _: WayIn("root"))(lambda _: iter(operations))
    with cycle.session() as session:
        plan = make_plan([recipe], Answers({}, server=session.server), session)
        Runner(plan, session, cycle.seen.append, lambda decision: decision.options[-1]).run()
    cycle.seen.clear()


@contextlib.contextmanager
def dying(cycle: Cycle, at: str) -> Iterator[None]:
    """The script is killed when it comes to this point, and the client with it."""
    cycle.run(f"cat >/run/wizard-point <<'END'\n{DIES_AT.format(at)}\nEND")
    cycle.seen = Mortal(cycle.seen)
    with pytest.raises(Dead):
        yield
    cycle.seen = []
    cycle.run("test ! -e /run/wizard-point")


def test_going_back_costs_one_round_trip_for_each_change(cycle: Cycle) -> None:
    cycle.make(*(file(f"/etc/w-{n}", "ours\n") for n in range(12)))
    with cycle.session() as session:
        before = session.round_trips
        undone = roll_back(session, cycle.seen.append, None, on_drift=lambda *_: "stop")
        trips = session.round_trips - before
    print(f"\n{undone} changes undone in {trips} round trips: {trips / undone:.2f} for each")
    assert undone == 12
    assert trips <= undone + 4  # is something armed, the first look, and what was saved


def test_where_a_guarded_change_is_kept_the_others_are_undone_and_guarded(cycle: Cycle) -> None:
    make_guarded(cycle, *DOORS)
    cycle.run(
        "echo theirs >/etc/w-door-2; echo theirs >/etc/w-door-0"
    )  # the first and the last that going back comes to
    cycle.undo("keep")
    assert cycle.run("cat /etc/w-door-2 /etc/w-door-0; ls /etc/w-door-1 2>&1 || :").startswith("theirs\ntheirs\nls:")
    assert [e.step for e in cycle.seen if isinstance(e, events.FailsafeArmed | events.LoginProved)] == [
        "doors/door"
    ] * 2
    cycle.run("test ! -e /var/lib/wizard/failsafe/armed")


def test_undo_of_a_guarded_change_that_broke_off_before_it_was_guarded_is_guarded_when_it_is_made(cycle: Cycle) -> None:
    make_guarded(cycle, DOORS[0])
    with dying(cycle, 'journalled {"event":"undoing"'):
        cycle.undo("stop")
    assert cycle.run("cat /etc/w-door-0") == "ours\n"
    cycle.undo("stop")
    assert [type(e) for e in cycle.seen if isinstance(e, events.FailsafeArmed | events.LoginProved | events.Recovering)] == [
        events.FailsafeArmed, events.LoginProved,
    ]  # fmt: skip
    cycle.run("test ! -e /etc/w-door-0")


def test_set_up_after_an_undo_that_broke_off_undoes_it_to_its_end_says_so_and_makes_it_again(cycle: Cycle) -> None:
    cycle.make(file("/etc/w-one", "ours\n"))
    with dying(cycle, 'journalled {"event":"undoing"'):
        cycle.undo("stop")
    assert cycle.make(file("/etc/w-one", "ours\n")) == 1
    assert [e.undo for e in cycle.seen if isinstance(e, events.Recovering)] == [True]
    assert cycle.run("cat /etc/w-one") == "ours\n"


@pytest.mark.parametrize("way", ["back", "forward"])
def test_file_that_somebody_edited_after_its_change_failed_is_asked_about(cycle: Cycle, way: str) -> None:
    broken = file("/etc/w-failed", "ours\n", notify="[ ! -e /etc/w-fails ]")
    cycle.run("echo before >/etc/w-failed; touch /etc/w-fails")
    with pytest.raises(StepError):
        cycle.make(broken)
    cycle.run("echo theirs >/etc/w-failed; rm /etc/w-fails")
    with pytest.raises(StoppedError, match="changed by hand"):
        if way == "back":
            cycle.undo("stop")
        else:
            cycle.make(broken)
    assert cycle.run("cat /etc/w-failed") == "theirs\n"
    cycle.undo("restore")
    assert cycle.run("cat /etc/w-failed; cat /var/backups/wizard/etc-w-failed-*Z") == "before\ntheirs\n"


def test_what_was_saved_is_said_with_the_way_to_put_it_back(cycle: Cycle) -> None:
    cycle.make(file('/etc/w-it\'s "$x"', "ours\n", mode=0o640, group="adm"))
    cycle.run('for file in /etc/w-it*; do echo theirs >>"$file"; done')
    cycle.undo("restore")
    (saved,) = (e for e in cycle.seen if isinstance(e, events.DataSaved))
    assert re.fullmatch(r"/var/backups/wizard/[\w-]+", saved.path)  # a path that can be typed
    assert cycle.run(f"ls /etc/w-it* 2>/dev/null; cat {saved.path}; sh {saved.restore}") == "ours\ntheirs\n"
    assert cycle.run("stat -c '%a %G' /etc/w-it*; cat /etc/w-it*") == "640 adm\nours\ntheirs\n"


def test_uploaded_files_are_put_back_on_a_new_set_up_by_the_command_that_was_said(cycle: Cycle) -> None:
    operations = (user("w-site", system=True), data_directory("/srv/w-media", owner="w-site"))
    cycle.make(*operations)
    cycle.run(
        "install -d -o w-site /srv/w-media/2026; echo dots >/srv/w-media/2026/picture; chown -R w-site: /srv/w-media"
    )
    look = "cd /srv/w-media; find . -printf '%p %m %u:%g\\n' | sort; cat 2026/picture"
    before = cycle.run(look)
    cycle.undo("stop")
    assert "gone" in cycle.run("ls /srv/w-media 2>/dev/null || echo gone")
    (saved,) = (e for e in cycle.seen if isinstance(e, events.DataSaved))
    cycle.make(*operations)
    assert cycle.run(look + " || :") != before
    cycle.run(f"sh {saved.restore}")
    assert cycle.run(look) == before
