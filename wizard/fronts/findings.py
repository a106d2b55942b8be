"""What is not right in a project, in words. Must not know how it was found."""

from __future__ import annotations

from wizard.project.found import FIELDS, Problem
from wizard.text import text


def problem(found: Problem) -> str:
    """The finding as a sentence, with the file and the line where there is one; a field that is not known is a question mark."""
    fields: dict[str, object] = dict.fromkeys(FIELDS.get(found.code, ()), "?") | dict(found.named)
    place = fields.get("file", "?")
    if "line" in found.named:
        place = text("project.place", file=place, line=fields["line"])
    return text(f"project.problem.{found.code}", **fields, place=place)
