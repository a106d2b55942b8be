"""Answers that a server keeps: what goes there, and what of it is taken when it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers import kept as kept_answers
from wizard.answers.given import GENERATE, Given
from wizard.answers.resolve import complete
from wizard.catalog import load
from wizard.recipe import Recipe
from wizard.secret import Secret
from wizard.server import Server

RECIPES = load()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def kept(**tables: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answers = complete(
        Given(tables), RECIPES, server=Server(address="203.0.113.7", login_keys=("ssh-ed25519 AAAA a",)), lenient=True
    )
    found: dict[str, dict[str, Any]] = json.loads(kept_answers.dumps(answers, RECIPES))
    return found


def test_what_is_kept_is_what_was_answered_and_the_defaults_of_that_day() -> None:
    tables = kept(nginx={"upload_mb": 50}, hardening={"extra_ports": ("8080",)})
    given = kept_answers.loads(json.dumps(tables), RECIPES)
    assert given.tables["nginx"]["upload_mb"] == 50
    assert given.tables["hardening"]["extra_ports"] == ("8080",)
    assert given.tables["gunicorn"]["threads"] == 2


def test_no_secret_is_kept_but_that_one_was_made_up_is() -> None:
    tables = kept(deploy_user={"password": Secret("sesame")}, django={"superuser_password": GENERATE})
    assert "sesame" not in json.dumps(tables)
    assert "password" not in tables["deploy_user"]
    assert kept_answers.loads(json.dumps(tables), RECIPES).tables["django"]["superuser_password"] == GENERATE


@pytest.mark.parametrize(
    ("source", "stays"),
    [("https://git.example.org/me/shop.git", True), ("git@git.example.org:me/shop.git", True), ("~/code/shop", False),
     ("/home/ana/.ssh", False), ("file:///home/ana", False), ("../shop", False)],
)  # fmt: skip
def test_a_folder_of_one_computer_is_neither_kept_nor_taken(source: str, stays: bool) -> None:
    assert ("source" in kept(project={"source": source})["project"]) == stays
    taken = kept_answers.loads(json.dumps({"project": {"source": source}}), RECIPES)
    assert ("source" in taken.tables.get("project", {})) == stays


@pytest.mark.parametrize(
    "tables",
    [
        {"project": {"deploy_key": {"file": "~/.ssh/id_ed25519"}}},
        {"django": {"superuser_password": {"env": "HOME"}}},
        {"project": {"deploy_key": GENERATE}},
        {"nginx": {"upload_mb": "20; reboot"}},
        {"nginx": {"upload_mb": True}},
        {"deploy_user": {"name": "root"}},
        {"django": {"superuser_email": "a@b\x1b]0;x\x07"}},
        {"no-such-recipe": {"x": 1}},
    ],
)
def test_what_no_question_takes_is_left_out(tables: dict[str, Any]) -> None:
    assert kept_answers.loads(json.dumps(tables), RECIPES).tables == {}


def test_nesting_without_end_is_left_out() -> None:
    assert kept_answers.loads('{"nginx":' * 100_000, RECIPES).tables == {}


@given(
    st.text(max_size=40)
    | JSON.map(json.dumps)
    | st.dictionaries(st.sampled_from([r.name for r in RECIPES]), JSON).map(json.dumps)
)
def test_whatever_a_server_says_is_taken_or_left(text: str) -> None:
    questions: dict[str, Recipe] = {r.name: r for r in RECIPES}
    for table, values in kept_answers.loads(text, RECIPES).tables.items():
        by_name = {q.name: q for q in questions[table].questions}
        assert all(v == GENERATE or by_name[k].refusal(v) is None for k, v in values.items())
