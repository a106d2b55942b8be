"""The answers file: what is taken, what is refused and how it is said, and that what `wizard answers` prints comes back whole."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from wizard import catalog
from wizard.answers.file import check, read
from wizard.answers.given import GENERATE, Given
from wizard.answers.resolve import LATER, complete, foreseen
from wizard.errors import UsageError
from wizard.fronts.plain.answers_file import render
from wizard.practice.sample import PROJECT
from wizard.recipe import Answers, Question, Recipe
from wizard.secret import MASK, Secret
from wizard.server import Server

PLANTED = "correct-horse-battery"


def shop() -> Recipe:
    """A recipe with a question of each type."""
    recipe = Recipe("shop", __file__)
    name = recipe.ask(Question("name", str, pattern=r"[a-z]+", example="books"))
    recipe.ask(Question("title", str, lambda a: a[name].upper()))
    recipe.ask(Question("shelves", int, lambda a: a.server.cpus * 2, minimum=1, maximum=64))
    recipe.ask(Question("open", bool, True))
    recipe.ask(Question("hosts", tuple, (), optional=True))
    recipe.ask(Question("colour", str, "red", choices=("red", "green")))
    recipe.ask(Question("password", Secret, optional=True))
    return recipe


def taken(text: str, folder: Path = Path()) -> Given:
    return check(tomllib.loads(text), [shop()], where="answers.toml", folder=folder)


def refused(text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        taken(text)
    assert caught.value.exit_status == 2
    return caught.value.details.splitlines()


def completed(given: Given, *recipes: Recipe, server: Server | None = None) -> Answers:
    return complete(given, recipes or [shop()], server=server or Server(cpus=4))


# -- values ---------------------------------------------------------------------------------------------------------


def test_values_of_every_type_are_taken() -> None:
    given = taken('[shop]\nname = "books"\nshelves = 3\nopen = false\nhosts = ["a", "b"]\ncolour = "green"\n')
    assert given.tables["shop"] == {
        "name": "books", "shelves": 3, "open": False, "hosts": ("a", "b"), "colour": "green"
    }  # fmt: skip


def test_a_value_can_come_from_the_environment_or_from_a_file_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", PLANTED)
    (tmp_path / "name").write_text("books\n")
    given = taken('[shop]\nname = { file = "name" }\npassword = { env = "SHOP_PASSWORD" }\n', tmp_path)
    assert given.tables["shop"]["name"] == "books"
    assert given.tables["shop"]["password"] == Secret(PLANTED)


def test_secrets_of_the_projects_own_variables_stay_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", PLANTED)
    given = taken('[env]\nAPI_TOKEN = { env = "API_TOKEN" }\nDEBUG = false\nLIMIT = 5\nDSN = { generate = "secret" }\n')
    assert given.env == {"API_TOKEN": Secret(PLANTED), "DEBUG": "False", "LIMIT": "5", "DSN": GENERATE}
    assert PLANTED not in repr(given)


def test_a_generated_secret_is_made_once_and_then_read_back() -> None:
    given = taken('[shop]\nname = "books"\npassword = { generate = "secret" }\n')
    first = completed(given)
    secret = first.shop.password
    assert isinstance(secret, Secret)
    assert len(secret.reveal()) >= 32 and str(secret) == MASK
    assert first.generated == ["shop.password"]  # the plan keeps it on the server
    again = complete(given, [shop()], server=Server(), secrets={"shop.password": secret})
    assert again.shop.password == secret


# -- refusals -------------------------------------------------------------------------------------------------------


def test_a_secret_as_plain_text_is_refused_and_not_shown() -> None:
    (problem,) = refused(f'[shop]\npassword = "{PLANTED}"\n')
    assert problem.startswith("shop.password: is a secret") and "{ env =" in problem
    assert PLANTED not in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[shpo]\nname = 1\n", "[shpo]: no recipe has this name (did you mean shop?)"),
        ("[shop]\nshelfs = 1\n", "shop.shelfs: no such question (did you mean shelves?)"),
        ("[shop]\nzzz = 1\n", "shop.zzz: no such question"),
        ("shop = 1\n", "shop: is not in a table (did you mean shop?)"),
        ('[shop]\nname = "B 2"\n', "shop.name: must look like books"),
        ("[shop]\nname = 3\n", "shop.name: must be a text"),
        ("[shop]\nshelves = true\n", "shop.shelves: must be a whole number"),
        ("[shop]\nshelves = 65\n", "shop.shelves: must be at most 64"),
        ("[shop]\nshelves = 0\n", "shop.shelves: must be at least 1"),
        ('[shop]\nopen = "yes"\n', "shop.open: must be true or false"),
        ('[shop]\nhosts = "a"\n', "shop.hosts: must be a list of texts"),
        ("[shop]\nhosts = [1]\n", "shop.hosts: must be a list of texts"),
        ('[shop]\ncolour = "blue"\n', "shop.colour: must be one of red, green"),
        ('[shop]\nname = ""\n', "shop.name: must not be empty"),
        (
            '[shop]\npassword = { env = "NOT_SET_ANYWHERE" }\n',
            "shop.password: the environment variable NOT_SET_ANYWHERE is not set",
        ),
        ('[shop]\npassword = { file = "/nowhere/at/all" }\n', "shop.password: cannot read the file /nowhere/at/all"),
        ('[shop]\nname = { evn = "X" }\n', 'shop.name: must be a value, { env = "NAME" }'),
    ],
)
def test_a_wrong_answer_is_refused_with_its_key_and_the_reason(text: str, problem: str) -> None:
    (said,) = refused(text)
    assert said.startswith(problem)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(refused('[shop]\nname = ""\nshelves = "x"\nhosts = 1\n[nothing]\na = 1\n[env]\nX = { a = 1 }\n')) == 5


@pytest.mark.parametrize("text", ["name = ", "\x00", '[a]\n[a]\n"'])
def test_a_file_that_is_no_toml_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(text)
    with pytest.raises(UsageError, match=r"answers\.toml"):
        read(tmp_path / "answers.toml", [shop()])


# -- defaults -------------------------------------------------------------------------------------------------------


def test_a_default_builds_on_another_answer_and_on_the_server() -> None:
    answers = completed(taken('[shop]\nname = "books"\n'), server=Server(cpus=4))
    assert (answers.shop.title, answers.shop.shelves) == ("BOOKS", 8)


def test_a_default_may_build_on_an_answer_further_on() -> None:
    recipe = Recipe("late", __file__)
    second = Question("second", str, "hello")
    recipe.ask(Question("first", str, lambda a: a[second] + "!"))
    recipe.ask(second)
    assert completed(Given(), recipe).late.first == "hello!"


def test_a_default_that_builds_on_itself_is_refused() -> None:
    recipe = Recipe("round", __file__)
    one = recipe.ask(Question("one", str, lambda a: str(a.round.two)))
    recipe.ask(Question("two", str, lambda a: a[one]))
    with pytest.raises(UsageError, match="builds on itself"):
        completed(Given(), recipe)


def test_every_question_without_an_answer_is_named_with_its_example() -> None:
    with pytest.raises(UsageError) as caught:
        completed(Given())
    assert "shop.name: must be answered, for example books" in caught.value.details


def test_before_the_server_is_seen_only_what_it_cannot_decide_counts_as_missing() -> None:
    recipe = shop()
    values = {question.name: value for question, value in foreseen([recipe], Given(), None).items()}
    assert values["name"] is None and values["title"] is LATER  # which builds on the name
    assert values["shelves"] is LATER
    assert values["open"] is True and values["hosts"] == ()


# -- what `wizard answers` prints -----------------------------------------------------------------------------------

COMMENTED = re.compile(r"^# (?=[a-z_]+ = )", re.MULTILINE)


def test_the_printed_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(render(PROJECT))
    recipes = catalog.load()
    given = read(tmp_path / "answers.toml", recipes)
    assert given.tables["project"] == {"source": str(PROJECT.resolve())}
    assert not given.env and not any(table for name, table in given.tables.items() if name != "project")


def test_every_default_that_is_printed_is_the_one_that_would_have_been_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wizard.project.inspect import inspect

    recipes, found = catalog.load(), inspect(PROJECT)
    server = Server(login_keys=("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAeA3OdyxqZRbxGNAUDvSrKSrUBaNQBBGBNVtHVJYU3X me",),
                    address="192.0.2.7")  # fmt: skip
    lines = [
        line
        for line in COMMENTED.sub("", render(PROJECT)).splitlines()
        if not re.search("by default it follows from|must be answered", line)
    ]
    for name in re.findall(r'env = "([A-Z_]+)"', "\n".join(lines)):
        monkeypatch.setenv(name, "")
    (tmp_path / "answers.toml").write_text("\n".join(lines))
    printed = complete(read(tmp_path / "answers.toml", recipes), recipes, server=server, found=found)
    bare = Given({"project": {"source": str(PROJECT.resolve())}})
    usual = complete(bare, recipes, server=server, found=found)
    assert printed.tables == usual.tables


def test_the_printed_file_has_every_question_with_its_guides_words() -> None:
    text = render(None)
    unwrapped = " ".join(line.removeprefix("# ") for line in text.splitlines())
    for recipe in catalog.load():
        assert f"[{recipe.name}]" in text or not recipe.questions
        for question in recipe.questions:
            assert re.search(rf"^(# )?{question.name} = ", text, re.MULTILINE)
    assert "The name under which visitors reach the site" in unwrapped


def test_without_a_project_what_must_be_answered_is_left_open_and_refused_when_empty(tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(render(None))
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "answers.toml", catalog.load())
    assert "project.source: must not be empty" in caught.value.details


# -- any text at all ------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


@for_all(TEXT, st.integers(1, 64), st.booleans(), st.lists(TEXT, max_size=4))
def test_what_is_saved_is_read_back_as_it_was(title: str, shelves: int, is_open: bool, hosts: list[str]) -> None:
    from wizard.answers.remembered import as_toml

    values: dict[str, Any] = {
        "name": "books",
        "shelves": shelves,
        "open": is_open,
        "hosts": tuple(h for h in hosts if h),
    }
    values |= {"title": title} if title else {}
    env = {"GREETING": title or "x"}
    remembered = as_toml(Given({"shop": {**values, "password": Secret(PLANTED)}}, {**env}), [shop()], references=False)
    assert PLANTED not in remembered
    assert taken(remembered).tables["shop"] == values and taken(remembered).env == {}  # a variable may hold a secret
    saved = taken(as_toml(Given({"shop": values}, {**env}), [shop()], references=True))
    assert saved.tables["shop"] == values and saved.env == env


@for_all(st.text(string.printable, max_size=80))
def test_no_file_makes_anything_but_a_usage_error(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    try:
        check(document, [shop()], where="x", folder=Path("/nowhere"))
    except UsageError as error:
        assert error.details


def test_a_byte_order_mark_at_the_beginning_is_no_syntax_error(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_bytes('\ufeff[shop]\nname = "books"\n'.encode())
    assert read(file, [shop()]).tables["shop"]["name"] == "books"


def test_a_default_that_is_to_be_built_on_a_missing_answer_is_not_none_as_a_text() -> None:
    recipe = Recipe("shop", __file__)
    recipe.ask(Question("name", str, pattern=r"[a-z]+", example="books"))
    address = recipe.ask(Question("address", str, lambda a: f"{a.shop.name}.example.org"))
    assert foreseen([recipe], Given(), None)[address] is LATER
    with pytest.raises(UsageError, match="some questions have no answer") as refused:
        complete(Given(), [recipe], server=Server())
    assert "None" not in refused.value.details
    assert "None" not in render(None)
