"""What the shell offers on Tab: targets, recipes, checkpoints. Reads only this computer, and never fails aloud."""

from __future__ import annotations

import contextlib
import os

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from wizard.errors import WizardError


def targets(incomplete: str) -> list[CompletionItem]:
    """Practice servers, and servers that this computer set up before."""
    from wizard import local_state

    names = [item.target for item in local_state.recent() if item.target]
    with contextlib.suppress(WizardError, OSError, ValueError):
        from wizard.practice.fleet import Fleet

        names += [f"practice:{server.name}" for server in Fleet().list()]
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]


def recipes(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Names of recipes, by their folders: none is loaded."""
    from wizard import catalog

    folders = [catalog.own_folder(), *(ctx.params.get("recipes") or ())]
    found = sorted({path.parent.name for folder in folders for path in folder.glob("*/recipe.py")})
    return [CompletionItem(name) for name in found if name.startswith(incomplete)]


class _Bash(BashComplete):
    """bash takes `practice:one` for three words, and replaces only what comes after the colon."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ["COMP_WORDS"])
        position = int(os.environ["COMP_CWORD"])
        joined: list[str] = []
        for word in [*words[1:position], words[position] if position < len(words) else ""]:
            if joined and (word == ":" or joined[-1].endswith(":")):
                joined[-1] += word
            else:
                joined.append(word)
        return joined[:-1], joined[-1] if joined else ""

    def format_completion(self, item: CompletionItem) -> str:
        _, incomplete = self.get_completion_args()
        before = incomplete.rpartition(":")[0]
        value = item.value.removeprefix(f"{before}:") if before else item.value
        return f"{item.type},{value}"


def register() -> None:
    add_completion_class(_Bash)
