"""Whoever goes on from another computer goes on with the answers that were given for this server, not with defaults."""

from __future__ import annotations

from pathlib import Path

from tests.practice.conftest import OnServer
from tests.practice.program import Laptop
from wizard.practice.fleet import PracticeServer

KEPT = "/var/lib/wizard/answers.json"


def test_answers_come_from_the_server_and_newer_ones_win(
    pristine: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    def greeting() -> str:
        return on_server(pristine, "cat /etc/demo/greeting").out.strip()

    def set_up(laptop: Laptop, *options: str) -> None:
        status, said = laptop.run(pristine, "setup", *options)
        assert status == 0, said

    answers = tmp_path / "answers.toml"
    answers.write_text('[demo]\ngreeting = "good evening"\npassword = { env = "PASSWORD" }\n')
    ana = Laptop(tmp_path / "ana", {"PASSWORD": "not to be kept"})
    set_up(ana, "--answers", str(answers))
    assert greeting() == "good evening"
    assert on_server(pristine, f"stat -c '%a %U' {KEPT}").out == "600 root\n"
    assert on_server(pristine, f"grep -c 'not to be kept' {KEPT}").out == "0\n"

    ben = Laptop(tmp_path / "ben")
    set_up(ben)
    assert greeting() == "good evening"

    answers.write_text('[demo]\ngreeting = "good night"\n')
    set_up(ben, "--answers", str(answers))
    assert greeting() == "good night"
    set_up(ana)
    assert greeting() == "good night"
