"""The look at the Django project that a journey is about, and what keeps it from being set up. Reaches no server."""

from __future__ import annotations

import re
from typing import Any

from wizard.app.journey import Journey
from wizard.errors import UnfitProject
from wizard.events import Working
from wizard.project.found import ASKED, Problem


def look(journey: Journey) -> Any:
    """Looks at the project's source, a folder of this computer or a git repository; None where it cannot be had here."""
    journey.leave_behind(journey.found or journey.seen)
    answers = journey.given.tables.get("project", {})
    source, branch = answers.get("source"), answers.get("branch", "")
    if not isinstance(source, str) or not source:
        return None
    from wizard.project.inspect import NoSource, inspect_source

    journey.emit(Working("project", source))
    chosen = {key: value for key in ("subdirectory", "settings_module") if isinstance(value := answers.get(key), str)}
    try:
        journey.found = inspect_source(source, branch, **chosen)
    except NoSource:
        journey.found = None
        raise
    journey.seen = journey.found or journey.seen
    journey.leave_behind(journey.found)
    return journey.found


def refuse_unfit(journey: Journey) -> None:
    """UnfitProject where the project cannot run, or needs a newer Python than the server has. Changes nothing."""
    if journey.found is None:
        return
    if journey.found.stops or _other_than_looked_at(journey):
        look(journey)  # the person may have mended it by now
    problems = [one for one in journey.found.stops if not (one.code == "django_too_old" and _other_django(journey))]
    if journey.session is not None:
        problems += _python_too_old(journey, journey.session.server.python)
    if problems:
        raise UnfitProject(tuple(dict.fromkeys(problems)))


def _other_django(journey: Journey) -> bool:
    """Whether the answers put another Django in the place of the project's."""
    given = journey.given.tables.get("virtualenv", {}).get("replaced_packages", ())
    return any(re.match(r"django\b(?!-)", str(one), re.I) for one in given)


def _other_than_looked_at(journey: Journey) -> bool:
    """Whether the answers name another folder or settings module than the one whose files were read."""
    given, found = journey.given.tables.get("project", {}), journey.found
    pairs = ((given.get("subdirectory"), found.root), (given.get("settings_module"), found.settings_module))
    return any(answer not in {None, looked_at} for answer, looked_at in pairs)


def in_doubt(journey: Journey) -> list[Any]:
    """What was found and must be answered where nobody can be asked: (the answer's name, the Problem)."""
    problems = journey.found.problems if journey.found is not None else ()
    return [(".".join(ASKED[one.code][0]), one) for one in problems if not _is_answered(journey, one.code)]


def _is_answered(journey: Journey, code: str) -> bool:
    return code not in ASKED or any(name in journey.given.tables.get(table, {}) for table, name in ASKED[code])


def _python_too_old(journey: Journey, python: str) -> list[Problem]:
    has, needs = tuple(map(int, re.findall(r"\d+", python)[:2])), journey.found.python_at_least
    if needs is None or len(has) < 2 or has >= needs:
        return []
    return [Problem("python_of_server", ".".join(map(str, needs)), python)]
