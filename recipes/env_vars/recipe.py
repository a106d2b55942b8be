"""The site's variables in one file for systemd, and a `manage.py` that runs with exactly the same ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

from wizard.api import (
    HOST_NAME,
    LAST_ERROR,
    Answers,
    Check,
    HostNames,
    Operation,
    Question,
    Recipe,
    Secret,
    Variables,
    directory,
    file,
    in_django,
    on_server,
    restart,
    sh,
    systemd_environment,
)

recipe = Recipe("env_vars", needs=["database", "broker", "project", "virtualenv"])

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
    "STATIC_ROOT": ("static_root",), "MEDIA_ROOT": ("media_root",), "HTTPS": (), "TIME_ZONE_OF_DRIVER": (),
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
    named = {a.found.entry_sets_settings, a.found.manage_sets_settings} - {None} if a.found else set()
    return bool(named - {a.project.settings_module})


def changed(a: Answers) -> list[str]:
    """Settings that this server must change, and that no variable changes."""
    https = ["HTTPS"] if a[plain_http] else []
    if a.found is None:  # nobody has looked at the project (it is in a git repository): all of them
        return [setting for setting in CHANGED if setting not in ("HTTPS", "TIME_ZONE_OF_DRIVER")] + https
    https += ["TIME_ZONE_OF_DRIVER"] if a.found.old_django and a.database.engine.endswith("postgresql") else []
    settings = {"SECRET_KEY": "secret_key", "ALLOWED_HOSTS": "allowed_hosts"}
    settings |= {"STATIC_ROOT": "static_root"} if a.found.has_staticfiles is not False else {}
    settings |= {"MEDIA_ROOT": "media_root"} if a.found.media_root else {}
    found = [setting for setting, purpose in settings.items() if not a.found.env(purpose) or setting in a.found.fixed]
    found += ["CSRF_TRUSTED_ORIGINS"] if "ALLOWED_HOSTS" in found and not a.found.env("csrf") else []
    found += ["DEBUG"] if any(problem.code == "debug_true" for problem in a.found.problems) else []
    return found + ([] if a.database.by_variables else ["DATABASES"]) + https


def values(a: Answers) -> dict[str, str | list[str]]:
    """By purpose; a list is written as the project reads lists."""
    database = a.database
    hosts = [a.project.domain, *a[more_hosts]]
    origins = [host.replace(".", "*.", 1) if host.startswith(".") else host for host in hosts]
    return {
        "secret_key": a.secret("secret_key").reveal(),
        "debug": "False",
        "allowed_hosts": hosts,
        "csrf": [f"{scheme}://{host}" for host in origins for scheme in ("https", "http")],
        "database_url": database.url,
        "database_name": database.name,
        "database_user": database.user,
        "database_password": database.password.reveal(),
        "database_host": database.host,
        "database_port": str(database.port),
        "static_root": a.site.static,
        "media_root": a.site.media,
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
        result["PYTHONPATH"] = a.site.python
    if a[override_settings]:
        result |= {"DJANGO_SETTINGS_MODULE": "server_settings", "PYTHONPATH": a.site.python}
    found = a.found.env_names if a.found else ()
    read = {purpose for setting in changed(a) for purpose in CHANGED[setting]} if a[override_settings] else set()
    for purpose, value in values(a).items():
        names = [name for name in found if name.purpose == purpose]
        for name in names:
            result[name.name] = written(value, name.kind, name.separator)
        # what server_settings.py reads must be there, whatever else is
        if purpose in read or (not names and not (purpose.startswith("database_") and a.found)):
            result.setdefault(NAMES[purpose], written(value, "text", ","))
    result |= {name.name: name.production for name in found if name.production is not None}
    for added in a.contributions(Variables):
        result |= added.values
    return result | a.env


def own_entry(a: Answers) -> bool:
    """Whether the app server imports our server_wsgi instead of the project's own application."""
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
reason=$(echo "$said" | {error})
case $live in
    '' | "$new") say env_vars/fails reason="$reason" ;;
    *) say env_vars/new_code_fails reason="$reason" live="$live" ;;
esac
exit 1
"""


def django_starts(a: Answers) -> Iterator[Check]:
    site = a.site
    manage = in_django(site.manage_next, CONNECT)
    yield on_server(
        recipe.text("starts"),
        STARTS.format(manage=manage, root=site.root, error=LAST_ERROR),
        wanted=recipe.text("starts_wanted"),
        set_in=site.env_file,
    )
    yield on_server(
        recipe.text("root_only"),
        f"! runuser -u {sh(site.user)} -- cat {site.env_file} 2>/dev/null && stat -c '%A %U' {site.env_file}",
        wanted="-rw------- root",
        set_in=recipe.text("mode_of", file=site.env_file),
    )


@recipe.step("variables")
def env_file(a: Answers) -> Iterator[Operation]:
    yield a.keep("secret_key")
    yield file(a.site.env_file, environment_file(a), mode=0o600, on_undo=restart(a.site.name))


@recipe.step("settings", when=lambda a: bool(a[override_settings]) or own_entry(a))
def server_settings(a: Answers) -> Iterator[Operation]:
    folder = a.site.python
    yield directory(folder)
    if a[override_settings]:
        text = recipe.template("server_settings", a, changed=changed(a))
        yield file(f"{folder}/server_settings.py", text, on_undo=restart(a.site.name))
    if a.found and a.found.wsgi and own_entry(a):
        module, _, application = a.found.wsgi.partition(":")
        text = recipe.template("server_wsgi", a, module=module, application=application)
        yield file(f"{folder}/server_wsgi.py", text, on_undo=restart(a.site.name))


@recipe.step("manage", check=django_starts, again=True)
def manage(a: Answers) -> Iterator[Operation]:
    yield file(a.site.manage, recipe.template("manage", a), mode=0o755)


recipe.output("variables", lambda a: f"sudoedit {a.site.env_file}", afterwards=True)
recipe.contribute(HostNames, lambda a: HostNames(a[more_hosts]))
