"""Templates of configuration files, filled by Jinja2. Must not know recipes."""

from __future__ import annotations

from pathlib import Path

from wizard.operations import quoting


def rendered(folder: Path, name: str, **values: object) -> str:
    """The file `name` of this folder, with these values; an undefined name is an error.

    Filters for values that a person gave: `sh`, `nginx`, `sql` (see wizard.operations.quoting). UsageError for a value that
    would need one and has none.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        finalize=quoting.plain,
        autoescape=False,  # noqa: S701  (configuration files, not HTML)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"sh": quoting.sh, "nginx": quoting.nginx_string, "sql": quoting.sql_literal}
    return environment.get_template(name).render(**values)
