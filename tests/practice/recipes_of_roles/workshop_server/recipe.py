"""Another app server, as a recipe of its own: uvicorn, which speaks ASGI. No other recipe knows of it."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    LAST_ERROR,
    Answers,
    Check,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    daemon_reload,
    file,
    http_answers,
    live_release,
    on_server,
    restart,
    service,
    settings_in_use,
)

recipe = Recipe("workshop_server", role="app_server", needs=["django"])

application = recipe.ask(
    Question("application", str, lambda a: a.found.asgi if a.found else None, pattern=r"\w+(\.\w+)*:\w+",
             example="config.asgi:application")
)  # fmt: skip
timeout = recipe.ask(Question("timeout", int, 60, minimum=5, maximum=3600))


def socket(a: Answers) -> str:
    return f"{a.site.run}/workshop.sock"


def site_answers(a: Answers) -> Iterator[Check]:
    stays = f"sleep 2; systemctl is-active {a.site.unit} || {{ journalctl -o cat -u {a.site.unit} | {LAST_ERROR}; exit 1; }}"
    yield on_server("the service runs", stays, wanted="active", set_in=a.site.unit_file)
    yield settings_in_use(
        "the site has this server's settings", a.site.root, a.site.unit, server="uvicorn", load=recipe.template("load", a),
        host=a.project.domain, database=a.database.name,
    )  # fmt: skip
    yield http_answers("Django answers on the socket", socket(a), a.project.domain, set_in=a.site.env_file)


@recipe.step("units")
def units(a: Answers) -> Iterator[Operation]:
    back = restart(a.site.name)
    yield file(a.site.unit_file, recipe.template("app.service", a), notify=daemon_reload, on_undo=back)
    yield file(a.site.socket_unit_file, recipe.template("app.socket", a, socket=socket(a)), notify=daemon_reload)


@recipe.step("service", check=site_answers, again=True)
def app(a: Answers) -> Iterator[Operation]:
    yield live_release(a.site.root, a.site.unit, a.project.domain, watched=(a.site.env_file, a.site.unit_file))
    yield service(a.site.socket_unit)
    yield service(a.site.unit)


recipe.output("socket", socket)
recipe.output("units", lambda a: (a.site.socket_unit, a.site.unit))
recipe.output("logs", lambda a: f"sudo {a.site.logs} -f", afterwards=True)
recipe.contribute(PythonPackages, lambda _: PythonPackages(("uvicorn",), imports=("uvicorn",), programs=("uvicorn",)))
