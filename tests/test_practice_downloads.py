"""Downloads that practice servers share, without a server."""

from __future__ import annotations

import contextlib
import shutil
import threading
from pathlib import Path

from wizard.practice import downloads


def test_server_that_is_taken_down_meanwhile_does_not_stop_another_from_starting(tmp_path: Path) -> None:
    own = downloads.folders(tmp_path / "server")
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            for n in range(20):
                (own[downloads.PIP] / str(n) / "deeper").mkdir(parents=True, exist_ok=True)
                (own[downloads.PIP] / str(n) / "deeper" / "wheel").touch()
            shutil.rmtree(own[downloads.PIP], ignore_errors=True)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(thread.join)
        at_the_end.callback(over.set)
        for _ in range(100):
            downloads.harvest(tmp_path / "server", tmp_path / "shared")


def test_only_finished_packages_are_kept(tmp_path: Path) -> None:
    own = downloads.folders(tmp_path / "server")
    for name in ("a.deb", "partial/b.deb", "lock"):
        (own[downloads.APT] / name).parent.mkdir(parents=True, exist_ok=True)
        (own[downloads.APT] / name).write_text("x")
    (own[downloads.PIP] / "http" / "1").mkdir(parents=True)
    (own[downloads.PIP] / "http" / "1" / "wheel").write_text("x")
    (own[downloads.PIP] / "http" / "1" / "other.tmp").write_text("x")
    downloads.harvest(tmp_path / "server", tmp_path / "shared")
    kept = {str(p.relative_to(tmp_path / "shared")) for p in (tmp_path / "shared").rglob("*") if p.is_file()}
    assert kept == {"apt/a.deb", "pip/http/1/wheel"}
