"""The site's variables in one file for systemd, and a `manage.py` that runs with exactly the same ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from wizard.checks.base import Check, on_server
from wizard.operations.base import Operation
from wizard.operations.file import directory, file
from wizard.operations.quoting import sh, systemd_environment
from wizard.operations.service import restart
from wizard.operations.trial import LAST_ERROR
from wizard.recipe import HOST_NAME, Answers, Question, Recipe
from wizard.secret import Secret

recipe = Recipe("env_vars", __file__, needs=["postgres", "project", "virtualenv"])

# What the settings are told, by purpose, under this name where the project's own was not found.
NAMES = {
    "secret_key": "SECRET_KEY", "debug": "DEBUG", "allowed_hosts": "ALLOWED_HOSTS", "csrf": "CSRF_TRUSTED_ORIGINS",
    "database_url": "DATABASE_URL", "database_name": "DB_NAME", "database_user": "DB_USER",
    "database_password": "DB_PASSWORD", "database_host": "DB_HOST", "database_port": "DB_PORT",
    "static_root": "STATIC_ROOT", "media_root": "MEDIA_ROOT",
}  # fmt: skip
# The settings that the file server_settings.py can change, and the purposes of the variables that it reads for them.
CHANGED = {
    "SECRET_KEY": ("secret_key",), "DEBUG": (), "ALLOWED_HOSTS": ("allowed_hosts",), "CSRF_TRUSTED_ORIGINS": ("csrf",),
    "DATABASES": ("database_name", "database_user", "database_password", "database_host", "database_port"),
    "STATIC_ROOT": ("static_root",), "MEDIA_ROOT": ("media_root",), "HTTPS": (),
}  # fmt: skip

more_hosts = recipe.ask(
    Question("more_hosts", tuple, (), optional=True, pattern=rf"\.?{HOST_NAME}", example="www.guestbook.example.org")
)
plain_http = recipe.ask(Question("plain_http", bool, False))
override_settings = recipe.ask(
    Question(
        "override_settings", bool, lambda a: a[plain_http] or bool(a.found and (changed(a) or names_others(a))),
        # that nothing had to be changed is true of one project only: a server does not keep it for the next
        portable=bool,
    )
)  # fmt: skip


def names_others(a: Answers) -> bool:
    """Whether wsgi.py or manage.py puts settings of its own in place of those that were chosen."""
    named = {a.found.entry_sets_settings, a.found.manage_sets_settings} - {None}
    return bool(named - {a.project.settings_module})


def changed(a: Answers) -> list[str]:
    """Settings that this server must change, and that no variable changes."""
    https = ["HTTPS"] if a[plain_http] else []
    if a.found is None:  # nobody has looked at the project (it is in a git repository): all of them
        return [setting for setting in CHANGED if setting != "HTTPS"] + https
    settings = {"SECRET_KEY": "secret_key", "ALLOWED_HOSTS": "allowed_hosts"}
    settings |= {"STATIC_ROOT": "static_root"} if a.found.has_staticfiles is not False else {}
    settings |= {"MEDIA_ROOT": "media_root"} if a.found.media_root else {}
    found = [setting for setting, purpose in settings.items() if not a.found.env(purpose) or setting in a.found.fixed]
    found += ["CSRF_TRUSTED_ORIGINS"] if "ALLOWED_HOSTS" in found and not a.found.env("csrf") else []
    found += ["DEBUG"] if any(problem.code == "debug_true" for problem in a.found.problems) else []
    return found + ([] if a.found.database_by_variables else ["DATABASES"]) + https


def values(a: Answers) -> dict[str, str | list[str]]:
    """By purpose; a list is written as the project reads lists."""
    role, password, database = a.postgres.role, a.secret("database_password").reveal(), a.postgres.database
    hosts = [a.project.domain, *a[more_hosts]]
    origins = [host.replace(".", "*.", 1) if host.startswith(".") else host for host in hosts]
    return {
        "secret_key": a.secret("secret_key").reveal(),
        "debug": "False",
        "allowed_hosts": hosts,
        "csrf": [f"{scheme}://{host}" for host in origins for scheme in ("https", "http")],
        "database_url": f"postgres://{quote(role, '')}:{quote(password, '')}@127.0.0.1:5432/{quote(database, '')}",
        "database_name": database,
        "database_user": role,
        "database_password": password,
        "database_host": "127.0.0.1",
        "database_port": "5432",
        "static_root": f"/srv/{a.project.name}/shared/static",
        "media_root": f"/srv/{a.project.name}/shared/media",
    }


def written(value: str | list[str], kind: str, separator: str) -> str:
    if kind == "truthy" and value == "False":
        return ""  # any text would mean yes
    if isinstance(value, list):
        return json.dumps(value) if kind == "json" else (separator or ",").join(value)
    return {"int": "0", "json": "false"}.get(kind, value) if value == "False" else value


def variables(a: Answers) -> dict[str, str | Secret]:
    """Every variable of the site; what the answers file says in [env] wins."""
    result: dict[str, str | Secret] = {"DJANGO_SETTINGS_MODULE": a.project.settings_module}
    if own_entry(a):
        result["PYTHONPATH"] = f"/etc/{a.project.name}/python"
    if a[override_settings]:
        result |= {"DJANGO_SETTINGS_MODULE": "server_settings", "PYTHONPATH": f"/etc/{a.project.name}/python"}
    found = a.found.env_names if a.found else ()
    read = {purpose for setting in changed(a) for purpose in CHANGED[setting]} if a[override_settings] else set()
    for purpose, value in values(a).items():
        names = [name for name in found if name.purpose == purpose]
        for name in names:
            result[name.name] = written(value, name.kind, name.separator)
        # what server_settings.py reads must be there, whatever else is
        if purpose in read or (not names and not (purpose.startswith("database_") and a.found)):
            result.setdefault(NAMES[purpose], written(value, "text", ","))
    result |= {name.name: name.postgres for name in found if name.postgres is not None}
    return result | a.env


def own_entry(a: Answers) -> bool:
    """Whether gunicorn imports our server_wsgi instead of the project's own application."""
    return bool(a.found and a.found.wsgi and a.project.wsgi.startswith("server_wsgi:"))


