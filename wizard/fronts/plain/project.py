"""What was found in a project, in words. Must not know how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wizard.fronts.findings import problem
from wizard.fronts.plain.terminal import Terminal
from wizard.project.found import Found
from wizard.text import text


def facts(found: Found) -> Iterator[tuple[str, str]]:
    """What it is, and what was found: a few lines."""
    needs = found.dependencies
    names = list(dict.fromkeys(n.name for n in found.env_names))
    yield "Django", found.django or text("plain.project.any_version")
    yield text("plain.project.settings_module"), found.settings_module or text("plain.project.not_found")
    yield text("plain.project.wsgi_door_web_server"), found.wsgi or text("plain.project.not_found")
    yield (
        text("plain.project.list_python_packages"),
        text("plain.project.them", path=needs.path, packages=len(needs.packages))
        if needs
        else text("plain.project.not_found"),
    )
    yield (
        text("plain.project.debian_packages_these_need"),
        ", ".join(found.native_packages) or text("plain.project.none"),
    )
    yield text("plain.project.variables_reads"), ", ".join(names) or text("plain.project.none")


def show_found(terminal: Terminal, found: Any) -> None:
    """found: None where the project is in a git repository, which this computer cannot look into."""
    if found is None:
        terminal.text(text("plain.project.computer_cannot_get_git"))
        return
    terminal.text(text("plain.project.found_project_files_were"))
    for what, value in facts(found):
        terminal.text(f"- {what}: {value}")
    for one in found.problems:
        terminal.text("- " + text("words.note", finding=problem(one)))
    terminal.text(text("plain.project.not_right_here_can"))
