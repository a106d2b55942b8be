"""nginx in front: it takes every request, sends files itself, and passes the rest on to the site's socket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.checks.base import Check
from wizard.checks.local_http import answers
from wizard.operations.apt import packages
from wizard.operations.base import Operation
from wizard.operations.claims_nginx import web_server
from wizard.operations.file import absent, file
from wizard.operations.service import reload, service
from wizard.operations.tested import tested_file, tested_symlink
from wizard.recipe import Answers, Question, Recipe

recipe = Recipe("nginx", __file__, needs=["gunicorn"])

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
        lambda a: url(a.found and a.found.static_url, "static"),
        pattern=r"(/[\w-]+)+/",
        example="/static/",
    )
)
media_url = recipe.ask(
    Question(
        "media_url",
        str,
        lambda a: url(a.found and a.found.media_url, "media"),
        pattern=r"(/[\w-]+)+/",
        example="/media/",
    )
)


def site_answers(a: Answers) -> Iterator[Check]:
    yield answers(
        "the site answers through nginx",
        "127.0.0.1:80",
        a.project.domain,
        marked=a.project.name,
        set_in=f"/etc/nginx/sites-available/{a.project.name}",
    )
    if a[default_site]:
        yield answers(
            "other names get no answer",
            "127.0.0.1:80",
            "unknown.invalid",
            allowed=("closed",),
            set_in="/etc/nginx/sites-available/unknown-names, if no other site is the default_server",
        )


default_site = recipe.ask(Question("default_site", bool, True))


def names(a: Answers) -> list[str]:
    return list(dict.fromkeys([a.project.domain, *a.env_vars.more_hosts]))


@recipe.step("install")
def install(a: Answers) -> Iterator[Operation]:
    yield web_server(a.project.name, tuple(names(a)), default=a[default_site])
    yield packages("nginx")


@recipe.step("site", check=site_answers, again=True)
def site(a: Answers) -> Iterator[Operation]:
    name, available, enabled = a.project.name, "/etc/nginx/sites-available", "/etc/nginx/sites-enabled"
    if a[default_site]:
        yield file(f"{available}/unknown-names", recipe.template("unknown-names", a))
    text = recipe.template("site", a, names=names(a), longest=max(map(len, names(a))))
    yield tested_file(f"{available}/{name}", text, test=TEST, then=RELOAD)
    if a[default_site]:
        # Debian's welcome page; both this and ours want to be the default, so it goes first
        yield absent(f"{enabled}/default", notify=RELOAD)
        yield tested_symlink(f"{enabled}/unknown-names", f"{available}/unknown-names", test=TEST, then=RELOAD)
    yield tested_symlink(f"{enabled}/{name}", f"{available}/{name}", test=TEST, then=RELOAD)
    # only now: before, the world would see Debian's welcome page
    yield service("nginx")


recipe.tell("address", lambda a: f"http://{a.project.domain}/")
recipe.tell("visits", lambda a: "sudo tail -f /var/log/nginx/access.log /var/log/nginx/error.log")