def environment_file(a: Answers) -> Secret:
    lines = [
        systemd_environment(name, value.reveal() if isinstance(value, Secret) else value)
        for name, value in sorted(variables(a).items())
    ]
    return Secret("\n".join(lines) + "\n")


CONNECT = "from django.db import connection as c; c.ensure_connection(); print(c.vendor, c.settings_dict['NAME'])"


# What is new is asked, while what is live goes on. The last line is what a person sees.
STARTS = """\
said=$({manage} 2>&1) && {{ echo "$said" | tail -n 1; exit 0; }}
echo "$said"
live=$(basename "$(readlink {root}/current)"); new=$(basename "$(readlink {root}/next)")
case $live in
    '' | "$new") with= rest= ;;
    *) with=' with the new code' rest=" (the release that was live before, $live, stays live)" ;;
esac
echo "Django does not start$with: $(echo "$said" | {error})$rest"
exit 1
"""


def django_starts(a: Answers) -> Iterator[Check]:
    site = a.project.name
    manage = f"env WIZARD_RELEASE=next /usr/local/bin/{site}-manage shell --command {sh(CONNECT)}"
    yield on_server(
        "Django starts with these variables and finds its database",
        STARTS.format(manage=manage, root=f"/srv/{site}", error=LAST_ERROR),
        wanted="a connection to the site's database",
        set_in=f"/etc/{a.project.name}/env",
    )
    yield on_server(
        "nobody but root can read them",
        f"! runuser -u {sh(a.project.name)} -- cat /etc/{a.project.name}/env 2>/dev/null && "
        f"stat -c '%A %U' /etc/{a.project.name}/env",
        wanted="-rw------- root",
        set_in=f"the mode of /etc/{a.project.name}/env",
    )


@recipe.step("variables")
def env_file(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    yield a.keep("secret_key")
    yield file(f"/etc/{site}/env", environment_file(a), mode=0o600, on_undo=restart(site))


@recipe.step("settings", when=lambda a: bool(a[override_settings]) or own_entry(a))
def server_settings(a: Answers) -> Iterator[Operation]:
    folder = f"/etc/{a.project.name}/python"
    yield directory(folder)
    if a[override_settings]:
        text = recipe.template("server_settings", a, changed=changed(a))
        yield file(f"{folder}/server_settings.py", text, on_undo=restart(a.project.name))
    if own_entry(a):
        module, _, application = a.found.wsgi.partition(":")
        text = recipe.template("server_wsgi", a, module=module, application=application)
        yield file(f"{folder}/server_wsgi.py", text, on_undo=restart(a.project.name))


@recipe.step("manage", check=django_starts, again=True)
def manage(a: Answers) -> Iterator[Operation]:
    yield file(f"/usr/local/bin/{a.project.name}-manage", recipe.template("manage", a), mode=0o755)


recipe.tell("variables", lambda a: f"sudoedit /etc/{a.project.name}/env")
