"""What the answers will be, as far as that can be known before any server is reached. Opens no connection."""

from __future__ import annotations

from wizard import catalog
from wizard.answers.resolve import foreseen
from wizard.app import project
from wizard.app.journey import Journey
from wizard.errors import UnfitProject, UsageError
from wizard.fronts.findings import problem
from wizard.project.found import EnvName
from wizard.text import text


def unset(journey: Journey) -> list[EnvName]:
    """The variables that the project does not start without and that nothing else sets."""
    taking_part = catalog.in_force(journey.answered, journey.given.tables, journey.found)
    roles = {recipe.role for recipe in taking_part}

    def is_open(name: EnvName) -> bool:
        return name.is_open or bool(name.role and name.role not in roles)

    names = {n.name: n for n in journey.found.env_names if n.required and is_open(n) and n.when is None}
    return [n for n in names.values() if n.name not in journey.given.env]


def _named(keys: list[str], name: str) -> bool:
    return any(key == name or key.startswith(f"{name},") for key in keys)


def refuse(journey: Journey, *, defaults: bool, validate: bool = True) -> None:
    """UsageError that names the answers-file key of what has neither an answer nor a default, all at once.

    defaults: only the project's own variables, which have none; the questions are seen to when the server is known.
    validate: also what was found in the project and keeps it from running, or is open to doubt.
    """
    keys = [*([] if defaults else _questions(journey)), *_variables(journey)]
    _refuse(journey, keys, defaults=defaults, doubts=validate, unfit=validate)


def refuse_early(journey: Journey) -> None:
    """As `refuse`, before any server is reached: what no server keeps (it has no variables of the project), and a project
    that cannot run, with all that would be missing besides."""
    stops = journey.found is not None and bool(journey.found.stops)
    _refuse(journey, _variables(journey), defaults=True, doubts=stops, unfit=True)


def _questions(journey: Journey) -> list[str]:
    """The keys of the questions that have neither an answer nor a default."""
    values = foreseen(journey.answered, journey.given, journey.found)
    taking_part = {r.name for r in catalog.in_force(journey.answered, journey.given.tables, journey.found)}
    return [
        f"{q.recipe}.{q.name}" + (text("plain.missing.example", example=q.example) if q.example else "")
        for q, value in values.items()
        if value is None and q.recipe in taking_part
    ]


def _variables(journey: Journey) -> list[str]:
    if journey.found is None:
        return []
    return [text("plain.missing.env_project_does_not", name=name.name, where=name.where) for name in unset(journey)]


def _refuse(journey: Journey, keys: list[str], *, defaults: bool, doubts: bool, unfit: bool) -> None:
    """doubts: with what was found in the project and is open to doubt; unfit: with what keeps it from running."""
    if doubts:
        keys = keys + [f"{name}: {problem(one)}" for name, one in project.in_doubt(journey) if not _named(keys, name)]
    if unfit and journey.found is not None and journey.found.stops:
        raise UnfitProject(
            journey.found.stops, details="\n".join([text("plain.missing.answers"), *keys] if keys else [])
        )
    if keys:
        raise UsageError("plain.missing.open" if defaults else "plain.missing.no_terminal", details="\n".join(keys))
