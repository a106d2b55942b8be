"""The project's Celery app: where it is, which broker it asks for, and whether it has a schedule.

Reads files only. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from wizard.project import dependencies as deps
from wizard.project.entry import depth
from wizard.project.found import Celery, Problem
from wizard.project.names import keyword, literal, path_of
from wizard.project.settings import Settings
from wizard.project.source import Source, dotted

# docs.celeryq.dev, "Configuration and defaults": with and without a namespace, and the names before Celery 4
BROKERS = ("CELERY_BROKER_URL", "BROKER_URL")
SCHEDULES = ("CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE")
DATABASE_SCHEDULE = "django_celery_beat"


def celery_app(
    source: Source, settings: Settings, bases: tuple[str, ...], apps: tuple[str, ...], packages: deps.Packages
) -> Celery | None:
    """The app nearest to the top; None where no file makes one."""
    for path in sorted((f for f in source.files if f.endswith(".py")), key=lambda f: (not _usual(f), *depth(f))):
        if "Celery(" not in (source.text(path) or "") or (tree := source.module(path)) is None:
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                name = path_of(node.targets[0])
                if name and path_of(node.value.func) in {"Celery", "celery.Celery"}:
                    base = next((b for b in bases if b == "." or path.startswith(b + "/")), ".")
                    broker = _broker(node.value, settings, packages)
                    beat = _beat(source, settings, apps, path)
                    return Celery(f"{dotted(path, base)}:{name}", f"{path}:{node.lineno}", broker, beat)
    return None


def celery_problems(celery: Celery | None) -> Iterator[Problem]:
    if celery is None:
        return
    file, _, line = celery.where.rpartition(":")
    if celery.broker not in ("redis", None):
        yield Problem("needs_broker", file, line, celery.broker)
    else:
        yield Problem("uses_celery_beat" if celery.beat else "uses_celery", file, line, celery.app)


def _usual(path: str) -> bool:
    return bool(re.fullmatch(r"celery(_?app)?\.py", posixpath.basename(path)))


def _broker(made: ast.Call, settings: Settings, packages: deps.Packages) -> str | None:
    """The scheme of the broker's address, as far as the files tell it; Celery's own default is RabbitMQ (amqp)."""
    parts = [part for name in BROKERS if name in settings.values for part in settings.values[name].parts]
    texts = [literal(node) or "" for part in parts for node in ast.walk(part) if isinstance(node, ast.expr)]
    texts += [literal(keyword(made, "broker")) or ""]
    schemes = [match[1] for text in texts if (match := re.match(r"([\w+]+)://", text))]
    if schemes:
        return "redis" if schemes[0].startswith("redis") else schemes[0]
    client = "redis" in packages.specifiers or "redis" in packages.extras.get("celery", ())
    return "redis" if client or any("redis" in ast.unparse(part).lower() for part in parts) else None


def _beat(source: Source, settings: Settings, apps: tuple[str, ...], path: str) -> str:
    if any(app.startswith(DATABASE_SCHEDULE) for app in apps):
        return "database"
    tasks = [f for f in source.files if posixpath.basename(f) == "tasks.py"]
    written = any(re.search(r"\bbeat_schedule\b|add_periodic_task", source.text(f) or "") for f in (path, *tasks))
    return "file" if written or any(name in settings.values for name in SCHEDULES) else ""
