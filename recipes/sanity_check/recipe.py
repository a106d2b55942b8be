"""The whole site, looked at from outside as a visitor and as an intruder would; and again after a restart."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Operation,
    OutsideChecks,
    Question,
    Recipe,
    Vantage,
    addresses,
    admin_login_with_css,
    caches_keep_what_is_written,
    front_page_answers,
    logins_last,
    on_server,
    password_login_refused,
    port_closed,
    reboot,
    root_login_refused,
    sh,
    static_file_answers,
    unknown_page_shows_no_debug,
)

recipe = Recipe("sanity_check", needs=["hardening", "web_server", "worker"])

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
    domain, manage, pages = a.project.domain, a.site.manage, a.found.pages if a.found else ()

    def others(vantage: Vantage) -> Iterator[str]:
        """Addresses to try where there is no front page: those in the files, the usual ones, those that Django names."""
        found = [p.address for p in pages]
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
    for added in a.contributions(OutsideChecks):
        yield from added.checks
    yield a.database.row_check
    if a.found and a.found.redis:
        yield caches_keep_what_is_written(manage)


def from_outside(a: Answers) -> Iterator[Check]:
    yield from site_answers(a)
    yield port_closed(a.database.port, a.database.title)
    yield port_closed(a.app_server.port, a.app_server.recipe)
    yield root_login_refused()
    yield password_login_refused(a.deploy_user.name)


def all_is_back(a: Answers) -> Iterator[Check]:
    # sshd answers before the start is complete; and is-active is content with one active unit out of several
    yield on_server(
        recipe.text("back"),
        f"""timeout 120 systemctl is-system-running --wait >/dev/null
for unit in {" ".join(map(sh, a.units()))}; do
    systemctl is-active --quiet $unit || {{ say sanity_check/unit_is unit="$unit" state="$(systemctl is-active $unit)"; exit 1; }}
done
say sanity_check/all_run units={sh(", ".join(unit.removesuffix(".service") for unit in a.units()))}
""",
        wanted="active",
        set_in=recipe.text("back_set_in"),
    )
    yield from site_answers(a)


@recipe.step("outside", check=from_outside, again=True)
def outside(a: Answers) -> Iterator[Operation]:
    yield from ()


@recipe.step("reboot", check=all_is_back, when=lambda a: a[restart])
def after_a_restart(a: Answers) -> Iterator[Operation]:
    yield reboot("after-setup", needed="true")
