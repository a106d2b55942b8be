"""`wizard recipes check`: what is wrong with recipes of one's own, in words, with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wizard.recipe_check import Fault, check
from wizard.text import text


@click.group(short_help=text("plain.recipes.recipes_your_own_wrong"), help=text("plain.help.recipes"))
def recipes() -> None:
    """Recipes of your own."""


@recipes.command(
    name="check", short_help=text("plain.recipes.check_recipes_folder_without"), help=text("plain.help.check")
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help=text("plain.recipes.one_json_object_line"))
@click.pass_context
def check_(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Check the recipes of FOLDER."""
    names, faults = check(folder)
    for fault in faults:
        click.echo(json.dumps(_facts(fault)) if as_json else said(fault))
    result = "faulty" if faults else "good"
    click.echo(text(f"plain.recipes.{result}", n=len(names), names=names, faults=len(faults)), err=True)
    ctx.exit(1 if faults else 0)


def said(fault: Fault) -> str:
    """One line, as compilers print it: an editor can jump there."""
    place = f"{fault.path}:{fault.line}" if fault.line else str(fault.path)
    said = text(f"plain.fault.{fault.code}", **fault.facts)
    if fault.code == "raised" and "step" in fault.facts:
        said = text("plain.recipes.step", said=said, step=fault.facts["step"])
    return f"{place}: {said}"


def _facts(fault: Fault) -> dict[str, object]:
    return {"path": str(fault.path), "line": fault.line, "code": fault.code, **fault.facts, "text": said(fault)}
