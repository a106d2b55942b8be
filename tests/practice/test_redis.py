"""Redis by its recipe alone: without a password where the project's code has its address, and beside one that is there."""

from __future__ import annotations

from pathlib import Path

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from tests.practice.test_django_site import loaded
from tests.projects import made
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.engine.plan import Plan, make_plan
from wizard.engine.remote.session import Session
from wizard.engine.runner import Runner
from wizard.engine.takeover import foreign
from wizard.practice.fleet import PracticeServer
from wizard.project.inspect import inspect
from wizard.recipe import Recipe


def planned(session: Session, folder: Path) -> Plan:
    recipes = [Recipe("hardening"), loaded("redis")]
    a = complete(Given({}), recipes, server=session.server, found=inspect(folder), secrets=session.secrets)
    return make_plan(recipes, a, session)


def set_up(cycle: Cycle, folder: Path) -> int:
    with cycle.session() as session:
        runner = Runner(planned(session, folder), session, cycle.seen.append, lambda d: d.options[-1])
        runner.run()
        return runner.made


def test_an_address_in_the_code_is_served_without_a_password(pristine: PracticeServer, tmp_path: Path) -> None:
    top = made("celery-mail", tmp_path)
    settings = top / "garden" / "settings.py"
    settings.write_text(settings.read_text().replace('os.environ["CACHE_ADDRESS"]', '"redis://localhost:6379/2"'))
    cycle = Cycle(pristine)
    before = cycle.fingerprint()
    assert set_up(cycle, top) and set_up(cycle, top) == 0
    assert cycle.run("redis-cli -u redis://localhost:6379/2 set waits yes; redis-cli -n 2 get waits") == "OK\nyes\n"
    listening = cycle.run("ss -Hltn 'sport = :6379' | awk '{ print $4 }'")
    assert listening == "127.0.0.1:6379\n"
    cycle.undo()
    assert differences(before, cycle.fingerprint()) == []
    saved = cycle.run("ls /var/backups/wizard/*redis-wizard*.tar.gz; stat -c %a /var/backups/wizard/*redis*.tar.gz")
    assert saved.endswith("600\n")


def test_a_redis_that_is_there_already_is_not_taken_over(pristine: PracticeServer, tmp_path: Path) -> None:
    cycle = Cycle(pristine)
    cycle.run("apt-get update -q && apt-get install -q -y --no-install-recommends redis-server")
    with cycle.session() as session:
        things = foreign(planned(session, made("celery-mail", tmp_path)), session.journal)
    (redis,) = (thing for thing in things if thing.name == "port:6379")
    assert redis.what == "port 6379, which is used by redis-server" and not redis.adoptable
    assert redis.instead == "roles.broker"
