"""What is found in a project and what is likely wrong is said by every front, also where nobody can be asked."""

from __future__ import annotations

import io
import json
from pathlib import Path

from wizard import events
from wizard.catalog import load
from wizard.errors import ConnectError, StepError
from wizard.fronts.headless import Headless
from wizard.fronts.plain.answers_file import render
from wizard.fronts.plain.progress import Progress
from wizard.fronts.words import Words, explain

CDROM = (
    "E: The repository 'cdrom://[Debian 12.5]/ bookworm Release' does not have a Release file.\n"
    "on the server: cdrom /etc/apt/sources.list 1"
)
FAILED = events.StepFailed("nginx/install", "cannot make the change packages:nginx (status 100)", CDROM)
FINDING = events.ProjectFinding("debug_true", ("shop/settings.py", "26"), "shop/settings.py", 26)


def words() -> Words:
    return Words(load())


def as_json(*said: events.Event) -> list[dict[str, object]]:
    out = io.StringIO()
    front = Headless(words(), lambda text: text, out)
    for event in said:
        front.emit(event)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def as_lines(*said: events.Event, asks: bool = False) -> str:
    out = io.StringIO()
    front = Progress(words(), lambda text: text, out=out)
    front.says_causes = not asks
    for event in said:
        front.emit(event)
    return out.getvalue()


def test_json_has_the_likely_cause_of_a_failed_step() -> None:
    (line,) = as_json(FAILED)
    assert line["cause"] == {
        "code": "apt.cdrom",
        "what": "apt is told to read packages from the installation DVD: line 1 of /etc/apt/sources.list begins with “deb cdrom:”, "
        "and there is no DVD.",
        "advice": "Take the line out (the command below puts a # before it), then try again.",
        "look": "sed -i '/cdrom:/s/^/# /' /etc/apt/sources.list",
    }
    (line,) = as_json(events.StepFailed("nginx/install", "status 3", "it is what it is"))
    assert line["cause"] is None


def test_json_has_the_error_that_ends_a_command() -> None:
    out = io.StringIO()
    Headless(words(), lambda text: text, out).ended(
        ConnectError("transport.ssh.unreachable", where="203.0.113.7", hint="is it on?")
    )
    line = json.loads(out.getvalue())
    assert (line["event"], line["exit_status"], line["hint"]) == ("Error", 3, "is it on?")
    assert (line["code"], line["cause"]["code"]) == ("transport.ssh.unreachable", "ssh.lost")


def test_lines_say_the_likely_cause_where_nobody_is_asked_and_leave_it_to_the_question_else() -> None:
    said = as_lines(FAILED)
    assert (
        "Likely cause: apt is told to read packages from the installation DVD: line 1 of /etc/apt/sources.list" in said
    )
    assert "sed -i '/cdrom:/s/^/# /' /etc/apt/sources.list" in said
    assert "Likely cause" not in as_lines(FAILED, asks=True)


def test_an_error_without_advice_gets_that_of_its_likely_cause() -> None:
    assert "Likely cause: The server's disk is full." in explain(
        StepError("cannot do it", details="No space left on device")
    )
    assert "Likely cause" not in explain(StepError("cannot do it", details="No space left on device", hint="make room"))


def test_findings_of_the_project_are_said_as_lines_and_as_json() -> None:
    assert "Note: DEBUG is on in the code (shop/settings.py line 26)" in as_lines(FINDING)
    (line,) = as_json(FINDING)
    assert (line["event"], line["code"], line["file"], line["line"]) == (
        "ProjectFinding", "debug_true", "shop/settings.py", 26,
    )  # fmt: skip
    assert "DEBUG is on" in str(line["words"])


def test_the_answers_file_begins_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n")
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/settings.py").write_text("DEBUG = True\nSECRET_KEY = 'x'\n")
    text = render(tmp_path)
    head = text[: text.index("[")]
    assert "DEBUG is on in the code (shop/settings.py line 1)" in head.replace("\n#   ", " ")
    assert all(line.startswith("#") or not line for line in head.splitlines())
