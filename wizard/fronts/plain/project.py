"""What was found in a project, in words. Must not know how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wizard.fronts.findings import problem
from wizard.fronts.plain.terminal import Terminal
from wizard.project.found import Found


def facts(found: Found) -> Iterator[tuple[str, str]]:
    """What it is, and what was found: a few lines."""
    needs = found.dependencies
    names = list(dict.fromkeys(n.name for n in found.env_names))
    yield "Django", found.django or "any version"
    yield "settings module", found.settings_module or "not found"
    yield "WSGI (the door for a web server)", found.wsgi or "not found"
    yield "list of Python packages", f"{needs.path}, {len(needs.packages)} of them" if needs else "not found"
    yield "Debian packages that these need", ", ".join(found.native_packages) or "none"
    yield "variables that it reads", ", ".join(names) or "none"


def show_found(terminal: Terminal, found: Any) -> None:
    """found: None where the project is in a git repository, which this computer cannot look into."""
    if found is None:
        terminal.text(
            "\nThis computer cannot get at that git repository. Look whether its address is right (< goes back). A private "
            "one needs a key, which the server has and this computer may not: then the next questions ask what is in it."
        )
        return
    terminal.text("\nThis was found in the project. Its files were read; nothing of it was run.")
    for what, value in facts(found):
        terminal.text(f"- {what}: {value}")
    for one in found.problems:
        terminal.text(f"- Note: {problem(one)}")
    terminal.text("What is not right here can be corrected by the next answers.")
