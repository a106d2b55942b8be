"""The site as a service: systemd holds the socket, gunicorn answers on it, and both come back after a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    UsageError,
    as_written,
    daemon_reload,
    file,
    http_answers,
    live_release,
    may_write,
    on_server,
    restart,
    service,
    settings_of,
    shut_in,
    stays_up,
)

recipe = Recipe("gunicorn", role="app_server", needs=["django"])


def by_size(a: Answers) -> int:
    """gunicorn's own advice, two for each CPU and one more; but a Django process takes 150 MB, and others need memory too."""
    return max(1, min(2 * a.server.cpus + 1, a.server.memory_mb // 2 // 150, 9))


workers = recipe.ask(Question("workers", int, by_size, minimum=1, maximum=64))
threads = recipe.ask(Question("threads", int, 2, minimum=1, maximum=64))
timeout = recipe.ask(Question("timeout", int, 30, minimum=5, maximum=3600))


ONE_WORKER = "Environment=GUNICORN_CMD_ARGS=--workers=1"  # enough for a release that is tried


def configuration(a: Answers) -> str:
    return f"{a.site.config}/gunicorn.conf.py"


def socket(a: Answers) -> str:
    return f"{a.site.run}/gunicorn.sock"


def in_environment(a: Answers) -> PythonPackages:
    """gunicorn, where the project does not name it; one that can run as a service that is shut in, where it names an older one."""
    dependencies = a.found.dependencies if a.found else None
    named = dependencies is not None and "gunicorn" in dependencies.packages
    # before 22 its workers call setuid(), which the service may not
    old = ("gunicorn>=22",) if a.found and a.found.old_app_server else ()
    return PythonPackages(old if named else ("gunicorn",), imports=("gunicorn",), programs=("gunicorn",))


def files(a: Answers) -> tuple[str, ...]:
    """What the service reads at its start."""
    site = a.site
    return (
        site.env_file,
        configuration(a),
        f"{site.python}/server_settings.py",
        f"{site.python}/server_wsgi.py",
        site.unit_file,
    )


def new_release_is_right(a: Answers) -> Iterator[Check]:
    yield settings_of(recipe, a, recipe.text("newest"), link="next")


def site_answers(a: Answers) -> Iterator[Check]:
    unit, unit_file = a.site.unit, a.site.unit_file
    yield stays_up(recipe.text("runs"), unit)
    yield settings_of(recipe, a, recipe.text("settings"))
    yield http_answers(
        recipe.text("answers"),
        socket(a),
        a.project.domain,
        set_in=recipe.text("answers_set_in", file=a.site.env_file),
    )
    yield on_server(
        recipe.text("workers"),
        f"n=$(pgrep --count --parent $(systemctl show --property=MainPID --value {unit})); "
        f'say gunicorn/workers_seen n="$n"; [ $n -ge {a[workers]} ]',
        wanted=recipe.text("workers_seen", n=a[workers]),
        set_in=recipe.text("workers_set_in", file=unit_file, logs=a.site.logs),
    )
    yield on_server(
        recipe.text("shut_in"),
        f"systemd-analyze security --no-pager --threshold=20 {unit} | tail -n 1",
        wanted=recipe.text("shut_in_wanted"),
        set_in=recipe.text("shut_in_set_in", file=unit_file),
    )


@recipe.step("units")
def units(a: Answers) -> Iterator[Operation]:
    if not a.project.wsgi:
        raise UsageError(recipe.text("no_wsgi"), hint=recipe.text("no_wsgi_next"))
    back = restart(a.site.name)  # what they change goes live with the step below, when it has been tried
    yield file(configuration(a), recipe.template("gunicorn.conf", a), on_undo=back)
    closed = as_written(shut_in(*may_write(a)))
    unit = recipe.template("app.service", a, configuration=configuration(a), closed=closed)
    yield file(a.site.unit_file, unit, notify=daemon_reload, on_undo=back)
    yield file(a.site.socket_unit_file, recipe.template("app.socket", a, socket=socket(a)), notify=daemon_reload)


@recipe.step("settings", check=new_release_is_right, again=True)
def settings(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("service", check=site_answers, again=True)
def app(a: Answers) -> Iterator[Operation]:
    yield live_release(a.site.root, a.site.unit, a.project.domain, watched=files(a), trial=(ONE_WORKER,))
    yield service(a.site.socket_unit)
    yield service(a.site.unit)


recipe.output("socket", socket)
recipe.output("units", lambda a: (a.site.socket_unit, a.site.unit))
recipe.output("logs", lambda a: f"sudo {a.site.logs} -f", afterwards=True)
recipe.output("restart", lambda a: f"sudo systemctl restart {a.site.name}", afterwards=True)
recipe.contribute(PythonPackages, in_environment)
