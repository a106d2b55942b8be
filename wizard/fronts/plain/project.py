"""What was found in a project, in words. Must not know how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wizard.fronts.plain.terminal import Terminal
from wizard.project.found import Found, Problem

PROBLEMS = {
    "no_settings": "no settings module was found (the Python file with Django's settings): name it",
    "settings_missing": "the settings module {0} is named, but is not there",
    "several_settings": "there are several settings modules; {0} was chosen",
    "several_manage_py": "there are several manage.py; {0} was chosen",
    "cannot_parse": "{0} cannot be read as Python (line {1})",
    "no_wsgi": "no WSGI application was found: that is the door by which a web server talks to Django",
    "secret_key_in_source": "the secret key stands in the code ({0} line {1}); the server gets one of its own",
    "secret_key_has_default": "the secret key has a default in the code ({0} line {1}); the server gets one of its own",
    "debug_true": "DEBUG is on in the code ({0} line {1}), which shows your code to strangers; the server turns it off",
    "debug_defaults_to_true": "DEBUG is on unless it is turned off ({0} line {1}); the server turns it off",
    "allowed_hosts_in_source": "ALLOWED_HOSTS, the names that the site answers to, stands in the code ({0} line {1})",
    "database_in_source": "the database stands in the code ({0} line {1}), so it cannot be set from outside",
    "no_static_root": "STATIC_ROOT is missing: the folder where style sheets and pictures are collected",
    "no_dependencies": "no list of the Python packages that it needs was found",
    "unsupported_dependencies": "{0} is a kind of package list that the wizard cannot use",
    "no_app_server": "no app server (the program that runs Django) among its packages; gunicorn is added",
    "no_database_driver": "no driver for PostgreSQL among its packages; psycopg is added",
    "needs_python": "it needs Python {0}",
    "not_all_read": "there are more than {0} files, and not all were looked at",
}


def problem(found: Problem) -> str:
    return PROBLEMS.get(found.code, found.code.replace("_", " ")).format(*found.fields, "?", "?")


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
        terminal.text("\nA git repository is looked at on the server. The next questions ask what is in it.")
        return
    terminal.text("\nThis was found in the project. Its files were read; nothing of it was run.")
    for what, value in facts(found):
        terminal.text(f"- {what}: {value}")
    for one in found.problems:
        terminal.text(f"- Note: {problem(one)}")
    terminal.text("What is not right here can be corrected by the next answers.")
