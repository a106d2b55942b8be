"""Progress in lines: what is said, what is left out, and that a long silence is broken for whoever cannot see a spinner."""

from __future__ import annotations

import io
import time

import pytest

from wizard import events
from wizard.fronts.plain.progress import Progress, Spoken
from wizard.fronts.words import Words

BEGIN = events.ChangeStarted("nginx/install", 1, "packages", "packages:nginx", "apt-get install nginx\necho done")
END = events.ChangeDone("nginx/install", 1, "packages:nginx", 2.0)


def said(*happened: events.Event, verbose: bool = False) -> str:
    out = io.StringIO()
    progress = Progress(Words([]), lambda text: text.replace("hunter22", "********"), verbose=verbose, out=out)
    for event in happened:
        progress.emit(event)
    return out.getvalue()


def test_a_change_is_one_line_and_its_output_is_left_out() -> None:
    assert said(BEGIN, events.OutputLine("Unpacking"), END) == "      install the package nginx …\n"


def test_verbose_shows_commands_and_output() -> None:
    lines = said(BEGIN, events.OutputLine("Unpacking"), END, verbose=True).splitlines()
    assert [line.strip() for line in lines] == [
        "install the package nginx …", "$ apt-get install nginx", "$ echo done", "Unpacking"
    ]  # fmt: skip


def test_a_failure_shows_the_last_lines_and_no_secret() -> None:
    lines = [events.OutputLine(f"line {n} hunter22") for n in range(40)]
    text = said(BEGIN, *lines, events.StepFailed("nginx/install", "the change failed", "status 100"))
    assert "Failed: the change failed" in text and "status 100" in text
    assert "line 39 ********" in text and "line 3 " not in text and "hunter22" not in text


def test_a_second_login_of_the_same_account_is_not_told_again() -> None:
    hello = events.Connected("root@host", "Debian 12")
    assert said(hello, hello) == "Logged in as root@host (Debian 12).\n"


def test_a_secret_is_masked_though_the_line_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    out = io.StringIO()
    spoken = Spoken(Words([]), lambda text: text.replace("correct horse battery", "********"), out=out)
    spoken.emit(events.StepFailed("nginx/install", "it said correct horse battery, of all things"))
    spoken.close()
    assert "********" in out.getvalue() and "horse" not in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 30


def spoken_while(happened: list[events.Event], patience: float, wait: float) -> str:
    out = io.StringIO()
    spoken = Spoken(Words([]), str, out=out, patience=patience)
    for event in happened:
        spoken.emit(event)
    time.sleep(wait)
    spoken.close()
    return out.getvalue()


def test_a_long_change_is_said_to_be_still_at_work() -> None:
    assert "still working: install the package nginx (" in spoken_while([BEGIN], 0.05, 0.5)


def test_nothing_is_said_to_be_at_work_between_changes() -> None:
    assert "still working" not in spoken_while([BEGIN, END], 0.05, 0.3)


def test_nothing_is_said_while_a_question_is_open() -> None:
    out = io.StringIO()
    spoken = Spoken(Words([]), str, out=out, patience=0.05)
    spoken.emit(BEGIN)
    with spoken.paused():
        before = out.getvalue()
        time.sleep(0.3)
        assert out.getvalue() == before
    spoken.close()
