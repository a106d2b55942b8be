"""What the screens are made of: the engine's thread, the output, causes, the QR code, the summary, what is kept."""

from __future__ import annotations

import asyncio
import queue
import re
import statistics
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

import wizard
from tests.fronts.tui.conftest import drive, reviewed, until
from tests.fronts.tui.small_server import SmallServer
from wizard import events, private
from wizard.errors import StoppedError
from wizard.fronts import causes, summary
from wizard.fronts.qr import half_blocks
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.engine_thread import KEPT_LINES, EngineThread
from wizard.fronts.tui.messages import Asked, Finished
from wizard.fronts.tui.widgets.difference import commands
from wizard.fronts.tui.widgets.output import LINES, Output
from wizard.printable import printable
from wizard.secret import Secret


class Mailbox:
    """Takes messages as a screen does."""

    def __init__(self) -> None:
        self.box: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def post_message(self, message: Any) -> bool:
        self.box.put(message)
        return True

    def next(self) -> Any:
        return self.box.get(timeout=5)


@pytest.fixture
def mail() -> Mailbox:
    return Mailbox()


@pytest.fixture
def engine(mail: Mailbox) -> EngineThread:
    return EngineThread(mail)  # type: ignore[arg-type]


def test_jobs_run_one_after_the_other_on_one_thread(engine: EngineThread, mail: Mailbox) -> None:
    for name in "abc":
        engine.submit(name, threading.get_ident, mail)  # type: ignore[arg-type]
    finished = [mail.next() for _ in range(3)]
    assert [f.job for f in finished] == ["a", "b", "c"]
    assert len({f.result for f in finished}) == 1
    assert finished[0].result != threading.get_ident()


def test_a_job_that_breaks_is_told_and_the_next_one_still_runs(engine: EngineThread, mail: Mailbox) -> None:
    engine.submit("bad", lambda: 1 // 0, mail)  # type: ignore[arg-type]
    engine.submit("good", lambda: 7, mail)  # type: ignore[arg-type]
    assert "ZeroDivisionError" in mail.next().error.details
    assert mail.next().result == 7


def test_a_question_holds_the_engine_until_it_is_answered(engine: EngineThread, mail: Mailbox) -> None:
    engine.submit("ask", lambda: engine.ask("well?"), mail)  # type: ignore[arg-type]
    asked = mail.next()
    assert isinstance(asked, Asked) and asked.question == "well?"
    assert engine.busy
    asked.reply.put("yes")
    assert mail.next().result == "yes"


def test_leaving_releases_an_open_question(engine: EngineThread, mail: Mailbox) -> None:
    engine.submit("ask", lambda: engine.ask("well?"), mail)  # type: ignore[arg-type]
    mail.next()
    engine.stop()
    finished = mail.next()
    assert isinstance(finished, Finished) and isinstance(finished.error, StoppedError)
    assert engine.wait(5)


def test_lines_that_nobody_reads_do_not_fill_the_memory(engine: EngineThread) -> None:
    for number in range(3 * KEPT_LINES):
        engine.emit(events.OutputLine(f"line {number}"))
    assert len(engine.lines) == KEPT_LINES
    assert engine.lines[-1] == f"line {3 * KEPT_LINES - 1}"


class OutputApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.output = Output(lambda text: text.replace("sesame", "********"), id="log")

    def compose(self) -> ComposeResult:
        yield Input()
        yield self.output

    def on_mount(self) -> None:
        self.set_interval(1 / 20, lambda: self.output.drain(self.lines))


def test_a_flood_of_output_leaves_keys_quick_and_memory_bounded() -> None:
    """100,000 lines come while somebody types: a key takes not much longer than without them."""

    async def main() -> None:
        app = OutputApp()
        async with app.run_test(size=(80, 24)) as pilot:

            async def key() -> float:
                start = time.perf_counter()
                await pilot.press("x")
                return time.perf_counter() - start

            quiet = statistics.median([await key() for _ in range(10)])
            flood = threading.Thread(target=lambda: app.lines.extend(f"said it {n}" for n in range(100_000)))
            flood.start()
            busy = statistics.median([await key() for _ in range(20)])
            flood.join()
            while app.lines:
                await pilot.pause(0.02)
            assert busy < 5 * quiet
            assert app.output.line_count <= LINES
            assert app.output.lines[-1] == "said it 99999"

    asyncio.run(main())


def test_output_is_masked_and_cleaned_before_it_is_shown() -> None:
    async def main() -> None:
        app = OutputApp()
        async with app.run_test(size=(80, 24)) as pilot:
            app.lines.extend(["open sesame", "\x1b[31mred\x1b[0m\x07", "10%\r50%\r100%"])
            while app.lines:
                await pilot.pause(0.02)
            assert app.output.text == "open ********\nred\n100%"

    asyncio.run(main())


def test_searching_goes_from_hit_to_hit_and_round() -> None:
    async def main() -> None:
        app = OutputApp()
        async with app.run_test(size=(80, 24)):
            app.output.take(["one", "two", "ONE more"])
            assert [app.output.find("one") for _ in range(3)] == [0, 2, 0]
            assert app.output.find("four") is None
            assert app.output.hits("one") == 2

    asyncio.run(main())


@pytest.mark.parametrize("line", ["plain", "\x1b]0;title\x07plain", "\x1b[2K\rplain", "pl\x00ain"])
def test_control_characters_do_not_reach_the_terminal(line: str) -> None:
    assert printable(line) == "plain"


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("cp: error writing 'x': No space left on device", "disk is full"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)", "812"),
        ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", "cut off"),
        ("Err: Temporary failure resolving 'mirror.example.org'", "DNS"),
        ("fatal: Remote branch live not found in upstream origin", "“live”"),
        ("error: pathspec 'live' did not match any file(s) known to git", "“live”"),
        ("git@host: Permission denied (publickey).", "may not read the repository"),
        ("ModuleNotFoundError: No module named 'environ'", "environ"),
        ("ERROR: No matching distribution found for Django==9.9", "Django==9.9"),
        ("KeyError: 'STRIPE_KEY'", "STRIPE_KEY"),
        ("django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.", "SECRET_KEY"),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "port"),
        ("Out of memory: Killed process 99 (pip)", "memory"),
        ("sudo: 1 incorrect password attempt", "sudo password"),
        ('FATAL:  password authentication failed for user "guestbook"', "refuses the login"),
    ],
)
def test_what_a_program_printed_leads_to_the_likely_cause(output: str, cause: str) -> None:
    found = causes.likely("cannot make the change (status 1)", f"before\n{output}\nafter")
    assert cause in found.what
    assert found.advice
    assert "{" not in found.what + found.look


