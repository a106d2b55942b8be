"""ShellCheck (shellcheck.net) on every shell file of the program, and on every script that an operation makes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import wizard
from tests.operations.examples import EXAMPLES, changes, missing
from wizard.engine.remote.observation import observe_script
from wizard.engine.remote.prelude import FILES as PRELUDE
from wizard.engine.remote.prelude import prelude, with_kept_prelude, with_prelude
from wizard.engine.remote.scripts import Work, settle_script, work_script
from wizard.operations.virtualenv import VirtualenvState, virtualenv

FOLDER = Path(wizard.__file__).parent
FILES = sorted(FOLDER.rglob("*.sh"))
# of the prelude: inside functions shellcheck does not know that they keep their value, in which there are no blanks
CONSTANTS = {"W": "/var/lib/wizard", "blobs": "/var/lib/wizard/blobs"}
# what prelude.sh sets, and the script that an operation's commands stand in
GIVEN = """\
scratch=/run/wizard.x
id=0001
change=/var/lib/wizard/changes/0001
run=x
saved=/var/backups/wizard/x
"""
EXCLUDED = {
    "SC1003": "a text for another shell, with quotes inside quotes",
    "SC1090": "what is read with `.` was made on the server",
    "SC1091": "what is read with `.` was made on the server",
    "SC2012": "what is listed has names without blanks: versions, releases, numbers of changes",
    "SC2013": "what is listed has names without blanks: versions, releases, numbers of changes",
    "SC2015": "`A && B || C`: C is meant for a failure of either",
    "SC2016": "a text for another shell keeps its dollars",
    "SC2026": "a word inside a word is quoted twice (quoting.sh), once for each shell that reads it",
    "SC2034": "scripts begin with parts that several share, and each does not use all of them",
    "SC2043": "a list that Python has made may have one element",
    "SC2045": "what is listed has names without blanks: versions, releases, numbers of changes",
    "SC2066": "a list that Python has made may have one element",
    "SC2119": "functions with optional arguments",
    "SC2120": "functions with optional arguments",
    "SC2140": "a word inside a word is quoted twice (quoting.sh), once for each shell that reads it",
    "SC2181": "`set -e` has no effect inside a condition, so `$?` is looked at afterwards",
    "SC2218": "two parts of a script may bring the same function; the first is what counts",
    "SC2234": "a test that a recipe gives runs in a subshell, where it may do what it likes",
    "SC2329": "functions that are called by name: `it`, by `apart` and `look`",
}


def findings(folder: Path, scripts: Iterable[tuple[str, str]], *others: str) -> list[str]:
    """What shellcheck finds in these (name, text), as "name line code: message"."""
    paths: list[Path] = []
    for name, text in scripts:
        paths.append(folder / f"{len(paths):03d} {name.replace('/', ' ')}")
        paths[-1].write_text(re.sub(r"\$(W|blobs)\b", lambda name: CONSTANTS[name[1]], text))
    command = [
        str(Path(sys.executable).with_name("shellcheck")),
        "--shell=dash",
        "--format=json",
        f"--exclude={','.join((*EXCLUDED, *others))}",
        *map(str, paths),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return [
        f"{Path(f['file']).name} {f['line']} SC{f['code']}: {f['message']}"
        f"\n    {Path(f['file']).read_text().splitlines()[f['line'] - 1].strip()}"
        for f in found
    ]


def test_there_is_an_example_of_each_kind_of_operation() -> None:
    assert missing() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_shell_file_has_no_finding(path: Path, tmp_path: Path) -> None:
    """What stands beside the prelude comes behind it; other parts use what the script sets that reads them."""
    if path.parent.name == "remote":
        text = GIVEN + prelude() + ("" if path.name in PRELUDE else "\n" + path.read_text())
        assert findings(tmp_path, [(path.name, text)]) == []
    else:
        assert findings(tmp_path, [(path.name, path.read_text())], "SC2154") == []


def test_beginnings_of_scripts_have_no_finding(tmp_path: Path) -> None:
    begins = [("brings", with_prelude("mark", "run")), ("reads", with_kept_prelude("mark", "run"))]
    assert findings(tmp_path, begins) == []


def test_looks_of_operations_have_no_finding(tmp_path: Path) -> None:
    scripts = [(operation.key, GIVEN + observe_script([operation])) for operation, _ in EXAMPLES]
    assert findings(tmp_path, scripts) == []


def test_scripts_of_changes_and_of_their_undoing_have_no_finding(tmp_path: Path) -> None:
    scripts = []
    for change in changes():
        for undo in (False,) if change.operation.irreversible else (False, True):
            name = f"{change.operation.key} {'undo' if undo else 'do'}"
            work = Work(1, "a/b", change, undo=undo, guarded=not change.operation.long)
            text = work_script(work, line, blobs="", secrets="", following=[change.operation], login="root")
            # it does not look into what a job or the failsafe gets on its stdin: that is looked at by itself
            scripts += [(name, GIVEN + text), (f"{name} itself", f"{GIVEN}set -e\n{work.commands}")]
        scripts.append((f"{change.operation.key} settle", GIVEN + settle_script(work, line, following=[])))
    assert findings(tmp_path, scripts) == []


@pytest.mark.parametrize(
    "name", ["", "requirements.txt", "uv.lock", "app/uv.lock", "pyproject.toml", "Pipfile", "setup.cfg"]
)
def test_what_the_sites_user_runs_to_fill_an_environment_has_no_finding(name: str, tmp_path: Path) -> None:
    """It is inside a here-document, which shellcheck does not look into."""
    environment = virtualenv("/srv/shop", name, user="shop", extra=("gunicorn",))
    script = environment.apply(VirtualenvState(), VirtualenvState("new", "new"))
    (inner,) = re.findall(r" sh -e <<'(EOF_*)'\n(.*?)\n\1\n", script, re.DOTALL)
    assert "python3 -m venv" in inner[1]
    assert findings(tmp_path, [(name, inner[1])]) == []


def line(event: str, **fields: Any) -> str:
    return f"journal '{event}'"


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, [("wrong", "read -r name\nrm -r /srv/$name\n")])
    assert "SC2086" in found
