"""A language is files only: with a catalogue and guides of a language that nobody speaks, no English is left anywhere.

The language is made here of the English one: each letter becomes another one (а for a), but for fields, commands in `…`, and
marks. So whatever is still written in the old letters was not in the files; what is not the wizard's own words (addresses,
paths, commands, values of the project) is told from a sentence by its shape.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wizard
from tests.sentences import is_sentence
from wizard.practice.sample import PROJECT

ROOT = Path(__file__).parent.parent
OLD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NEW = "абцдефгхийклмнопярстувщхызАБЦДЕФГХИЙКЛМНОПЯРСТУВЩХЫЗ"
LETTERS = str.maketrans(OLD, NEW)
KEPT = re.compile(
    r"\{\w+\}|`[^`]*`|\[/?[a-z$ ]*\]|https?://\S+|\b[\w./-]+\.(?:py|toml|md|html|org)\b|--[a-z-]+|~?/[\w./-]+|\\\w"
)
# click's own words, and Python's own, which have catalogues of their own
OTHERS = re.compile(
    r"Show (?:this message|the version) and exit|Try 'wizard|Missing argument|No such|Search for commands|Usage: |\[OPTIONS\]"
)


def translated(words: str) -> str:
    """These words in letters that no English has."""
    end, out = 0, []
    for match in KEPT.finditer(words):
        out += [words[end : match.start()].translate(LETTERS), match[0]]
        end = match.end()
    return "".join([*out, words[end:].translate(LETTERS)])


def translated_guide(text: str) -> str:
    """A guide: ids of headings and bullets stay, and so do commands, which are indented."""
    lines = []
    for line in text.splitlines():
        match = re.match(r"(## [a-z_-]+: |- `\w+`: |#+ |- |)(.*)", line)
        assert match is not None
        keeps = line.startswith("    ") or line in ("## Questions", "## Afterwards", "## Texts")
        lines.append(line if keeps else match[1] + translated(match[2]))
    return "\n".join(lines) + "\n"


def toml(data: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The catalogue written anew."""
    for name, value in data.items():
        if not isinstance(value, dict):
            said = [translated(one) for one in value] if isinstance(value, list) else translated(value)
            yield f"{name} = {json.dumps(said, ensure_ascii=False)}"
    for name, value in data.items():
        if isinstance(value, dict):
            yield f"[{prefix}{name}]"
            yield from toml(value, f"{prefix}{name}.")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with the files of one more language beside those that it has: no line of code is changed."""
    home = tmp_path_factory.mktemp("program")
    package = Path(wizard.__file__).parent
    for folder in (package, package.parent / "recipes"):
        shutil.copytree(folder, home / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    catalogue = home / "wizard" / "fronts" / "text"
    for path in (catalogue / "en").glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        lines = path.read_text(encoding="utf-8") if path.stem == "language" else "\n".join(toml(data)) + "\n"
        (catalogue / "xx").mkdir(exist_ok=True)
        (catalogue / "xx" / path.name).write_text(lines, encoding="utf-8")
    for guide in [*home.glob("recipes/*/guide.md"), home / "wizard" / "roles" / "guide.md"]:
        guide.with_name("guide.xx.md").write_text(translated_guide(guide.read_text(encoding="utf-8")), encoding="utf-8")
    for causes in home.glob("recipes/*/causes.toml"):
        records = tomllib.loads(causes.read_text(encoding="utf-8"))["cause"]
        words = [
            f"[[cause]]\ncode = {json.dumps(one['code'])}\nwhat = {json.dumps(translated(one['what']))}\n"
            f"do = {json.dumps(translated(one['do']))}\n"
            for one in records
        ]
        causes.with_name("causes.xx.toml").write_text("\n".join(words), encoding="utf-8")
    return home


Run = Callable[..., str]


@pytest.fixture
def run(program: Path, tmp_path: Path) -> Run:
    """Runs the command, and gives all that it prints."""

    def run(*argv: str, language: str = "xx", **variables: str) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "WIZARD_"))}
        env |= {
            "PYTHONPATH": str(program),
            "WIZARD_LANGUAGE": language,
            "HOME": str(tmp_path),
            "COLUMNS": "200",
        } | variables
        done = subprocess.run(
            [sys.executable, "-P", "-m", "wizard", *argv], env=env, cwd=tmp_path, text=True, capture_output=True, check=False,
            stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    return run


LIST = r"\b[a-z0-9-]+(?:, [a-z0-9-]+){2,}"  # of packages, say
NAMES = re.compile(rf"`[^`]*`|\bwizard [a-z-]+( \S+)*|~?/\S+|\S+@\S+|--?[a-z]\S*|\S*[_=.:]\S*|{LIST}")


def english(said: str) -> list[str]:
    """The lines with a sentence in English."""
    return [line for line in said.splitlines() if is_sentence(NAMES.sub(" ", line)) and not OTHERS.search(line)]


def test_translation_leaves_fields_and_commands() -> None:
    said = translated("cannot read {path}: see `wizard answers`")
    assert said.startswith("цаннот") and "{path}" in said and "`wizard answers`" in said
    assert english("this is left in English") and not english(translated("this is left in English"))


@pytest.mark.parametrize(
    "command",
    [(), ("setup",), ("plan",), ("status",), ("verify",), ("rollback",), ("answers",), ("inspect",), ("recipes", "check"),
     ("practice",), ("practice", "up"), ("practice", "down"), ("practice", "pull-plug")],
    ids=" ".join,
)  # fmt: skip
def test_help_speaks_the_language(run: Run, command: tuple[str, ...]) -> None:
    said = run(*command, "--help")
    assert re.search("[а-я]{3}", said)
    assert english(said) == []


def test_look_at_a_project_speaks_the_language(run: Run) -> None:
    said = run("inspect", str(PROJECT))
    assert re.search("[а-я]{3}", said)
    assert english(said) == []


def test_answers_file_speaks_the_language(run: Run) -> None:
    said = run("answers", str(PROJECT))
    tomllib.loads(said)
    comments = [line.removeprefix("# ") for line in said.splitlines() if line.startswith("#")]
    assert re.search("[а-я]{3}", "".join(comments))
    assert english("\n".join(comments)) == []


def test_errors_speak_the_language(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "answers.toml"
    broken.write_text('[projekt]\nname = 1\n[postgres]\nrole = "pg_x"\ndatabse = "x"\n[gunicorn]\nworkers = 99\n')
    (tmp_path / "recipes" / "demo").mkdir(parents=True)
    (tmp_path / "recipes" / "demo" / "recipe.py").write_text(
        "from wizard.api import Recipe\nrecipe = Recipe('other')\n"
    )
    for argv in (
        ("setup", "root@127.0.0.1:1", "--yes"),
        ("setup", "root@127.0.0.1:1", "--yes", "--json"),
        ("setup", "root@127.0.0.1:1", "--answers", str(broken), "--yes"),
        ("plan", "root@127.0.0.1:1", "--answers", str(tmp_path / "missing.toml")),
        ("status", "--", "-root@host"),
        ("status", "root@"),
        ("rollback", "root@127.0.0.1:1"),
        ("setup", "root@127.0.0.1:1", "--only", "ngnix"),
        ("inspect", str(tmp_path / "recipes")),
        ("inspect", str(tmp_path / "nowhere")),
        ("recipes", "check", str(tmp_path / "recipes")),
        ("setup", "root@127.0.0.1:1", "--recipes", str(tmp_path / "recipes")),
        ("practice", "up", "Not-A-Name!"),
    ):
        said = run(*argv)
        assert re.search("[а-я]{3}", said), (argv, said)
        assert english(said) == [], argv


def test_locale_chooses_the_language_where_there_is_a_catalogue(run: Run) -> None:
    for locale, speaks in (("xx_YY.UTF-8", True), ("zz_ZZ.UTF-8", False), ("C", False)):
        said = run("--help", language="", LC_ALL=locale)
        assert bool(re.search("[а-я]{3}", said)) is speaks
        assert ("From a bare Linux server" in said) is not speaks


def test_screens_speak_the_language(program: Path) -> None:
    env = os.environ | {"WIZARD_LANGUAGE": "xx"}
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-o", f"pythonpath={program} ."]
    done = subprocess.run(
        [*argv, "tests/fronts/tui/speaking.py"],
        env=env,
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-6000:]
