"""Answers files from nowhere good: each is taken rightly, or refused in words that name what is wrong, before anything is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hostile import ATTACKS, texts
from wizard import catalog
from wizard.answers import file
from wizard.answers.file import LONGEST
from wizard.errors import UsageError

RECIPES = catalog.load(())


def refused(text: str | bytes, folder: Path) -> UsageError:
    (folder / "answers.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UsageError) as caught:
        file.read(folder / "answers.toml", RECIPES)
    assert caught.value.message.startswith("cannot ")
    return caught.value


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "x = " + "{a=" * 2000, "[project]\nname = " + "9" * 5000, b"\xff\xfe\x00", b"[project]\n\0",
     b"#" * (LONGEST + 1),
     "[env]\n[env]\n", "\x1b[31m = 1", "[[project]]\nname = 1", "project = 1", "[project]\nname = 1979-05-27", "[project]\nname = nan",
     "[project]\nname = [[[]]]", "[project.name]\nx = 1", '["../../etc"]\nx = 1', '[project]\n"__class__" = 1'],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_refused_in_words(text: str | bytes, tmp_path: Path) -> None:
    error = refused(text, tmp_path)
    assert "answers.toml" in error.message and "\x1b" not in error.message + error.details


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "/etc", "/nonexistent", "/dev/null/x"])
def test_what_is_no_file_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the answers file"):
        file.read(Path(path), RECIPES)
    assert "cannot read the file" in refused(f'[project]\ndeploy_key = {{ file = "{path}" }}', tmp_path).details


@pytest.mark.parametrize("reference", ['{ file = "a\\u0000b" }', '{ file = "~nobody-of-that-name/x" }', '{ env = "A\\u0000" }',
                                       '{ env = "" }',
                                       "{ }", "{ env = 1 }", '{ file = "x", env = "y" }', '{ generate = "x" }'])  # fmt: skip
def test_a_reference_that_leads_nowhere_is_refused_by_its_name(reference: str, tmp_path: Path) -> None:
    assert "deploy_user.password" in refused(f"[deploy_user]\npassword = {reference}", tmp_path).details


def test_bytes_of_the_environment_that_are_no_text_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYTES", os.fsdecode(b"pass\xffword"))
    error = refused('[deploy_user]\npassword = { env = "BYTES" }', tmp_path)
    assert "BYTES is no text" in error.details and "pass" not in error.details.replace("deploy_user.password", "")


def test_a_variable_whose_name_is_a_path_is_no_variable(tmp_path: Path) -> None:
    """Generated, it would be a file of that name below the folder of secrets."""
    for name in ("../../../etc/cron.d/x", "A B", "A=B", "", "A\\n", "$(id)", "é"):
        assert "not the name of a variable" in refused(f'[env]\n"{name}" = {{ generate = "secret" }}', tmp_path).details


def test_hostile_answers_to_every_question_are_taken_or_refused_by_name(tmp_path: Path) -> None:
    import tomlkit

    taken = 0
    values = [*ATTACKS, *(v for v in texts(120, seed=40, longest=4) if "\udc80" not in v and "\ud800" not in v)]
    for recipe in RECIPES:
        for question in recipe.questions:
            if question.type not in (str, tuple):
                continue
            for value in values:
                one = [value] if question.type is tuple else value
                document = tomlkit.dumps({recipe.name: {question.name: one}})
                (tmp_path / "x.toml").write_text(document, newline="")
                try:
                    given = file.read(tmp_path / "x.toml", RECIPES)
                except UsageError as error:
                    assert f"{recipe.name}.{question.name}" in error.details or "cannot read" in error.message
                    continue
                taken += 1
                got = given.tables[recipe.name][question.name]
                assert got == (tuple(one) if isinstance(one, list) else one)
    assert taken > 10
