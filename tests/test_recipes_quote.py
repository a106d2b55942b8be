"""What a recipe puts into a script or a file is plain, or has been through quoting: no answer goes another way."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import ATTACKS, SIGNS, texts
from wizard import catalog
from wizard.errors import UsageError
from wizard.operations.quoting import nginx_string, plain, sh, sql_literal
from wizard.recipe import CHOICE, Answers, Question, Recipe
from wizard.server import Server

RECIPES = [recipe for recipe in catalog.load(()) if recipe.name != CHOICE]  # whose answers are names of recipes
# These may be texts with signs in them: wherever one is used, a function or an operation takes it as it is.
FREE = {
    ("deploy_user", "authorized_key"), ("project", "source"), ("django", "superuser_email"),
    ("virtualenv", "extra_packages"), ("virtualenv", "replaced_packages"), ("sanity_check", "page"), ("sanity_check", "admin"),
}  # fmt: skip
QUESTIONS = [q for r in RECIPES for q in r.questions if q.type in (str, tuple)]


def candidates(question: Question[object]) -> Iterator[object]:
    """Hostile values, and the question's own example with something hostile before, in and after it."""
    example = (question.example or str(next(iter(question.choices), "x"))).replace("…", "")
    values = [*texts(200, seed=30, longest=4), example]
    for bad in (*ATTACKS, *SIGNS):
        values += [f"{example}{bad}", f"{bad}{example}", f"{example[:2]}{bad}{example[2:]}"]
    for value in values:
        yield (value,) if question.type is tuple else value


def is_plain(value: object) -> bool:
    try:
        return all(plain(one) == one for one in (value if isinstance(value, tuple) else (value,)))
    except UsageError:
        return False


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.recipe}.{q.name}")
def test_what_a_question_accepts_is_plain_or_used_with_quoting_only(question: Question[object]) -> None:
    accepted = [value for value in candidates(question) if question.refusal(value) is None]
    signs = [value for value in accepted if not is_plain(value)]
    assert ((question.recipe, question.name) in FREE) == bool(signs), signs[:3]


def raw_uses(recipe: Recipe) -> Iterator[str]:
    """Where the recipe makes text with a free answer by itself: in an f-string, with + or %, or with format or join."""
    tree = ast.parse(Path(recipe.home).read_text())
    variables = {
        target.id: (recipe.name, call.args[0].value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
        and isinstance(outer := node.value, ast.Call) and outer.args and isinstance(call := outer.args[0], ast.Call)
        and call.args and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip

    def free(node: ast.AST) -> bool:
        match node:
            case ast.Subscript(value=ast.Name(id="a"), slice=ast.Name(id=name)):
                return variables.get(name) in FREE
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="a"), attr=table), attr=name):
                return (table, name) in FREE
        return False

    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(value=value):
                parts = [value]
            case ast.BinOp(left=left, right=right, op=ast.Add() | ast.Mod()):
                parts = [left, right]
            case ast.Call(func=ast.Attribute(attr="format" | "join"), args=args):
                parts = args
            case _:
                continue
        yield from (f"{recipe.name}: {ast.unparse(node)}" for part in parts if free(part))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_no_recipe_makes_text_of_a_free_answer_by_itself(recipe: Recipe) -> None:
    assert list(raw_uses(recipe)) == []


def test_the_search_for_such_texts_finds_one(tmp_path: Path) -> None:
    home = tmp_path / "recipe.py"
    home.write_text(
        'source = recipe.ask(Question("source", str))\nx = f"git clone {a[source]}"\ny = "cd " + a.project.source\n'
    )
    assert len(list(raw_uses(Recipe("project", str(home))))) == 2


@pytest.mark.parametrize(
    ("text", "accepted"),
    [("{{ value }}", False), ("{{ value | sh }}", True), ("{{ value | nginx }}", True), ("{{ value | sql }}", True),
     ("{% set x = value %}{{ x }}", False), ("{{ value ~ 1 }}", False), ("{{ (value | sh) ~ value }}", False)],
)  # fmt: skip
def test_a_template_that_forgets_its_filter_is_refused(text: str, accepted: bool, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x").write_text(text)
    recipe, a = Recipe("x", str(tmp_path / "recipe.py")), Answers({}, server=Server())
    for value in ("a b", "x;y", "'", "a'b", "%n", "{x}"):
        if not accepted:
            with pytest.raises(UsageError, match="as it is"):
                recipe.template("x", a, value=value)
        else:
            assert recipe.template("x", a, value=value) in {quote(value) for quote in (sh, nginx_string, sql_literal)}


def test_every_template_of_ours_is_refused_a_name_with_signs() -> None:
    for recipe, template in itertools.chain.from_iterable(
        ((r, t) for t in sorted((r.folder / "templates").glob("*")) if "a.site." in t.read_text()) for r in RECIPES
    ):
        tables: dict[str, dict[str, Any]] = {
            "project": {"name": "x;y", "subdirectory": ".", "domain": "d", "wsgi": "w", "settings_module": "s"}
        }
        tables |= {"gunicorn": {"workers": 1, "threads": 1, "timeout": 1}, "nginx": {}, "env_vars": {}, "postgres": {}}
        a = Answers(tables, server=Server(), recipes=RECIPES)
        words = {"names": ["d"], "longest": 1, "changed": [], "before": "", "inside": ""}
        with pytest.raises(UsageError, match="as it is"):
            recipe.template(template.name, a, socket="/s", configuration="/c", **words)
