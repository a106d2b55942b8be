"""What is saved before it goes: a failed save must stop the script, and `a && b` as a statement hides it from `set -e`."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.engine.remote.prelude import prelude
from wizard.operations import base
from wizard.operations.django import MigrationsState, migrations
from wizard.operations.file import File, FileState, directory, file
from wizard.operations.release import data_directory
from wizard.secret import Secret
from wizard.text import from_output

FOLDER = Path(base.__file__).parent
READ_ONLY = {"observe", "verify", "guarded", "_inputs", "OBSERVE", "ASK"}
CONDITION = re.compile(r"\b(if|elif|while)\b.*?\b(then|do)\b|awk[^']*'[^']*'|^\s*#.*?$", re.DOTALL | re.MULTILINE)


def texts(node: ast.AST) -> Iterator[str]:
    """The string constants below, but for those of what only looks."""
    if isinstance(node, ast.FunctionDef) and node.name in READ_ONLY:
        return
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in READ_ONLY:
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from texts(child)


@pytest.mark.parametrize("path", sorted([*FOLDER.glob("*.py"), *FOLDER.glob("shell/*.sh")]), ids=lambda path: path.name)
def test_no_statement_is_a_chain_whose_failure_nobody_sees(path: Path) -> None:
    content = path.read_text()
    scripts = texts(ast.parse(content)) if path.suffix == ".py" else [content]
    assert [line for script in scripts for line in CONDITION.sub("", script).splitlines() if "&&" in line] == []


def run(script: str, *failing: str, change: Path) -> subprocess.CompletedProcess[str]:
    """In a shell whose programs do nothing but say their name; those in `failing` fail."""
    names = ("tar", "sync", "mkdir", "mv", "runuser", "pg_restore", "systemctl", "if_unit", "cp", "cat", "chown")
    doubles = [f'{name}() {{ echo "{name} $*"; {"false" if name in failing else "true"}; }}' for name in names]
    text = "\n".join([*doubles, f"change={change}", "set -e", script.replace("exec ", "")])
    text = f"{prelude()}\n{text}".replace("/var/backups/wizard", str(change))
    return subprocess.run(["dash"], input=text, text=True, check=False, capture_output=True)


@pytest.mark.parametrize("failing", ["mkdir", "tar", "sync", "mv"])
def test_uploaded_files_stay_unless_they_were_saved(tmp_path: Path, failing: str) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "picture").write_text("x")
    script = data_directory(str(media), owner="site").apply(FileState("directory"), FileState())
    assert run(script, failing, change=tmp_path).returncode != 0
    assert (media / "picture").exists()
    assert run(script, change=tmp_path).returncode == 0
    assert not media.exists()


@pytest.mark.parametrize("failing", ["pg_restore", "mkdir", "sync", "mv"])
def test_a_database_is_not_dropped_unless_it_was_saved_and_its_dump_is_good(tmp_path: Path, failing: str) -> None:
    (tmp_path / "database.dump").touch()
    script = migrations("shop", database="shop").apply(MigrationsState("applied"), MigrationsState("unapplied"))
    stopped = run(script, failing, change=tmp_path)
    assert stopped.returncode != 0
    assert "--single-transaction" not in stopped.stdout
    assert "--single-transaction" in run(script, change=tmp_path).stdout


@pytest.mark.parametrize("failing", ["runuser", "sync", "mv"])
def test_tables_do_not_change_unless_they_were_dumped(tmp_path: Path, failing: str) -> None:
    operation = migrations("shop", database="shop")
    script = operation.apply(MigrationsState("unapplied"), MigrationsState("applied"))
    script = script.replace(operation.manage, "echo manage")
    script = script.replace("grep -q", "true")
    stopped = run(script, failing, change=tmp_path)
    assert stopped.returncode != 0
    assert "manage migrate" not in stopped.stdout
    assert "manage migrate" in run(script, change=tmp_path).stdout


@pytest.mark.parametrize("failing", ["tar", "sync", "mv"])
def test_packages_stay_unless_what_goes_with_them_was_saved(tmp_path: Path, failing: str) -> None:
    script = f". {FOLDER}/shell/residue.sh\nsave etc etc\necho purging"
    stopped = run(script, failing, change=tmp_path)
    assert stopped.returncode != 0
    assert "purging" not in stopped.stdout


def test_a_list_of_what_to_keep_that_could_not_be_written_stops_the_undo(tmp_path: Path) -> None:
    for keeping in ("any grep -z .", "existing"):
        script = f". {FOLDER}/shell/residue.sh\nprintf '/etc/passwd\\0' | {keeping} >/dev/full\necho purging"
        assert "purging" not in run(script, change=tmp_path).stdout
    nothing = f". {FOLDER}/shell/residue.sh\nprintf '' | any grep -z .\necho purging"
    assert "purging" in run(nothing, change=tmp_path).stdout


def undo_of(operation: File, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Undoes the making of a file as the journal alone would, with the real programs and the folder of backups moved."""
    made = operation.wanted(FileState())
    script = f"{operation.apply(made, FileState())}\n{operation.verify(FileState())}"
    script = f"{prelude()}\nset -e\nkeep_blob() {{ :; }}\n{script}".replace(
        "/var/backups/wizard", str(tmp_path / "saved")
    )
    return subprocess.run(["dash"], input=script, text=True, check=False, capture_output=True)


