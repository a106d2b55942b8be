"""The site by ASGI: uvicorn answers on a socket that systemd holds, WebSockets as well."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Found,
    Operation,
    PythonPackages,
    Question,
    Recipe,
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


def speaks_asgi(found: Found | None) -> bool:
    return found is not None and found.needs_asgi


recipe = Recipe("uvicorn", role="app_server", needs=["django"], fits=speaks_asgi)

application = recipe.ask(
    Question("application", str, lambda a: a.found.asgi if a.found else None, pattern=r"\w+(\.\w+)*:\w+",
             example="config.asgi:application")
)  # fmt: skip
# where messages between visitors go through the memory of one process, a second one would miss them
workers = recipe.ask(Question("workers", int, 1, minimum=1, maximum=64))
timeout = recipe.ask(Question("timeout", int, 60, minimum=5, maximum=3600))


def socket(a: Answers) -> str:
    return f"{a.site.run}/uvicorn.sock"


def in_environment(a: Answers) -> PythonPackages:
    """uvicorn and what it needs for WebSockets, where the project does not name them."""
    dependencies = a.found.dependencies if a.found else None
    named = set(dependencies.packages) if dependencies is not None else set()
    wanted = tuple(name for name in ("uvicorn", "websockets") if name not in named)
    return PythonPackages(wanted, imports=("uvicorn", "websockets"), programs=("uvicorn",))


def new_release_is_right(a: Answers) -> Iterator[Check]:
    yield settings_of(recipe, a, recipe.text("newest"), link="next")


def site_answers(a: Answers) -> Iterator[Check]:
    unit_file = a.site.unit_file
    yield stays_up(recipe.text("runs"), a.site.unit)
    yield settings_of(recipe, a, recipe.text("settings"))
    set_in = recipe.text("answers_set_in", file=a.site.env_file)
    yield http_answers(recipe.text("answers"), socket(a), a.project.domain, set_in=set_in)
    yield on_server(
        recipe.text("shut_in"),
        f"systemd-analyze security --no-pager --threshold=20 {a.site.unit} | tail -n 1",
        wanted=recipe.text("shut_in_wanted"),
        set_in=recipe.text("shut_in_set_in", file=unit_file),
    )


@recipe.step("units")
def units(a: Answers) -> Iterator[Operation]:
    back = restart(a.site.name)  # what they change goes live with the step below, when it has been tried
    unit = recipe.template("app.service", a, closed=as_written(shut_in(*may_write(a))))
    yield file(a.site.unit_file, unit, notify=daemon_reload, on_undo=back)
    yield file(a.site.socket_unit_file, recipe.template("app.socket", a, socket=socket(a)), notify=daemon_reload)


@recipe.step("settings", check=new_release_is_right, again=True)
def settings(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("service", check=site_answers, again=True)
def app(a: Answers) -> Iterator[Operation]:
    watched = (a.site.env_file, f"{a.site.python}/server_settings.py", a.site.unit_file)
    yield live_release(a.site.root, a.site.unit, a.project.domain, watched=watched)
    yield service(a.site.socket_unit)
    yield service(a.site.unit)


recipe.output("socket", socket)
recipe.output("websockets", lambda a: True)
recipe.output("units", lambda a: (a.site.socket_unit, a.site.unit))
recipe.output("logs", lambda a: f"sudo {a.site.logs} -f", afterwards=True)
recipe.output("restart", lambda a: f"sudo systemctl restart {a.site.name}", afterwards=True)
recipe.contribute(PythonPackages, in_environment)
