"""What recipes of the role app_server have in common. Must not know any of them."""

from __future__ import annotations

from wizard.checks.base import Check
from wizard.checks.django import settings_in_use
from wizard.recipe import Answers, Recipe


def may_write(a: Answers) -> tuple[str, ...]:
    """The folders that the site's processes may write to."""
    written = (a.site.written,) if a.project.written else ()
    static = (a.site.static,) if a.found and a.found.writes_static else ()
    return (a.site.media, *written, *static)


def settings_of(recipe: Recipe, a: Answers, name: str, *, link: str = "current") -> Check:
    """The release behind this link, loaded as the recipe's app server does, has the settings of this server.

    recipe: its name is that of the program which its unit starts, and its template `load` is the Python text that loads a site.
    """
    named = {"DATABASE_URL", "DB_NAME"}
    if a.found is not None:
        named |= {v.name for v in a.found.env_names if (v.purpose or "").startswith("database_")}
    database = "" if named & set(a.env) else a.database.name  # who names a database of their own wants that one
    return settings_in_use(
        name, a.site.root, a.site.unit, server=recipe.name, load=recipe.template("load", a),
        host=a.project.domain, database=database, vendor=a.database.engine.rpartition(".")[2], link=link,
    )  # fmt: skip
