"""The site as a service: systemd holds the socket, gunicorn answers on it, and both come back after a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check, on_server
from wizard.checks.django import settings_in_use
from wizard.checks.local_http import answers
from wizard.operations.base import Operation
from wizard.operations.file import file
from wizard.operations.live import live_release
from wizard.operations.service import daemon_reload, restart, service
from wizard.operations.trial import LAST_ERROR
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("gunicorn", __file__, needs=["django"])


def by_size(a: Answers) -> int:
    """gunicorn's own advice, two for each CPU and one more; but a Django process takes 150 MB, and others need memory too."""
    return max(1, min(2 * a.server.cpus + 1, a.server.memory_mb // 2 // 150, 9))


workers = recipe.ask(Question("workers", int, by_size, minimum=1, maximum=64))
threads = recipe.ask(Question("threads", int, 2, minimum=1, maximum=64))
timeout = recipe.ask(Question("timeout", int, 30, minimum=5, maximum=3600))


# a service that dies and is started again for ever is "active" now and then
STAYS_UP = """\
unit={unit}; restarts=$(systemctl show -P NRestarts $unit)
for i in 1 2 3; do
    state=$(systemctl is-active $unit); again=$(systemctl show -P NRestarts $unit)
    if [ "$state" != active ] || [ "$again" != "$restarts" ]; then
        echo "the service is $state, and was started again $again times: $(journalctl -o cat --no-pager -n 200 -u $unit | {error})"
        exit 1
    fi
    sleep 1
done
echo "$unit is $state"
"""


def files(a: Answers) -> tuple[str, ...]:
    """What the service reads at its start."""
    site = a.project.name
    own = [
        f"/etc/{site}/{name}"
        for name in ("env", "gunicorn.conf.py", "python/server_settings.py", "python/server_wsgi.py")
    ]
    return (*own, f"/etc/systemd/system/{site}.service")


def settings_of(a: Answers, name: str, link: str) -> Check:
    site, named = a.project.name, {"DATABASE_URL", "DB_NAME"}
    if a.found is not None:
        named |= {v.name for v in a.found.env_names if (v.purpose or "").startswith("database_")}
    database = "" if named & set(a.env) else a.postgres.database  # who names a database of their own wants that one
    return settings_in_use(name, f"/srv/{site}", f"{site}.service", host=a.project.domain, database=database, link=link)


def new_release_is_right(a: Answers) -> Iterator[Check]:
    yield settings_of(a, "the newest release starts as a service, with this server's settings", "next")


def site_answers(a: Answers) -> Iterator[Check]:
    site = a.project.name
    yield on_server("the service runs, and stays up", STAYS_UP.format(unit=f"{site}.service", error=LAST_ERROR))
    yield settings_of(a, "the site has this server's settings", "current")
    yield answers(
        "Django answers on the socket",
        f"/run/{site}/gunicorn.sock",
        a.project.domain,
        set_in=f"/etc/{site}/env and the project's settings",
    )
    yield on_server(
        "every worker has started",
        f"n=$(pgrep --count --parent $(systemctl show --property=MainPID --value {site}.service)); "
        f'echo "$n workers"; [ $n -ge {a[workers]} ]',
        wanted=f"{a[workers]} workers",
        set_in=f"/etc/systemd/system/{site}.service; why: journalctl -u {site}",
    )
    yield on_server(
        "the service is shut in (0 is best, 10 is worst)",
        f"systemd-analyze security --no-pager --threshold=20 {site}.service | tail -n 1",
        wanted="2 or less",
        set_in=f"/etc/systemd/system/{site}.service and its drop-ins",
    )


@recipe.step("units")
def units(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    back = restart(site)  # what they change goes live with the step below, when it has been tried
    yield file(f"/etc/{site}/gunicorn.conf.py", recipe.template("gunicorn.conf", a), on_undo=back)
    unit = recipe.template("app.service", a)
    yield file(f"/etc/systemd/system/{site}.service", unit, notify=daemon_reload, on_undo=back)
    yield file(f"/etc/systemd/system/{site}.socket", recipe.template("app.socket", a), notify=daemon_reload)


@recipe.step("settings", check=new_release_is_right, again=True)
def settings(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("service", check=site_answers, again=True)
def app(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    yield live_release(f"/srv/{site}", f"{site}.service", a.project.domain, watched=files(a))
    yield service(f"{site}.socket")
    yield service(site)


recipe.tell("logs", lambda a: f"sudo journalctl -u {a.project.name} -f")
recipe.tell("restart", lambda a: f"sudo systemctl restart {a.project.name}")
