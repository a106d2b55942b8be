"""Who holds a server's lock, as this computer sees it: what is written there about a run tells whether it still works."""

from __future__ import annotations

import os
import subprocess

from wizard.engine.remote import lock


def record(run: str, **changed: str) -> str:
    lines = dict(line.split("=", 1) for line in lock.ourselves().splitlines())
    return "\n".join(f"{name}={value}" for name, value in (lines | {"run": run} | changed).items())


def test_run_of_this_very_process_that_ended_without_giving_the_lock_back_is_dead() -> None:
    """Its line was cut: the server would not notice for two minutes, and the next run here would be told to wait for itself."""
    lock.at_work.add("one")
    try:
        assert not lock.died_here(record("one"))
        assert lock.died_here(record("another"))
    finally:
        lock.at_work.discard("one")
    assert lock.died_here(record("one"))


def test_run_of_another_process_or_computer_counts_as_before() -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    assert lock.died_here(record("x", pid=str(ended.pid)))
    assert not lock.died_here(record("x", pid=str(os.getppid())))
    assert not lock.died_here(record("x", machine="elsewhere"))
    assert not lock.died_here(record("x", pid="\u0661"))
