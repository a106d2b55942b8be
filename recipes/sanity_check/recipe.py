"""The whole site, looked at from outside as a visitor and as an intruder would; and again after a restart."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check, Vantage, on_server
from wizard.checks.django import addresses, logins_last
from wizard.checks.http import (
    admin_login_with_css,
    front_page_answers,
    static_file_answers,
    unknown_page_shows_no_debug,
)
from wizard.checks.ports import port_closed
from wizard.checks.postgres import row_written_and_read
from wizard.checks.ssh_login import password_login_refused, root_login_refused
from wizard.operations.base import Operation
from wizard.operations.quoting import sh
from wizard.operations.reboot import reboot
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("sanity_check", __file__, needs=["hardening", "nginx"])

PATH = r"/[\w./~-]*"
USUAL = ("/admin/", "/accounts/login/", "/login/", "/api/")  # where nobody has found out which pages there are


def admin_page(a: Answers) -> str:
    """Where the project's files say that it is; "" where they say that there is none."""
    if a.found is None:
        return "/admin/"
    found = a.found.page("admin")
    return found.address if found else "" if a.found.has_admin is False else "/admin/"


page = recipe.ask(Question("page", str, "/", pattern=PATH, example="/"))
admin = recipe.ask(Question("admin", str, admin_page, optional=True, pattern=PATH, example="/admin/"))
restart = recipe.ask(Question("reboot", bool, True))


def site_answers(a: Answers) -> Iterator[Check]:
    domain, manage = a.project.domain, f"/usr/local/bin/{a.project.name}-manage"

    def others(vantage: Vantage) -> Iterator[str]:
        """Addresses to try where there is no front page: those in the files, the usual ones, those that Django names."""
        found = [p.address for p in a.found.pages] if a.found is not None else []
        yield from dict.fromkeys(p for p in [*found, *filter(None, [a[admin]]), *USUAL] if p != "/")
        yield from addresses(vantage, manage).get("page", [])

    def where_admin_is(vantage: Vantage) -> str | None:
        said = addresses(vantage, manage).get("admin", [""])[-1]
        return {"none": "", "": None}.get(said, said)

    yield front_page_answers(domain, a[page], others)
    yield static_file_answers(domain, a[page], others)
    yield unknown_page_shows_no_debug(domain)
    if a[admin]:
        yield admin_login_with_css(domain, a[admin], where_admin_is)
        yield logins_last(manage)
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
        wanted="active",
        set_in="the unit; why: systemctl status",
    )
    yield from site_answers(a)


@recipe.step("outside", check=from_outside, again=True)
def outside(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("reboot", check=all_is_back, when=lambda a: a[restart])
def after_a_restart(a: Answers) -> Iterator[Operation]:
    yield reboot("after-setup", needed="true")
