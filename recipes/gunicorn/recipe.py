"""The site as a service: systemd holds the socket, gunicorn answers on it, and both come back after a reboot."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check, on_server
from wizard.checks.local_http import answers
from wizard.operations.base import Operation
from wizard.operations.file import file
from wizard.operations.release import serving
from wizard.operations.service import daemon_reload, restart, service
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("gunicorn", __file__, needs=["django"])


def by_size(a: Answers) -> int:
    """gunicorn's own advice, two for each CPU and one more; but a Django process takes 150 MB, and others need memory too."""
    return max(1, min(2 * a.server.cpus + 1, a.server.memory_mb // 2 // 150, 9))


workers = recipe.ask(Question("workers", int, by_size, minimum=1, maximum=64))
threads = recipe.ask(Question("threads", int, 2, minimum=1, maximum=64))
timeout = recipe.ask(Question("timeout", int, 30, minimum=5, maximum=3600))


def site_answers(a: Answers) -> Iterator[Check]:
    site = a.project.name
    yield answers("Django answers on the socket", f"/run/{site}/gunicorn.sock", a.project.domain)
    yield on_server(
        "every worker has started",
        f"n=$(pgrep --count --parent $(systemctl show --property=MainPID --value {site}.service)); "
        f'echo "$n workers"; [ $n -ge {a[workers]} ]',
    )
    yield on_server(
        "the service is shut in (0 is best, 10 is worst)",
        f"systemd-analyze security --no-pager --threshold=20 {site}.service | tail -n 1",
    )


@recipe.step("units")
def units(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    both = f"{daemon_reload}\n{restart(site)}"
    yield file(f"/etc/{site}/gunicorn.conf.py", recipe.template("gunicorn.conf", a), notify=restart(site))
    yield file(f"/etc/systemd/system/{site}.service", recipe.template("app.service", a), notify=both)
    yield file(f"/etc/systemd/system/{site}.socket", recipe.template("app.socket", a), notify=daemon_reload)


@recipe.step("service", check=site_answers)
def app(a: Answers) -> Iterator[Operation]:
    site = a.project.name
    yield service(f"{site}.socket")
    yield service(site)
    yield serving(f"{site}.service", f"/srv/{site}/current/{a.project.subdirectory}")


recipe.tell("logs", lambda a: f"sudo journalctl -u {a.project.name} -f")
recipe.tell("restart", lambda a: f"sudo systemctl restart {a.project.name}")