def test_an_unknown_failure_claims_no_cause() -> None:
    assert not causes.likely("status 3", "it is what it is").known


def test_the_qr_code_is_the_one_that_the_address_makes() -> None:
    import segno

    matrix = [list(row) for row in segno.make("http://203.0.113.7/", error="l", micro=False).matrix_iter(border=2)]
    lines = half_blocks("http://203.0.113.7/")
    ink = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    read = [[ink[sign][half] for sign in line] for line in lines for half in (0, 1)]
    assert read[: len(matrix)] == [[int(bool(module)) for module in row] for row in matrix]
    assert {len(line) for line in lines} == {len(matrix[0])}


def test_the_cheat_sheet_holds_no_secret_in_any_form() -> None:
    page = summary.Summary(
        "root@203.0.113.7", "http://203.0.113.7/", [("Your site.", "http://203.0.113.7/"), ("Logs <b>", "journalctl")],
        [("The password", Secret("planted-secret"))], [("page", "200")],
    )  # fmt: skip
    assert "planted-secret" not in summary.markdown(page) + summary.html(page)
    assert "<http://203.0.113.7/>" in summary.markdown(page)
    assert "&lt;b&gt;" in summary.html(page) and "<b>" not in summary.html(page)


def test_files_are_private_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    private.write(path, "one")
    private.write(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_the_same_answers_make_the_same_plan_as_without_a_screen(app: WizardApp, server: SmallServer) -> None:
    from wizard.app import connection, planning
    from wizard.app.journey import Journey
    from wizard.app.request import Request

    async def scenario(pilot: Pilot[int]) -> None:
        await reviewed(pilot)
        await until(pilot, lambda: app.forecast is not None, "the plan")
        assert app.forecast is not None and app.journey is not None
        bare = Journey(Request("root@203.0.113.7"), lambda event: None)
        bare.prepare()
        bare.given = app.journey.given
        connection.connect(bare, acquire=False)
        bare.answer()
        keys = [[op.key for op in step.operations] for step in planning.plan(bare).steps]
        assert [[op.key for op in step.operations] for step in app.forecast.plan.steps] == keys

    drive(app, scenario)


def test_every_command_of_the_wizards_own_is_explained_where_commands_are_shown() -> None:
    root = Path(wizard.__file__).parent
    own = set(
        re.findall(r"^([a-z]+_[a-z_]+)\(\)", (root / "engine" / "remote" / "prelude.sh").read_text(), re.MULTILINE)
    )
    sources = "\n".join(path.read_text() for path in (root / "operations").rglob("*") if path.suffix in (".py", ".sh"))
    used = {name for name in own if re.search(rf"\b{name}\b", sources)}
    assert used
    shown = commands("\n".join(sorted(used))).plain
    assert not [name for name in used if f"\n{name}: " not in shown]


def test_commands_that_every_manual_has_are_not_explained() -> None:
    assert commands("mkdir /srv/x").plain == "$ mkdir /srv/x"
