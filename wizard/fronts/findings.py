"""What is not right in a project, in words. Must not know how it was found."""

from __future__ import annotations

from wizard.project.found import Problem

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
