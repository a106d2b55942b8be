"""`wizard inspect PROJECT`: what the files of a Django project tell, with file and line, before any server is there."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import click

from wizard.errors import UsageError
from wizard.fronts.findings import problem
from wizard.printable import all_printable
from wizard.project.found import ASKED, EnvName, Found, Problem

PURPOSES = {
    "secret_key": "secret key", "debug": "debug mode", "allowed_hosts": "allowed hosts", "csrf": "CSRF origins",
}  # fmt: skip


@click.command(name="inspect", short_help="Look at a Django project: what is in it, what it needs.")
@click.argument("project", default=".")
@click.option("--branch", default="", metavar="NAME", help="Of a git repository: the branch or tag to look at.")
@click.option("--folder", metavar="NAME", help="The folder in it where manage.py is, where there are several.")
@click.option("--settings", metavar="MODULE", help="The settings module that the site runs with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def inspect(
    ctx: click.Context, project: str, branch: str, folder: str | None, settings: str | None, as_json: bool
) -> None:
    """Look at PROJECT, a folder of this computer or the address of a git repository (the current folder by default).

    Its files are read; nothing of it is run, and no server is needed. Exit status: 0 nothing keeps it from being set up,
    1 something does, 2 it is no Django project.

    \b
    Examples:
      wizard inspect ~/src/mysite
      wizard inspect https://git.example.org/me/mysite.git --branch main
      wizard inspect ~/src/lessons --folder lesson3 --json
    """
    try:
        found = _look(project, branch, subdirectory=folder, settings_module=settings)
    except UsageError as error:
        from wizard.fronts.words import explain

        click.echo(explain(error), err=True)
        ctx.exit(error.exit_status)
    if as_json:
        click.echo(json.dumps(facts(found)))
    else:
        click.echo("\n".join(line for text in report(found) for line in _wrapped(text)))
    ctx.exit(1 if found.stops else 0)


def _look(source: str, branch: str, **chosen: str | None) -> Found:
    from wizard.project.inspect import inspect_source

    found = inspect_source(source, branch, **chosen)
    if found is None:
        raise UsageError(
            f"cannot get at the git repository {source} from this computer",
            hint="check its address and --branch; a private one needs a key that git has here: try git ls-remote",
        )
    return found


def facts(found: Found) -> dict[str, Any]:
    """All that was found, for programs; each finding with its sentence."""
    data = dataclasses.asdict(found)
    data["problems"] = [one.to_json() | {"words": problem(one)} for one in found.problems]
    data["stops"] = bool(found.stops)
    safe: dict[str, Any] = all_printable(data)
    return safe


def report(found: Found) -> Iterator[str]:
    """The lines for a person."""
    yield "Found (files were read; nothing of the project was run):"
    yield from _columns(_found(found))
    if found.env_names:
        yield "\nEnvironment variables that the settings read:"
        yield from _columns(_variable(name) for name in found.env_names)
    if found.pages:
        yield "\nPages without parameters:"
        yield from _columns((page.address, page.kind, page.where) for page in found.pages)
    notes = [one for one in found.problems if not one.stops]
    for heading, problems in (("Cannot be set up as it is:", found.stops), ("Good to know:", notes)):
        if problems:
            yield f"\n{heading}"
            yield from (f"  - {problem(one)}" for one in problems)
    questions = list(_questions(found))
    if questions:
        yield "\nThe set-up will ask for, beside the site's name and domain:"
        yield from (f"  - {line}" for line in questions)


def _found(found: Found) -> Iterator[tuple[str, ...]]:
    needs = found.dependencies
    yield "manage.py", "in the folder " + found.root if found.root != "." else "at the top"
    yield "Django", found.django or "any version", needs.path if needs else "no list of packages was found"
    yield "Python", found.requires_python or "any version"
    yield "settings module", found.settings_module or "not found"
    yield "entry point", found.wsgi or found.asgi or "not found", "WSGI" if found.wsgi else "ASGI" if found.asgi else ""
    yield "Python packages", ", ".join(needs.packages) if needs else "unknown"
    yield "Debian packages for these", ", ".join(found.native_packages) or "none"
    yield "database engine", found.databases_engine or "not found"
    yield "its apps", ", ".join(app for app in found.apps if not app.startswith("django.")) or "none of its own"


def _variable(name: EnvName) -> tuple[str, ...]:
    need = "required" if name.required else f"default {name.default!r}" if name.default else "optional"
    purpose = PURPOSES.get(name.purpose or "", (name.purpose or "purpose unknown").replace("_", " "))
    return name.name, purpose, need, name.where, "" if name.is_open else "set by the wizard"


def _questions(found: Found) -> Iterator[str]:
    """What the files do not tell: asked in a terminal, to be given in an answers file elsewhere."""
    for one in found.problems:
        if one.code in ASKED:
            yield _asked(one)
    required: dict[str, EnvName] = {name.name: name for name in found.env_names if name.required and name.is_open}
    yield from (
        f"{name.name}, which {name.where} reads (env.{name.name} in an answers file)" for name in required.values()
    )


def _asked(one: Problem) -> str:
    return " or ".join(".".join(answer) for answer in ASKED[one.code]) + f": {problem(one)}"


def _wrapped(line: str) -> list[str]:
    """The line in pieces that fit the terminal; as it is where a program or a file takes it."""
    if not sys.stdout.isatty() or not line.startswith("  - "):
        return [line]
    return textwrap.wrap(line, shutil.get_terminal_size().columns, subsequent_indent="    ", break_long_words=False)


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Rows with the first two columns as wide as what is in them, and no blanks at the end."""
    listed = [tuple(all_printable(row)) for row in rows]
    widths = [min(30, max((len(row[i]) for row in listed if len(row) > i), default=0)) for i in range(3)]
    for row in listed:
        cells = [cell.ljust(widths[i]) if i < len(widths) else cell for i, cell in enumerate(row)]
        yield ("  " + "  ".join(cells)).rstrip()
