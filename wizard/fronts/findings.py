"""What is not right in a project, in words. Must not know how it was found."""

from __future__ import annotations

from wizard.printable import printable
from wizard.project.found import Problem

PROBLEMS = {
    "no_settings": "no settings module was found (the Python file with Django's settings): name it",
    "settings_missing": "the settings module {module} is named, but is not there",
    "several_settings": "there are several settings modules; {chosen} was chosen: correct it if the site runs with another",
    "several_manage_py": "there are several manage.py; {chosen} was chosen: name the folder of the one that is to be set up",
    "wsgi_sets_settings": "{place} makes the site run with {module}, whatever it is told; the server loads its own settings "
    "before that. Better: os.environ.setdefault(…)",
    "manage_sets_settings": "{place} makes manage.py work with {module}, whatever it is told; the server goes past that line. "
    "Better: os.environ.setdefault(…)",
    "cannot_parse": "{place} cannot be read as Python ({reason}): Django cannot start; correct that line",
    "cannot_parse_aside": "{place} cannot be read as Python ({reason})",
    "python2": "{place} is Python 2, which no supported server has: the project must be brought to Python 3 first",
    "newer_syntax": "{place} may be written for a newer Python than this computer has; Debian 12 has 3.11, Debian 13 has 3.13",
    "merge_conflict": "{place} has the marks of a merge conflict (<<<<<<<): decide it and remove them",
    "module_left_out": "{place} imports {module}, but {left_out} does not go to the server, because .gitignore names it: "
    "Django could not start. Read its values from environment variables, or import it inside of `try: … except ImportError:`",
    "module_missing": "{place} imports {module}, but there is no such file in the project: Django could not start. Add the "
    "file, or import it inside of `try: … except ImportError:`",
    "optional_module_left_out": "{left_out} does not go to the server, because .gitignore names it ({place} does without "
    "it): what it sets is not set there",
    "migrations_left_out": "the migrations of {app} ({file}) do not go to the server, because .gitignore names them: its "
    "tables would be missing. Take that line out of .gitignore and commit them",
    "no_migrations": "{app} has models ({file}) and no migrations, so its tables are not made: run "
    "`python manage.py makemigrations {app}` and commit what it writes",
    "template_placeholders": "{file} is part of a template that still has placeholders ({{{{ … }}}}) in its names: make a "
    "project from it first, and give that one's folder",
    "folder_name": "the folder {folder} inside of the project has a space or a sign in its name, which programs on the server "
    "trip over: rename it to letters, digits, - and _",
    "not_all_read": "there are more than {limit} files, and not all were looked at",
    "no_wsgi": "no WSGI application was found: that is the door by which a web server talks to Django",
    "asgi_only": "there is only {file} (ASGI) and no wsgi.py, which the app server needs: add a wsgi.py as `startproject` makes it; "
    "websockets are not served",
    "makes_folder": "{place} makes the folder {folder} beside the code whenever Django starts, which is forbidden on the "
    "server: remove that line, or add the folder to the project with a file in it",
    "log_file_in_project": "{place} writes a log to {path} beside the code, where the site may not write on a server: log to "
    "the console (logging.StreamHandler); systemd keeps it",
    "secret_key_in_source": "the secret key stands in the code ({place}); the server gets one of its own",
    "secret_key_has_default": "the secret key has a default in the code ({place}); the server gets one of its own",
    "debug_true": "DEBUG is on in the code ({place}), which shows your code to strangers; the server turns it off",
    "debug_defaults_to_true": "DEBUG is on unless it is turned off ({place}); the server turns it off",
    "allowed_hosts_in_source": "ALLOWED_HOSTS, the names that the site answers to, stands in the code ({place}); the server "
    "sets its own",
    "allowed_hosts_open": 'ALLOWED_HOSTS has "*" in it ({place}): the site would answer to any name; the server sets its own',
    "database_in_source": "the database stands in the code ({place}), so it cannot be set from outside; the server sets "
    "PostgreSQL",
    "database_choice_unclear": "{variable} ({place}) decides which database is used, and which text means PostgreSQL cannot "
    "be seen: give it under [env]",
    "database_content_stays": "{file}, an SQLite database, does not go to the server: the site begins with an empty "
    "PostgreSQL database. To take the content along: `manage.py dumpdata` here, `loaddata` there",
    "secure_cookies": "{place} sets {setting}: browsers send such cookies over HTTPS only, and this sets up HTTP, so nobody "
    "can log in until there is HTTPS. To log in over HTTP until then, answer env_vars.plain_http with true",
    "https_redirect": "{place} sends every visitor to https (SECURE_SSL_REDIRECT), where nothing answers yet. To serve HTTP "
    "until there is HTTPS, answer env_vars.plain_http with true",
    "no_static_root": "STATIC_ROOT is missing: the folder where style sheets and pictures are collected; the server sets it",
    "static_root_tracked": "the folder {folder}, STATIC_ROOT ({place}), holds files that are kept with the code: only what "
    "`collectstatic` finds in apps and STATICFILES_DIRS is served; move them there",
    "no_dependencies": "no list of the Python packages that it needs was found",
    "unsupported_dependencies": "{file} is a kind of package list that the wizard cannot use: write a requirements.txt "
    "(for example with `pip freeze`)",
    "no_app_server": "no app server (the program that runs Django) among its packages; one is added",
    "no_database_driver": "no driver for PostgreSQL among its packages; {package} is added",
    "old_app_server": "{package} {version} cannot run in a service that is shut in as it is here; 22 or newer is "
    "installed in its place",
    "old_package": "{package} {version} has no wheel (ready-made file) for Python {pythons} and is compiled there, which may fail: "
    "ask for a newer release if it does",
    "needs_python": "it needs Python {version}: Debian 12 has 3.11, Debian 13 has 3.13",
    "python_of_server": "it needs Python {wanted} or newer, and the server has {found}: take a newer Debian, or an "
    "older Django",
    "needs_worker": "it uses {package}, so it needs a second program that works in the background (a worker), which is not "
    "set up: what is queued stays undone",
    "needs_redis": "{place} ({setting}) asks for Redis, which is not set up: what needs it fails until it is there",
    "needs_build": "{file} has a build (`{command}`) that is not run on the server: run it here and keep what it makes with "
    "the code, or pages have no style",
}


def problem(found: Problem) -> str:
    """The finding as a sentence, with the file and the line where there is one."""
    # file names and texts of a stranger's project
    texts = {name: ", ".join(value) if isinstance(value, list) else value for name, value in found.named.items()}
    named = {name: printable(text) for name, text in texts.items()}
    place = f"{named.get('file', '?')} line {named['line']}" if "line" in named else named.get("file", "?")
    return PROBLEMS.get(found.code, found.code.replace("_", " ")).format_map(_Fields(named, place=place))


class _Fields(dict[str, str]):
    """A field that is not known is shown as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"
