"""Celery beside the site: a worker that works off tasks, and beat where the project has a schedule."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Found,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    as_written,
    celery_answers,
    daemon_reload,
    data_directory,
    file,
    may_write,
    restart,
    runs_release,
    service,
    shut_in,
    stays_up,
)


def asked_for(found: Found | None) -> bool:
    """Whether the project has an app, and its tasks go through a broker that can be there."""
    return found is not None and found.celery is not None and found.celery.broker in ("redis", None)


recipe = Recipe("celery", role="worker", needs=["app_server", "broker"], fits=asked_for)


def by_size(a: Answers) -> int:
    """A process for each CPU, as Celery itself does; but each takes as much memory as the site, and others need some too."""
    return max(1, min(a.server.cpus, a.server.memory_mb // 4 // 150, 8))


app = recipe.ask(
    Question(
        "app", str, lambda a: a.found.celery.app if a.found and a.found.celery else None,
        pattern=r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?", example="config.celery:app",
    )
)  # fmt: skip
concurrency = recipe.ask(Question("concurrency", int, by_size, minimum=1, maximum=64))
beat = recipe.ask(Question("beat", bool, lambda a: bool(a.found and a.found.celery and a.found.celery.beat)))
stop_seconds = recipe.ask(Question("stop_seconds", int, 60, minimum=5, maximum=3600))

DATABASE_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"


def node(a: Answers) -> str:
    return f"worker@{a.site.name}"


def in_environment(a: Answers) -> PythonPackages:
    """Celery, where the project's list does not name it."""
    dependencies = a.found.dependencies if a.found else None
    named = dependencies is None or "celery" in dependencies.packages
    return PythonPackages(() if named else ("celery",), imports=("celery",), programs=("celery",))


def worker_works(a: Answers) -> Iterator[Check]:
    unit, seconds = a.site.worker_unit, a[stop_seconds] + 30
    yield runs_release(recipe.text("worker_release"), unit, a.site.current, seconds=seconds)
    yield stays_up(recipe.text("worker_runs"), unit)
    yield celery_answers(a.site.manage, a[app], node(a), set_in=f"{a.site.env_file}; why: journalctl -u {unit}")


def beat_runs(a: Answers) -> Iterator[Check]:
    unit = a.site.schedule_unit
    yield runs_release(recipe.text("beat_release"), unit, a.site.current, seconds=60)
    yield stays_up(recipe.text("beat_runs"), unit)


@recipe.step("worker", check=worker_works, again=True)
def worker(a: Answers) -> Iterator[Operation]:
    closed = shut_in(*may_write(a))
    text = recipe.template("worker.service", a, node=node(a), closed=as_written(closed))
    yield file(a.site.worker_unit_file, text, notify=f"{daemon_reload}\n{restart(a.site.worker_unit)}")
    yield service(a.site.worker_unit)


@recipe.step("beat", check=beat_runs, when=lambda a: a[beat], again=True)
def schedule(a: Answers) -> Iterator[Operation]:
    kept = a.found.celery.beat if a.found and a.found.celery else "file"
    how = f"--scheduler {DATABASE_SCHEDULER}" if kept == "database" else f"--schedule {a.site.schedule}/beat"
    closed = shut_in(a.site.schedule, *may_write(a)[1:])
    yield data_directory(a.site.schedule, owner=a.site.user, mode=0o750)
    text = recipe.template("beat.service", a, how=as_written(how), closed=as_written(closed))
    yield file(a.site.schedule_unit_file, text, notify=f"{daemon_reload}\n{restart(a.site.schedule_unit)}")
    yield service(a.site.schedule_unit)


recipe.output("units", lambda a: (a.site.worker_unit, *((a.site.schedule_unit,) if a[beat] else ())))
recipe.output("logs", lambda a: f"sudo journalctl -u {a.site.worker_unit} -f", afterwards=True)
recipe.contribute(PythonPackages, in_environment)