@pytest.mark.parametrize("content", ["KEY=1\n", Secret("KEY=1\n")])
def test_a_file_that_was_edited_since_is_saved_for_root_alone_before_it_goes(
    tmp_path: Path, content: str | Secret
) -> None:
    path = tmp_path / "env"
    operation = file(str(path), content, mode=0o600)
    path.write_text("KEY=1\nEMAIL_PASSWORD=2\n")
    path.chmod(0o600)
    undone = undo_of(operation, tmp_path)
    assert undone.returncode == 0, undone.stderr
    saved, restore = sorted((tmp_path / "saved").iterdir())
    assert str(saved) in undone.stdout and saved.read_text() == "KEY=1\nEMAIL_PASSWORD=2\n"
    assert saved.name.startswith(str(path).strip("/").replace("/", "-") + "-2")
    assert [p.stat().st_mode & 0o777 for p in (saved, restore, saved.parent)] == [0o600, 0o600, 0o700]
    assert "EMAIL" not in undone.stdout and not path.exists()
    assert from_output(undone.stdout).endswith(f"; to put it back: sh {restore}\n")
    subprocess.run(["sh", restore], check=True)
    assert path.read_text() == saved.read_text() and path.stat().st_mode & 0o777 == 0o600
    path.write_text("KEY=2\n")
    differs = subprocess.run(["sh", restore], check=False, capture_output=True, text=True).stdout
    assert "-KEY=2\n+KEY=1\n+EMAIL_PASSWORD=2\n" in differs and path.read_text() == "KEY=2\n"


def test_an_edited_file_that_cannot_be_saved_stays(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("KEY=2\n")
    (tmp_path / "saved").touch()
    assert undo_of(file(str(tmp_path / "env"), Secret("KEY=1\n"), mode=0o600), tmp_path).returncode != 0
    assert (tmp_path / "env").exists()


def test_a_secret_file_as_we_made_it_leaves_no_copy(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("KEY=1\n")
    assert undo_of(file(str(tmp_path / "env"), Secret("KEY=1\n"), mode=0o600), tmp_path).stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_directory_goes_with_what_an_interrupted_write_left_in_it_but_not_with_a_persons_files(
    tmp_path: Path,
) -> None:
    path = tmp_path / "folder"
    script = "set -e\n" + directory(str(path)).apply(FileState("directory"), FileState())
    path.mkdir()
    (path / ".wizard.aB3dE6gH").touch()
    (path / "mine").touch()
    stays = subprocess.run(["dash", "-c", script], check=True, capture_output=True, text=True)
    assert f"{path} stays: it is not empty" in stays.stdout
    assert [p.name for p in path.iterdir()] == ["mine"]
    (path / "mine").unlink()
    assert subprocess.run(["dash", "-c", script], check=False).returncode == 0
    assert not path.exists()
