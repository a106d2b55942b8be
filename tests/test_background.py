"""Redis and Celery are recommended for the projects that ask for them, and are told what the files tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.projects import made
from wizard import catalog
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.app import project
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.errors import UsageError
from wizard.fronts.plain.missing import refuse_early
from wizard.operations.file import File
from wizard.practice.sample import PROJECT
from wizard.project.inspect import inspect
from wizard.recipe import Answers
from wizard.role import Variables
from wizard.secret import Secret
from wizard.server import Server

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLkmGpLa3bTlHVzVYYRT5Wb9Jh0tJkVjW0bT3cK5mYJ you@laptop"
RECIPES = catalog.load()


def answered(folder: Path, **tables: dict[str, Any]) -> Answers:
    given = Given({"project": {"source": str(folder), "name": "garden"}, **tables})
    server = Server(address="192.0.2.7", login_keys=(KEY,))
    return complete(given, RECIPES, server=server, found=inspect(folder))


def files(a: Answers, recipe: str) -> dict[str, str]:
    """What the steps of a recipe write, by path."""
    steps = [s for r in RECIPES if r.name == recipe for s in r.steps if s.when is None or s.when(a)]
    return {op.path: op.content.decode() for s in steps for op in s.operations(a) if isinstance(op, File)}


def variables(a: Answers) -> dict[str, str]:
    told = {name: value for one in a.contributions(Variables) for name, value in one.values.items()}
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in told.items()}


def test_what_a_project_does_not_ask_for_is_left_out() -> None:
    a = answered(PROJECT)
    assert (a.tables["roles"]["broker"], a.tables["roles"]["worker"]) == ("none", "none")
    assert not {"redis", "celery"} & {r.name for r in RECIPES if a.in_force(r)}
    assert a.broker.units == () and "redis" not in files(a, "gunicorn")[a.site.unit_file]


def test_a_project_with_celery_gets_a_worker_beat_and_a_broker(tmp_path: Path) -> None:
    a = answered(made("celery-mail", tmp_path))
    assert (a.tables["roles"]["broker"], a.tables["roles"]["worker"]) == ("redis", "celery")
    order = [r.name for r in RECIPES if a.in_force(r)]
    assert order.index("redis") < order.index("env_vars") < order.index("gunicorn") < order.index("celery")
    assert order.index("celery") < order.index("sanity_check")
    password = a.secret("redis_password").reveal()
    assert variables(a) == {
        "BROKER": f"redis://:{password}@127.0.0.1:6379/0",
        "CACHE_ADDRESS": f"redis://:{password}@127.0.0.1:6379/1",
    }
    assert f"requirepass {password}\n" in files(a, "redis")["/etc/redis/wizard.conf"]
    units = files(a, "celery")
    assert list(units) == [a.site.worker_unit_file, a.site.schedule_unit_file]
    worker, beat = units.values()
    for text in (worker, beat):
        assert "--app garden.celery:app " in text and "PartOf=garden.service\n" in text
        assert "After=network.target postgresql.service redis-server.service\n" in text
        assert password not in text and "EnvironmentFile=/etc/garden/env\n" in text
    assert "ReadWritePaths=/srv/garden/shared/media\n" in worker
    assert "--schedule /srv/garden/shared/schedule/beat\n" in beat
    assert set(a.units()) >= {"redis-server.service", "garden-worker.service", "garden-schedule.service"}


def test_the_site_and_its_worker_are_shut_in_alike(tmp_path: Path) -> None:
    a = answered(made("celery-mail", tmp_path))
    worker = files(a, "celery")[a.site.worker_unit_file].splitlines()
    site = files(a, "gunicorn")[a.site.unit_file].splitlines()
    begin, end = worker.index("ProtectSystem=strict"), worker.index("[Install]")
    assert [line for line in worker[begin:end] if line not in site] == []


def test_a_schedule_in_the_database_is_read_from_there(tmp_path: Path) -> None:
    top = made("celery-mail", tmp_path)
    with (top / "garden" / "settings.py").open("a") as settings:
        settings.write('INSTALLED_APPS += ["django_celery_beat"]\n')
    a = answered(top)
    assert (
        "--scheduler django_celery_beat.schedulers:DatabaseScheduler\n" in files(a, "celery")[a.site.schedule_unit_file]
    )
    a = answered(top, celery={"beat": False})
    assert list(files(a, "celery")) == [a.site.worker_unit_file]


def test_redis_asks_for_no_password_where_the_code_has_its_address(tmp_path: Path) -> None:
    top = made("celery-mail", tmp_path)
    settings = top / "garden" / "settings.py"
    settings.write_text(settings.read_text().replace('os.environ["CACHE_ADDRESS"]', '"redis://localhost:6379/2"'))
    a = answered(top)
    assert variables(a) == {"BROKER": "redis://127.0.0.1:6379/0"}
    assert "requirepass" not in files(a, "redis")["/etc/redis/wizard.conf"]
    assert "/var/lib/wizard/secrets/redis_password" not in files(a, "redis")


def test_a_variable_is_missing_where_nobody_is_to_give_it(tmp_path: Path) -> None:
    top = made("celery-mail", tmp_path)

    def refused(**roles: str) -> str:
        given = Given({"project": {"source": str(top), "name": "garden"}, "roles": dict(roles)})
        journey = Journey(Request(given=given), lambda _: None)
        journey.prepare()
        project.look(journey)
        refuse_early(journey)
        return ""

    assert not refused()
    with pytest.raises(UsageError) as error:
        refused(broker="none")
    assert "CACHE_ADDRESS" in error.value.details
