"""`wizard recipes check`: each fault of a teacher's recipe is found, with its file and line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.sentences import entries
from wizard import catalog
from wizard.cli import cli
from wizard.recipe_check import Fault, check

RECIPE = """\
from wizard.api import Question, Recipe
from wizard.api import command
from wizard.api import file

recipe = Recipe("greeting", needs=["hardening"])
words = recipe.ask(Question("words", str, "Welcome"))


@recipe.step("message")
def message(a):
    yield file("/etc/motd", recipe.template("motd", a, words=a[words]))


recipe.output("where", lambda a: "cat /etc/motd", afterwards=True)
"""
GUIDE = """\
# Greeting

What people read when they log in.

## Questions

- `words`: what to say, for example `Welcome`

## message: motd: the message of the day

It is shown after each login.

## Afterwards

- `where`: The message.
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "greeting"
    (home / "templates").mkdir(parents=True)
    (home / "recipe.py").write_text(RECIPE)
    (home / "guide.md").write_text(GUIDE)
    (home / "templates" / "motd").write_text("{{ words | sh }}\n")
    return home


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_good_recipe_and_all_of_ours_have_no_fault(home: Path) -> None:
    assert check(home.parent) == (["greeting"], [])
    names, faults = check(catalog.own_folder())
    assert faults == [] and len(names) >= 11


def test_a_copy_of_one_of_ours_has_no_fault(tmp_path: Path) -> None:
    shutil.copytree(catalog.own_folder() / "nginx", tmp_path / "nginx")
    assert check(tmp_path) == (["nginx"], [])


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "code"),
    [
        ("recipe.py", "def message(a):", "def message(a:", 10, "syntax"),
        ("recipe.py", "import command", "import commnad", 2, "raised"),
        ("recipe.py", '"greeting"', '"other"', 0, "no_recipe"),
        ("recipe.py", '"hardening"', '"hardenning"', 0, "need_unknown"),
        ("guide.md", "## message: motd", "## mesage: motd", 9, "step_unknown"),
        ("guide.md", "## message: motd", "## mesage: motd", 0, "step_missing"),
        ("guide.md", "It is shown after each login.", "", 9, "step_empty"),
        ("guide.md", "- `words`: what", "- words: what", 0, "question_missing"),
        ("guide.md", "- `words`: what", "- `words`: what\n- `sound`: what", 8, "question_unknown"),
        ("guide.md", "- `where`: The", "- where: The", 0, "afterwards_missing"),
        ("recipe.py", "a[words]", "a[wrods]", 11, "raised"),
        ("recipe.py", "words=a[words]", "word=a[words]", 11, "raised"),
        ("recipe.py", '"motd", a', '"motto", a', 11, "raised"),
        ("recipe.py", "    yield file", '    yield command("x", "true", test="true")\n    yield file', 11, "raised"),
        ("recipe.py", '"/etc/motd", recipe', '"/etc/timezone", recipe', 9, "key_twice"),
        ("recipe.py", "    yield file", '    yield file("/etc/motd", "")\n    yield file', 9, "key_twice"),
        ("recipe.py", "@recipe.step", 'from wizard.operations.base import Operation\nclass Mine(Operation):\n'
         '    kind = "swap"\n\n\n@recipe.step', 10, "kind_taken"),
        ("recipe.py", "@recipe.step", "from wizard.operations.file import File\nclass Mine(File):\n"
         "    pass\n\n\n@recipe.step", 10, "kind_taken"),
        ("templates/motd", " | sh", "", 11, "raised"),
    ],
)  # fmt: skip
def test_each_fault_has_its_file_and_line(home: Path, file: str, old: str, new: str, line: int, code: str) -> None:
    if code == "raised" and file.startswith("templates"):
        change(home / "recipe.py", '"Welcome"', '"Welcome; hello"')
    change(home / file, old, new)
    _, faults = check(home.parent)
    wanted = home / ("recipe.py" if file.startswith("templates") else file)
    assert (wanted, line, code) in [(f.path, f.line, f.code) for f in faults], faults


def test_a_missing_guide_and_one_of_another_language_are_looked_at(home: Path) -> None:
    (home / "guide.md").rename(home / "guide.es.md")
    change(home / "guide.es.md", "`words`", "`palabras`")
    codes = {(f.path.name, f.code) for f in check(home.parent)[1]}
    assert codes == {
        ("guide.md", "guide_missing"),
        ("guide.es.md", "question_missing"),
        ("guide.es.md", "question_unknown"),
    }


def test_the_command_prints_a_line_each_and_ends_with_1(home: Path) -> None:
    runner = CliRunner()
    good = runner.invoke(cli, ["recipes", "check", str(home.parent)])
    assert good.exit_code == 0 and "nothing to mend" in good.stderr and good.stdout == ""
    change(home / "guide.md", "## message: motd", "## mesage: motd")
    bad = runner.invoke(cli, ["recipes", "check", str(home.parent)])
    assert bad.exit_code == 1 and f"{home}/guide.md:9: heading without a step" in bad.stdout
    as_json = runner.invoke(cli, ["recipes", "check", str(home.parent), "--json"])
    assert {json.loads(line)["code"] for line in as_json.stdout.splitlines()} == {"step_unknown", "step_missing"}


def test_every_code_has_its_words() -> None:
    from wizard.fronts.plain.recipes import said

    for code, words in entries("plain", "fault").items():
        names = ("kind", "role", "says", "name", "reason", "error", "key", "step", "other")
        assert said(Fault(Path("x"), 3, code, dict.fromkeys(names, "y"))).startswith("x:3: "), words


def test_a_folder_without_recipes_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["recipes", "check", str(tmp_path)])
    assert result.exit_code != 0 and "cannot find a recipe" in str(result.exception)
