"""Each thing has one owner: an equal key twice in a plan, or a kind that is taken, is refused before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard import catalog
from wizard.engine.plan import make_plan
from wizard.engine.remote.session import Session
from wizard.errors import RecipeError
from wizard.operations.base import KINDS, Operation
from wizard.operations.file import Directory, File, directory, file
from wizard.recipe import Answers, Recipe
from wizard.server import Server
from wizard.transport.fake import FakeTransport

OWN = """\
from wizard.operations.base import Operation
from wizard.recipe import Recipe

recipe = Recipe("mine")


class Mine(Operation):
    kind = {kind!r}
"""


def two_recipes(first: Operation, second: Operation) -> list[Recipe]:
    recipes = [Recipe("one"), Recipe("two")]
    for recipe, operation in zip(recipes, (first, second), strict=True):

        @recipe.step("step")
        def step(a: Answers, operation: Operation = operation) -> Iterator[Operation]:
            yield operation

    return recipes


@pytest.mark.parametrize("second", [file("/etc/motd", "b"), file("/etc/motd", "a")])
def test_equal_key_in_two_steps_is_refused_with_both_their_names(second: File) -> None:
    transport = FakeTransport()  # it raises on whatever it is sent
    session = Session(transport, lambda _: None)
    with pytest.raises(RecipeError) as error:
        make_plan(two_recipes(file("/etc/motd", "a"), second), Answers({}, server=Server()), session)
    assert error.value.exit_status == 2
    assert error.value.details == "file:/etc/motd: in one/step and in two/step"


def test_same_path_of_another_kind_is_another_key() -> None:
    assert file("/etc/x", "").key != directory("/etc/x").key


def load(folder: Path, kind: str) -> None:
    (folder / "mine").mkdir(parents=True, exist_ok=True)
    (folder / "mine" / "recipe.py").write_text(OWN.format(kind=kind))
    catalog.from_file(folder / "mine" / "recipe.py")


@pytest.mark.parametrize("kind", ["file", "swap", "live_release"])
def test_recipe_with_a_kind_that_is_taken_is_refused_and_undo_stays_ours(tmp_path: Path, kind: str) -> None:
    with pytest.raises(RecipeError, match=rf"class Mine has the kind '{kind}', which belongs to wizard\.operations\."):
        load(tmp_path, kind)
    assert KINDS[kind].__module__.startswith("wizard.operations.")


def test_subclass_without_a_kind_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match=r"belongs to wizard\.operations\.file\.Directory"):
        type("Mine", (Directory,), {"__module__": "somewhere"})
    assert KINDS["directory"] is Directory


def test_own_kind_is_taken_also_when_its_recipe_is_loaded_again(tmp_path: Path) -> None:
    try:
        for _ in range(2):
            load(tmp_path, "kind_of_mine")
        assert KINDS["kind_of_mine"].__name__ == "Mine"
    finally:
        KINDS.pop("kind_of_mine", None)
