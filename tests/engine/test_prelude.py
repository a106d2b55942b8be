"""The shell functions travel once in a run, and what is run of them is never anybody else's. With a real shell on this computer."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wizard.engine.remote.prelude import prelude
from wizard.engine.remote.sender import Sender
from wizard.transport.base import Login, Result

RUN = "0123456789ab"
SMALL = 500  # characters of a script that does not bring them


@dataclass
class Computer:
    """Runs scripts as a server's root would, with a folder in the place of /run."""

    run_folder: Path
    login: Login = field(default_factory=lambda: Login("here.example"))
    scripts: list[str] = field(default_factory=list)

    def run(self, script: str, *, on_line: Any = None, **options: Any) -> Result:
        self.scripts.append(script)
        moved = script.replace("/run/wizard-prelude-", f"{self.run_folder}/wizard-prelude-")
        ended = subprocess.run(
            ["dash"], input=moved, text=True, capture_output=True, check=False, env={"PATH": os.environ["PATH"]}
        )
        for line in ended.stdout.split("\n"):
            on_line(line)
        return Result(ended.returncode, ended.stdout, ended.stderr)

    @property
    def kept(self) -> Path:
        return self.run_folder / f"wizard-prelude-{RUN}"


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    folder = tmp_path / "memory"  # of another name, or it would be replaced twice
    folder.mkdir()
    # the text itself names the file: with the folder's name in it, its checksum is another one
    text = prelude().replace("/run/wizard-prelude-", f"{folder}/wizard-prelude-")
    monkeypatch.setattr("wizard.engine.remote.prelude.prelude", lambda: text)
    return Computer(folder)


def sender(computer: Computer) -> Sender:
    return Sender(computer, RUN)  # type: ignore[arg-type]


SAYS = 'echo "$(boot_id)" | emit boot; echo ran >>{witness}'


def test_first_script_brings_the_functions_and_those_after_it_use_them(computer: Computer, tmp_path: Path) -> None:
    sending, witness = sender(computer), tmp_path / "witness"
    replies = [sending.send("x", SAYS.format(witness=witness)) for _ in range(3)]
    assert all(reply.status == 0 and len(reply.text("boot")) == 37 for reply in replies), replies
    assert witness.read_text() == "ran\n" * 3 and sending.round_trips == 3
    assert len(computer.scripts[0]) > len(prelude()) and max(map(len, computer.scripts[1:])) < SMALL
    assert computer.kept.stat().st_mode & 0o777 == 0o600 and [*computer.run_folder.iterdir()] == [computer.kept]


def test_server_that_was_restarted_gets_them_again_and_runs_the_script_once(computer: Computer, tmp_path: Path) -> None:
    sending, witness = sender(computer), tmp_path / "witness"
    sending.send("x", "true")
    computer.kept.unlink()
    assert sending.send("x", SAYS.format(witness=witness)).status == 0
    assert witness.read_text() == "ran\n" and sending.round_trips == 3
    sending.send("x", "true")
    assert sending.round_trips == 4 and len(computer.scripts[-1]) < SMALL


@pytest.mark.parametrize("change", ["touch {trace}\n{text}", "{text}\ntouch {trace}", "", "{text}\n\n", "#{text}"])
def test_functions_that_somebody_else_has_written_are_not_run(computer: Computer, tmp_path: Path, change: str) -> None:
    sending, trace = sender(computer), tmp_path / "trace"
    sending.send("x", "true")
    original = computer.kept.read_text()
    computer.kept.write_text(change.format(trace=trace, text=original))
    assert sending.send("x", f"echo whole | emit is; echo ran >>{tmp_path}/witness").text("is") == "whole\n"
    assert not trace.exists() and (tmp_path / "witness").read_text() == "ran\n"


def test_link_in_the_place_of_the_file_is_replaced_and_not_followed(computer: Computer, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    for name in (computer.kept, computer.kept.with_name(computer.kept.name + ".new")):
        name.symlink_to(mine)
    sender(computer).send("x", "true")
    assert mine.read_text() == "mine" and computer.kept.read_text() and not computer.kept.is_symlink()


def test_where_nothing_can_be_kept_each_script_brings_them_in_one_round_trip(computer: Computer) -> None:
    sending = sender(computer)
    computer.run_folder.rmdir()
    for _ in range(3):
        assert sending.send("x", "echo yes | emit ran").text("ran") == "yes\n"
    assert sending.round_trips == 3


def test_they_are_removed_at_the_end_and_those_of_runs_that_died_with_them(computer: Computer) -> None:
    sending, dead = sender(computer), computer.run_folder / "wizard-prelude-dead"
    sending.send("x", "true")
    dead.touch()
    sending.send("x", f"forget_other_preludes {RUN}")
    assert [*computer.run_folder.iterdir()] == [computer.kept]
    sending.send("x", f"forget_prelude {RUN}")
    assert [*computer.run_folder.iterdir()] == []


def test_script_that_does_without_a_session_has_all_functions(computer: Computer, tmp_path: Path) -> None:
    sending, job = sender(computer), tmp_path / "job"
    for _ in range(2):
        sending.send("x", f"with_functions >{job} <<'EOF'\nboot_id\nEOF")
        assert len(subprocess.run(["dash", job], capture_output=True, check=True).stdout) == 37
