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
from wizard.text import text as words

PURPOSES = {
    "secret_key": words("plain.inspect.secret_key"),
    "debug": words("plain.inspect.debug_mode"),
    "allowed_hosts": words("plain.inspect.allowed_hosts"),
    "csrf": words("plain.inspect.csrf_origins"),
}


@click.command(
    name="inspect", short_help=words("plain.inspect.look_django_project_needs"), help=words("plain.help.inspect")
)
@click.argument("project", default=".")
@click.option("--branch", default="", metavar="NAME", help=words("plain.inspect.git_repository_branch_or"))
@click.option("--folder", metavar="NAME", help=words("plain.inspect.folder_where_manage_py"))
@click.option("--settings", metavar="MODULE", help=words("plain.inspect.settings_module_site_runs"))
@click.option("--json", "as_json", is_flag=True, help=words("plain.inspect.one_json_object_stdout"))
@click.pass_context
def inspect(
    ctx: click.Context, project: str, branch: str, folder: str | None, settings: str | None, as_json: bool
) -> None:
    """Look at PROJECT, a folder of this computer or the address of a git repository (the current folder by default)."""
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
            "plain.inspect.cannot_get_git_repository",
            source=source,
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
    yield words("plain.inspect.found_files_were_read")
    yield from _columns(_found(found))
    if found.env_names:
        yield words("plain.inspect.environment_variables_settings_read")
        yield from _columns(_variable(name) for name in found.env_names)
    if found.pages:
        yield words("plain.inspect.pages_without_parameters")
        yield from _columns((page.address, page.kind, page.where) for page in found.pages)
    notes = [one for one in found.problems if not one.stops]
    for heading, problems in (
        (words("plain.inspect.cannot_set_up"), found.stops),
        (words("plain.inspect.good_know"), notes),
    ):
        if problems:
            yield f"\n{heading}"
            yield from (f"  - {problem(one)}" for one in problems)
    questions = list(_questions(found))
    if questions:
        yield words("plain.inspect.set_up_will_ask")
        yield from (f"  - {line}" for line in questions)


def _found(found: Found) -> Iterator[tuple[str, ...]]:
    needs = found.dependencies
    yield (
        "manage.py",
        words("plain.inspect.folder", folder=found.root) if found.root != "." else words("plain.inspect.top"),
    )
    yield (
        "Django",
        found.django or words("plain.inspect.any_version"),
        needs.path if needs else words("plain.inspect.no_list_packages_found"),
    )
    yield "Python", found.requires_python or words("plain.inspect.any_version")
    yield words("plain.inspect.settings_module"), found.settings_module or words("plain.inspect.not_found")
    yield (
        words("plain.inspect.entry_point"),
        found.wsgi or found.asgi or words("plain.inspect.not_found"),
        "WSGI" if found.wsgi else "ASGI" if found.asgi else "",
    )
    yield words("plain.inspect.python_packages"), ", ".join(needs.packages) if needs else words("plain.inspect.unknown")
    yield words("plain.inspect.debian_packages_these"), ", ".join(found.native_packages) or words("plain.inspect.none")
    yield words("plain.inspect.database_engine"), found.databases_engine or words("plain.inspect.not_found")
    yield (
        words("plain.inspect.apps"),
        ", ".join(app for app in found.apps if not app.startswith("django.")) or words("plain.inspect.none_own"),
    )


def _variable(name: EnvName) -> tuple[str, ...]:
    need = "required" if name.required else "default" if name.default else "optional"
    purpose = PURPOSES.get(
        name.purpose or "", (name.purpose or words("plain.inspect.purpose_unknown")).replace("_", " ")
    )
    return (
        name.name,
        purpose,
        words(f"plain.need.{need}", default=repr(name.default)),
        name.where,
        "" if name.is_open else words("plain.inspect.set_wizard"),
    )


def _questions(found: Found) -> Iterator[str]:
    """What the files do not tell: asked in a terminal, to be given in an answers file elsewhere."""
    for one in found.problems:
        if one.code in ASKED:
            yield _asked(one)
    required: dict[str, EnvName] = {name.name: name for name in found.env_names if name.required and name.is_open}
    yield from (
        words("plain.inspect.reads_env_answers_file", name=name.name, where=name.where) for name in required.values()
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
