"""Every recipe's guide: complete, in order, and of a length that one reads."""

from __future__ import annotations

import re

import pytest

from wizard import catalog
from wizard.fronts.plain.numbered import spoken
from wizard.guide import Guide, read_guide
from wizard.recipe import CHOICE, Recipe
from wizard.role import ROLES

RECIPES = {recipe.name: recipe for recipe in catalog.load() if recipe.name != CHOICE}
SECTIONS = ("What could go wrong", "Look for yourself", "How it is undone")


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return RECIPES[request.param]


@pytest.fixture
def guide(recipe: Recipe) -> Guide:
    return read_guide(recipe.folder)


def test_each_step_has_a_heading_in_the_order_of_the_steps(recipe: Recipe, guide: Guide) -> None:
    assert list(guide.steps) == [step.name for step in recipe.steps]


def test_each_step_says_something(guide: Guide) -> None:
    assert [name for name, (heading, text) in guide.steps.items() if not heading or len(text.split()) < 8] == []


def test_each_question_has_a_bullet_and_no_bullet_is_left_over(recipe: Recipe, guide: Guide) -> None:
    assert sorted(guide.questions) == sorted(question.name for question in recipe.questions)


def test_the_choice_of_each_role_has_a_bullet() -> None:
    (choice,) = (recipe for recipe in catalog.load() if recipe.name == CHOICE)
    assert set(read_guide(choice.folder).questions) == set(ROLES)


def test_each_thing_told_at_the_end_has_a_bullet(recipe: Recipe, guide: Guide) -> None:
    assert sorted(guide.afterwards) == sorted(name for name, _ in recipe.afterwards)


def test_it_says_what_and_why_first(guide: Guide) -> None:
    assert guide.title and len(guide.intro.split()) >= 20


@pytest.mark.parametrize("section", SECTIONS)
def test_it_has_the_sections_that_every_guide_has(guide: Guide, section: str) -> None:
    _, _, text = guide.text.partition(f"\n### {section}\n")
    assert len(text.partition("\n#")[0].split()) >= 5


def test_it_is_neither_too_short_nor_too_long(guide: Guide) -> None:
    words = re.findall(r"\w[\w.'/@:-]*", "\n".join([guide.intro, *(text for _, text in guide.steps.values())]))
    assert 120 <= len(words) <= 400


def test_it_can_be_read_out_without_marks(guide: Guide) -> None:
    said = spoken(guide.text)
    assert "**" not in said and "`" not in said and "\n#" not in said
    assert len(said.split()) > 100
