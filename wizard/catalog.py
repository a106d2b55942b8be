"""Finds recipes (this repository's, those of installed packages, a teacher's folder) and orders them by what they need."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from wizard.errors import RecipeError, UsageError
from wizard.project.found import Found
from wizard.recipe import CHOICE, Answers, Question, Recipe
from wizard.role import NOBODY, ROLES, is_choice, recommended


def own_folder() -> Path:
    """recipes/ beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    beside = package.parent / "recipes"
    return beside if beside.is_dir() else package / "_recipes"


def load(folders: Iterable[Path] = ()) -> list[Recipe]:
    """Every recipe, in the order of the journey. A recipe in a later folder replaces the one of the same name."""
    return prepared(found(folders))


def found(folders: Iterable[Path] = ()) -> list[Recipe]:
    """Every recipe as it was written."""
    found: dict[str, Recipe] = {}
    for recipe in [*from_folder(own_folder()), *_from_packages()]:
        found[recipe.name] = recipe
    for folder in folders:
        if not folder.is_dir():
            raise UsageError("recipes.no_folder", folder=folder)
        mine = list(from_folder(folder))
        if not mine:
            raise UsageError("recipes.none_in_folder", folder=folder)
        found |= {recipe.name: recipe for recipe in mine}
    return list(found.values())


def prepared(recipes: Sequence[Recipe]) -> list[Recipe]:
    """These recipes, in order; where several have one role, with the question which of them is to have it.

    A role among the `needs` stands for every recipe that has it; where nobody has one that not every site needs, for none.
    """
    having = {role: [r for r in recipes if r.role == role] for role in ROLES}
    choice = _choice({role: those for role, those in having.items() if is_choice(those)})
    for recipe in recipes:
        needs = [name for need in recipe.needs for name in [r.name for r in having.get(need, ())] or [need]]
        needs = [name for name in needs if name not in ROLES or not ROLES[name].optional]
        chosen = {q.name for q in choice.questions} & {*recipe.needs, recipe.role}
        recipe.needs = [*([CHOICE] if chosen and CHOICE not in needs else []), *needs]
    return ordered([*([choice] if choice.questions else []), *recipes])


def _choice(several: Mapping[str, Sequence[Recipe]]) -> Recipe:
    """A recipe of questions alone: which recipe has a role. Its answers decide which of the others take part."""
    choice = Recipe(CHOICE, str(Path(__file__).parent / "roles" / "recipe.py"))
    for role, recipes in several.items():
        names = [r.name for r in recipes]
        names += [NOBODY] if all(r.fits for r in recipes) else []
        choice.ask(Question(role, str, _recommended(recipes), choices=tuple(names)))
    return choice


def _recommended(recipes: Sequence[Recipe]) -> Callable[[Answers], str]:
    return lambda a: recommended(recipes, a.found)


def ordered(recipes: Sequence[Recipe]) -> list[Recipe]:
    """Needed ones first; otherwise as they come. UsageError when a need is missing or goes round in a circle."""
    by_name = {r.name: r for r in recipes}
    done: dict[str, Recipe] = {}

    def visit(recipe: Recipe, path: tuple[str, ...]) -> None:
        if recipe.name in path:
            raise UsageError("recipes.circle", names=" → ".join((*path, recipe.name)))
        for need in recipe.needs:
            if need not in by_name:
                missing = "recipes.need_missing_role" if need in ROLES else "recipes.need_missing"
                raise RecipeError(missing, recipe=recipe.name, need=need)
            if need not in done:
                visit(by_name[need], (*path, recipe.name))
        done[recipe.name] = recipe

    for recipe in recipes:
        visit(recipe, ())
    return list(done.values())


def selected(recipes: Sequence[Recipe], *, only: Sequence[str] = (), until: str | None = None) -> list[Recipe]:
    """The recipes of --only and --until. UsageError names the nearest right name."""
    import difflib

    names = [r.name for r in recipes]
    for name in [*only, *([until] if until else [])]:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            if near:
                raise UsageError("recipes.unknown_near", name=name, near=near[0])
            raise UsageError("recipes.unknown", name=name, names=names)
    if until:
        recipes = recipes[: names.index(until) + 1]
    return [r for r in recipes if not only or r.name in only]


def with_needs(chosen: Sequence[Recipe], recipes: Sequence[Recipe]) -> list[Recipe]:
    """The chosen recipes and everything that they need, in the order of `recipes`: whose questions must be answered."""
    by_name = {r.name: r for r in recipes}
    wanted: set[str] = set()
    queue = [r.name for r in chosen]
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += by_name[name].needs
    return [r for r in recipes if r.name in wanted]


def in_force(
    recipes: Sequence[Recipe], tables: Mapping[str, Mapping[str, object]], found: Found | None
) -> list[Recipe]:
    """The recipes that take part by these answers, which need not be complete yet: those of a role only where chosen."""

    def chosen(role: str) -> str:
        those = [r for r in recipes if r.role == role]
        answer = tables.get(CHOICE, {}).get(role) if is_choice(those) else those[0].name
        return str(answer or recommended(those, found))

    return [r for r in recipes if not r.role or chosen(r.role) == r.name]


def from_folder(folder: Path) -> Iterable[Recipe]:
    return (from_file(path) for path in sorted(folder.glob("*/recipe.py")))


def from_file(path: Path) -> Recipe:
    """The recipe of one recipe.py. RecipeError where it cannot be loaded, or defines none; what was raised is its cause."""
    name = path.parent.name
    spec = importlib.util.spec_from_file_location(f"wizard_recipe_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RecipeError("recipes.fails", path=path, error=f"{type(error).__name__}: {error}") from error
    recipe = getattr(module, "recipe", None)
    if not isinstance(recipe, Recipe) or recipe.name != name:
        raise RecipeError("recipes.undefined", path=path, name=name)
    return recipe


def _from_packages() -> Iterable[Recipe]:
    for point in entry_points(group="wizard.recipes"):
        recipe = point.load()
        if isinstance(recipe, Recipe):
            yield recipe
