"""`wizard recipes check`: what is wrong with recipes of one's own, in words, with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wizard.recipe_check import Fault, check

WORDS = {
    "no_recipe": "no recipe: the file must define recipe = Recipe({name!r}, …), named as its folder",
    "syntax": "syntax error: {reason}",
    "kind_taken": "kind taken: the class {name} has the kind {kind!r}, which belongs to {other}; give it a kind of its own",
    "raised": "{error}: {reason}",
    "guide_missing": "guide missing: write guide.md, with a heading `## STEP: …` for each step",
    "step_missing": "heading missing: no `## {name}: …` for the step {name!r}",
    "step_unknown": "heading without a step: the recipe has no step {name!r}",
    "step_empty": "text missing: nothing stands below the heading of the step {name!r}",
    "question_missing": "text missing: no bullet - `{name}`: … under `## Questions` for the question {name!r}",
    "question_unknown": "bullet without a question: the recipe asks no question {name!r}",
    "afterwards_missing": "text missing: no bullet - `{name}`: … under `## Afterwards` for what the recipe tells as {name!r}",
    "afterwards_unknown": "bullet without a value: the recipe tells nothing as {name!r}",
    "need_unknown": "unknown recipe: it needs {name!r}, which is not there",
    "output_missing": "output missing: the role {role} hands over {name!r} ({says}); give it with recipe.output({name!r}, …)",
    "key_twice": "two owners: {key} is made by {other} and by {step}, and each would undo the other's; change one of them",
}


@click.group(short_help="Recipes of your own: what is wrong with them.")
def recipes() -> None:
    """Recipes of your own.

    \b
    Example:
      wizard recipes check ~/workshop/recipes
    """


@recipes.command(name="check", short_help="Check the recipes of FOLDER without any server.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout; words on stderr.")
@click.pass_context
def check_(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Check the recipes of FOLDER: they load, each step has its text, each change has an undo, nothing has two owners.

    Needs no server. Exit status: 0 nothing found, 1 something to mend.

    \b
    Examples:
      wizard recipes check ~/workshop/recipes
      wizard recipes check ~/workshop/recipes --json
    """
    names, faults = check(folder)
    for fault in faults:
        click.echo(json.dumps(_facts(fault)) if as_json else said(fault))
    counted = f"{len(names)} recipe{'s' if len(names) != 1 else ''} checked ({', '.join(names)})"
    click.echo(f"{counted}: {f'{len(faults)} to mend' if faults else 'nothing to mend'}.", err=True)
    ctx.exit(1 if faults else 0)


def said(fault: Fault) -> str:
    """One line, as compilers print it: an editor can jump there."""
    place = f"{fault.path}:{fault.line}" if fault.line else str(fault.path)
    step = f" (in the step {fault.facts['step']})" if fault.code == "raised" and "step" in fault.facts else ""
    return f"{place}: {WORDS[fault.code].format(**fault.facts)}{step}"


def _facts(fault: Fault) -> dict[str, object]:
    return {"path": str(fault.path), "line": fault.line, "code": fault.code, **fault.facts, "text": said(fault)}
