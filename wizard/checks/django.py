"""What a running site has: its settings, asked in its own sandbox, with its own variables, loaded as the app server loads it.

What `manage.py` says does not count: the entry point of the app server may choose other settings. Must not know recipes.
"""

from __future__ import annotations

import json
import re
from importlib import resources

from wizard.checks.base import Check, Vantage, on_server
from wizard.operations.django import in_django
from wizard.operations.trial import LAST_ERROR, look
from wizard.text import text


def settings_in_use(
    name: str,
    root: str,
    unit: str,
    *,
    server: str,
    load: str,
    host: str,
    database: str = "",
    vendor: str = "postgresql",
    link: str = "current",
) -> Check:
    """DEBUG is off, the settings are those that `manage.py` has, the database is `database` of that vendor ("" for any but a
    file), the key comes from this server's variables, and the hosts name `host` and not everybody. link: of which release.

    server: the program that the unit starts. load: Python text that defines `load()`, which loads the site as that program does,
    with its arguments. What differs is said with what was seen, what was wanted, and the file and line that set it.
    """
    wanted = json.dumps({"host": host, "database": database, "vendor": vendor})
    program = resources.files("wizard.checks").joinpath("look_at_django.py").read_text(encoding="utf-8")
    script = look(root, unit, f"{load}\n\nWANTED = {wanted!r}\n{program}", server=server, link=link)
    good = text("checks.django.settings_wanted")
    return on_server(name, script, wanted=good, set_in=text("checks.django.settings_set_in", unit=unit))


# Prints the addresses without parameters that the site has, and where its admin is.
ADDRESSES = """\
import re
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
def walk(patterns, prefix=""):
    for one in patterns:
        text = str(one.pattern)
        path = prefix + re.sub(r"^\\^|\\$$|\\\\Z$", "", text)
        if re.search(r"[<>()\\[\\]*+?\\\\|]", path) or path.count("/") > 6:
            continue
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from walk(one.url_patterns, path)
        else:
            yield path
for path in sorted(set(walk(get_resolver().url_patterns)), key=len)[:20]:
    print("page: /" + path)
try:
    print("admin: " + reverse("admin:index"))
except NoReverseMatch:
    print("admin: none")
"""
ADDRESS = re.compile(r"/[\w./~-]{0,200}")


def addresses(vantage: Vantage, manage: str) -> dict[str, list[str]]:
    """What the site on the server says of its own addresses: "page" and "admin" ("none" without one). Nothing it says is trusted."""
    command = f"env WIZARD_RELEASE=current timeout 60 {in_django(manage, ADDRESSES)} 2>/dev/null </dev/null"
    found: dict[str, list[str]] = {}
    for line in vantage.transport.run(command, label=text("checks.django.addresses"), root=True).out.splitlines():
        kind, _, value = line.partition(": ")
        if kind in ("page", "admin") and (ADDRESS.fullmatch(value) or value == "none"):
            found.setdefault(kind, []).append(value)
    return found


LOGIN = """\
if ss -Hltn 'sport = :443' | grep -q .; then say checks.login.https; exit 0; fi
said=$({asked} 2>&1)
case $(echo "$said" | sed -n 's/^cookies: //p' | tail -n 1) in
    none) say checks.login.cookies ;;
    '') echo "$said" | tail -n 1; exit 1 ;;
    *) say checks.login.secure_cookies names="$(echo "$said" | sed -n 's/^cookies: //p' | tail -n 1)"; exit 1 ;;
esac
"""
COOKIES = (
    "from django.conf import settings as s; "
    "on = [n for n in ('SESSION_COOKIE_SECURE', 'CSRF_COOKIE_SECURE') if getattr(s, n)]; "
    "print('cookies:', ', '.join(on) or 'none')"
)


def logins_last(manage: str) -> Check:
    """While there is no HTTPS: no cookie is for HTTPS only, or nobody could log in."""
    script = LOGIN.format(asked=in_django(manage, COOKIES))
    set_in = text("checks.django.cookies_set_in")
    return on_server(
        text("checks.django.login_over_http"),
        script,
        wanted=text("checks.django.cookies_wanted"),
        set_in=set_in,
    )


CACHES = """\
from django.conf import settings
from django.core.cache import caches
for alias in settings.CACHES:
    caches[alias].set("wizard-check", alias, 60)
    if caches[alias].get("wizard-check") != alias: raise SystemExit("cache " + alias)
    caches[alias].delete("wizard-check")
"""


def caches_keep_what_is_written(manage: str) -> Check:
    """Each of the site's caches gives back what is written to it, as the site's own user and with its variables."""
    script = f"""\
said=$({in_django(manage, CACHES)} 2>&1) && {{ say checks.django.cache_seen; exit 0; }}
echo "$said"
echo "$said" | {LAST_ERROR}
exit 1"""
    return on_server(
        text("checks.django.caches"),
        script,
        wanted=text("checks.django.cache_seen"),
        set_in=text("checks.django.caches_set_in"),
    )
