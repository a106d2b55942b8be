"""nginx in front: it takes every request, sends files itself, and passes the rest on to the site's socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import indent

from wizard.api import (
    Answers,
    Check,
    HostNames,
    Operation,
    Question,
    Recipe,
    WebSite,
    absent,
    as_written,
    file,
    http_answers,
    packages,
    reload,
    service,
    tested_file,
    tested_symlink,
    web_server,
)

recipe = Recipe("nginx", role="web_server", needs=["app_server"])

TEST = "nginx -q -t"
RELOAD = reload("nginx")


def url(setting: str | None, usual: str) -> str:
    """A project's STATIC_URL or MEDIA_URL as a path of this site."""
    path = f"/{(setting or usual).strip('/')}/"
    return path if re.fullmatch(r"(/[\w-]+)+/", path) else f"/{usual}/"


upload_mb = recipe.ask(Question("upload_mb", int, 20, minimum=1, maximum=10_000))
static_url = recipe.ask(
    Question(
        "static_url",
        str,
        lambda a: url(a.found.static_url if a.found else None, "static"),
        pattern=r"(/[\w-]+)+/",
        example="/static/",
    )
)
media_url = recipe.ask(
    Question(
        "media_url",
        str,
        lambda a: url(a.found.media_url if a.found else None, "media"),
        pattern=r"(/[\w-]+)+/",
        example="/media/",
    )
)


def site_answers(a: Answers) -> Iterator[Check]:
    yield http_answers(
        recipe.text("answers"),
        "127.0.0.1:80",
        a.project.domain,
        marked=a.site.name,
        set_in=f"/etc/nginx/sites-available/{a.site.name}",
    )
    if a[default_site]:
        yield http_answers(
            recipe.text("others"),
            "127.0.0.1:80",
            "unknown.invalid",
            allowed=("closed",),
            set_in=recipe.text("others_set_in"),
        )


default_site = recipe.ask(Question("default_site", bool, True))


def names(a: Answers) -> list[str]:
    more = [name for added in a.contributions(HostNames) for name in added.names]
    return list(dict.fromkeys([a.project.domain, *more]))


@recipe.step("install")
def install(a: Answers) -> Iterator[Operation]:
    yield web_server(a.site.name, tuple(names(a)), default=a[default_site])
    yield packages("nginx")


@recipe.step("site", check=site_answers, again=True)
def site(a: Answers) -> Iterator[Operation]:
    name, available, enabled = a.site.name, "/etc/nginx/sites-available", "/etc/nginx/sites-enabled"
    if a[default_site]:
        yield file(f"{available}/unknown-names", recipe.template("unknown-names", a))
    added = a.contributions(WebSite)
    text = recipe.template(
        "site",
        a,
        names=names(a),
        longest=max(map(len, names(a))),
        before=as_written("\n".join(one.before for one in added if one.before)),
        inside=as_written(indent("\n".join(one.server for one in added if one.server), "    ")),
    )
    yield tested_file(f"{available}/{name}", text, test=TEST, then=RELOAD)
    if a[default_site]:
        # Debian's welcome page; both this and ours want to be the default, so it goes first
        yield absent(f"{enabled}/default", notify=RELOAD)
        yield tested_symlink(f"{enabled}/unknown-names", f"{available}/unknown-names", test=TEST, then=RELOAD)
    yield tested_symlink(f"{enabled}/{name}", f"{available}/{name}", test=TEST, then=RELOAD)
    # only now: before, the world would see Debian's welcome page
    yield service("nginx")


def address(a: Answers) -> str:
    scheme = "https" if any(one.https for one in a.contributions(WebSite)) else "http"
    return f"{scheme}://{a.project.domain}/"


recipe.output("units", lambda a: ("nginx.service",))
recipe.output("address", address, afterwards=True)
recipe.output("visits", lambda a: "sudo tail -f /var/log/nginx/access.log /var/log/nginx/error.log", afterwards=True)
