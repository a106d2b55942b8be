"""Files of this person's own are read as UTF-8, whatever the locale; another encoding is named with its line."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wizard import catalog
from wizard.answers.file import read
from wizard.errors import UsageError
from wizard.fronts.draft import _file
from wizard.guide import read_guide
from wizard.own_files import NoTextError, text_of
from wizard.transport.host_keys import known_keys
from wizard.transport.target import parse_target

TOP = Path(__file__).parent.parent
ANSWERS = '[project]\nsource = "~/código"\nbranch = "main"\n'


def test_a_mark_that_an_editor_puts_first_is_no_trouble(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_bytes(b"\xef\xbb\xbf" + ANSWERS.replace("\n", "\r\n").encode())
    assert read(file, catalog.load(())).tables["project"]["source"] == "~/código"
    (tmp_path / "guide.md").write_bytes(b"\xef\xbb\xbf# T\xc3\xadtulo\n\nText.\n")
    assert read_guide(tmp_path).title == "Título"
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfhunter2\n")
    assert _file(str(tmp_path / "secret")) == "hunter2"
    (tmp_path / "config").write_bytes(b"\xef\xbb\xbfHost a\n  User ann\n")
    assert parse_target("a", config=tmp_path / "config").user == "ann"
    (tmp_path / "known").write_bytes(b"\xef\xbb\xbfa.org ssh-ed25519 AAAA\n")
    assert len(known_keys(tmp_path / "known", "a.org")) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ANSWERS.encode("latin-1"), r"line 2 is not in UTF-8 \(byte 0xf3\)"),
        (ANSWERS.encode("utf-16"), "line 1: it is in UTF-16"),
        (b"[project]\n\nx = \0", "line 3: it is no text"),
    ],
)
def test_another_encoding_is_named_with_file_and_line(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "answers.toml"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=reason) as e:
        read(file, catalog.load(()))
    assert str(file) in e.value.message
    (tmp_path / "guide.md").write_bytes(data)
    with pytest.raises(UsageError, match=reason):
        read_guide(tmp_path)
    with pytest.raises(UsageError, match=reason):
        _file(str(file))
    with pytest.raises(NoTextError):
        text_of(file)


def test_names_in_another_encoding_in_sshs_own_files_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"# caf\xe9\nHost a\n  User ann\n  IdentityFile /keys/caf\xe9\n")
    assert os.fsencode(parse_target("a", config=tmp_path / "config").identities[0]) == b"/keys/caf\xe9"


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}])
def test_the_program_reads_its_files_whatever_the_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    """Without Python's own help (PEP 538, PEP 540), which only some locales get."""
    (tmp_path / "answers.toml").write_bytes(b"\xef\xbb\xbf" + ANSWERS.encode())
    code = (
        "import sys; from pathlib import Path; from wizard import catalog, guide; from wizard.answers.file import read\n"
        "recipes = catalog.load(())\n"
        "given = read(Path(sys.argv[1]), recipes)\n"
        "assert given.tables['project']['source'] == '~/c\\u00f3digo', ascii(given)\n"
        "assert all(guide.read_guide(r.folder).title for r in recipes)"
    )
    environment = {**os.environ, **locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "answers.toml")], cwd=TOP, env=environment, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_is_printed_to_a_file_is_utf_8_and_is_no_error(encoding: str) -> None:
    """`wizard answers >answers.toml` makes a file that is read again."""
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "answers"], cwd=TOP, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0 and "…" in done.stdout.decode(), done.stderr


def test_no_text_file_is_opened_in_the_encoding_of_the_locale() -> None:
    found = []
    for path in sorted([*TOP.glob("wizard/**/*.py"), *TOP.glob("recipes/**/*.py")]):
        if "sample_project" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            named = {keyword.arg for keyword in node.keywords}
            text = name in ("read_text", "write_text") or (
                name in ("open", "fdopen")
                and any(isinstance(a, ast.Constant) and a.value in ("r", "w", "a") for a in node.args)
            )
            positional = name == "read_text" and node.args
            if text and "encoding" not in named and not positional:
                found.append(f"{path.relative_to(TOP)}:{node.lineno}")
    assert not found
