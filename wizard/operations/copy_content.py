# mypy: ignore-errors
"""Copies all rows of an SQLite file into the site's own database. Runs within Django on the server, before a line `main("…")`.

The tables of a copy of the file are first brought to what the code expects. All or nothing: the counts of each model must agree.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models.signals import m2m_changed, post_save, pre_save

# Django makes these anew; sessions belong to browsers of another address
LEFT_OUT = {"contenttypes": "contenttypes", "auth": "auth.permission", "sessions": "sessions"}


def connect(path: Path) -> None:
    settings = dict(connections.databases["default"])
    settings.update(
        ENGINE="django.db.backends.sqlite3", NAME=str(path), OPTIONS={}, USER="", PASSWORD="", HOST="", PORT=""
    )
    connections.databases["content"] = settings


def counts(alias: str) -> dict[str, int]:
    models = apps.get_models(include_auto_created=True)
    kept = [m for m in models if m._meta.managed and not m._meta.proxy and not m._meta.swapped]
    left = set(LEFT_OUT.values())
    return {
        m._meta.label_lower: m._base_manager.using(alias).count()
        for m in kept
        if not left & {m._meta.label_lower, m._meta.app_label}
    }


def has_accounts() -> bool:
    if not apps.is_installed("django.contrib.auth"):
        return False
    from django.contrib.auth import get_user_model

    return bool(get_user_model()._base_manager.using("default").exists())


def copy(source: str, folder: Path) -> int:
    shutil.copyfile(source, folder / "content.sqlite3")
    connect(folder / "content.sqlite3")
    call_command("migrate", database="content", interactive=False, verbosity=0)
    rows = str(folder / "rows.json")
    left = [label for app, label in LEFT_OUT.items() if apps.is_installed(f"django.contrib.{app}")]
    call_command(
        "dumpdata", database="content", exclude=left, use_natural_foreign_keys=True, use_base_manager=True, output=rows,
        verbosity=0,
    )  # fmt: skip
    for signal in (pre_save, post_save, m2m_changed):  # what they would make is among the rows already
        signal.receivers = []
        signal.sender_receivers_cache.clear()
    with transaction.atomic():
        call_command("flush", interactive=False, verbosity=0)
        call_command("loaddata", rows, verbosity=0)
        wanted, found = counts("content"), counts("default")
        for label, number in wanted.items():
            if found[label] != number:
                raise SystemExit(f"::operations.content.differs\tmodel={label}\twanted={number}\tfound={found[label]}")
    return sum(wanted.values())


def main(source: str) -> None:
    if has_accounts():
        sys.exit("::operations.content.in_use")
    with tempfile.TemporaryDirectory() as folder:
        print(f"::operations.content.copied\tn={copy(source, Path(folder))}")
