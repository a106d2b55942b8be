"""The whole site, looked at from outside as a visitor and as an intruder would; and again after a restart."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check, on_server
from wizard.checks.http import admin_login_with_css, page_answers, static_file_answers
from wizard.checks.ports import port_closed
from wizard.checks.postgres import row_written_and_read
from wizard.checks.ssh_login import password_login_refused, root_login_refused
from wizard.operations.base import Operation
from wizard.operations.quoting import sh
from wizard.operations.reboot import reboot
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("sanity_check", __file__, needs=["hardening", "nginx"])

PATH = r"/[\w./~-]*"
page = recipe.ask(Question("page", str, "/", pattern=PATH, example="/"))
admin = recipe.ask(Question("admin", str, "/admin/", optional=True, pattern=PATH, example="/admin/"))
restart = recipe.ask(Question("reboot", bool, True))


def site_answers(a: Answers) -> Iterator[Check]:
    domain = a.project.domain
    yield page_answers(domain, a[page])
    yield static_file_answers(domain, a[page])
    if a[admin]:
        yield admin_login_with_css(domain, a[admin])
    yield row_written_and_read(a.postgres.role, a.postgres.database, a.secret("database_password"))


def from_outside(a: Answers) -> Iterator[Check]:
    yield from site_answers(a)
    yield port_closed(5432, "PostgreSQL")
    yield port_closed(8000, "gunicorn")
    yield root_login_refused()
    yield password_login_refused(a.deploy_user.name)


def all_is_back(a: Answers) -> Iterator[Check]:
    site = sh(a.project.name)
    # sshd answers before the start is complete; and is-active is content with one active unit out of several
    yield on_server(
        "every service came back",
        f"""timeout 120 systemctl is-system-running --wait >/dev/null
for unit in nginx.service postgresql.service {site}.socket {site}.service; do
    systemctl is-active --quiet $unit || {{ echo "$unit is $(systemctl is-active $unit)"; exit 1; }}
done
echo "nginx, PostgreSQL and {site} run"
""",
    )
    yield from site_answers(a)


@recipe.step("outside", check=from_outside)
def outside(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("reboot", check=all_is_back, when=lambda a: a[restart])
def after_a_restart(a: Answers) -> Iterator[Operation]:
    yield reboot("after-setup", needed="true")
