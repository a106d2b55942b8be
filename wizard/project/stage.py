"""Which text of a variable makes the settings those of production, as syntax trees: `if ENVIRONMENT == "production": …`.

Must not run anything. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from wizard.project.engine import Uses
from wizard.project.found import EnvName

NAME = re.compile(r"(.*_)?(ENV|ENVIRONMENT|STAGE|STAGING|MODE|TIER|DEPLOYMENT|CONFIGURATION|RUNTIME)", re.I)
PRODUCTION = re.compile(r"prod|production|live|deployed", re.I)


def with_stage(trees: Iterable[ast.Module], env_names: tuple[EnvName, ...]) -> tuple[EnvName, ...]:
    """The variables, those that choose among stages (development, production) with the text that means production."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return tuple(_chosen(name, nodes) for name in env_names)


def _chosen(name: EnvName, nodes: list[ast.AST]) -> EnvName:
    if name.purpose not in {None, "debug"} or not NAME.fullmatch(name.name):
        return name
    production = next((text for text in Uses(name.name, nodes).options() if PRODUCTION.fullmatch(text)), None)
    if production is None and PRODUCTION.fullmatch(name.default or ""):
        production = name.default
    return replace(name, purpose="environment", production=production, required=False) if production else name
