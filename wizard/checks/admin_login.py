"""Logs the first superuser in through the admin's own form, and out again, as a browser would.

Through an SSH tunnel: the password never crosses the network in clear, also while the site has no HTTPS. Must not know recipes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wizard.checks.base import Check, Finding, Vantage, from_outside
from wizard.checks.http import PATIENCE, REDIRECTS
from wizard.operations.django import in_django
from wizard.operations.quoting import heredoc
from wizard.secret import Secret
from wizard.text import text

if TYPE_CHECKING:
    import httpx

# What a person has changed since (the password, the account's name) is no fault of the site.
ACCOUNT = """\
import sys
from django.contrib.auth import get_user_model
U = get_user_model()
name, email = {name!r}, {email!r}
login = email if U.USERNAME_FIELD == "email" else name
user = U._default_manager.filter(**{{U.USERNAME_FIELD: login}}).first()
password = sys.stdin.read().partition("\\n")[2].removesuffix("\\n")
ours = user is not None and user.is_active and user.is_staff and user.check_password(password)
print("account:", "ours" if ours else "changed", login)
"""
SAID = re.compile(r"^account: (ours|changed) (\S{1,254})$", re.M)


@dataclass(frozen=True)
class Account:
    """An account of the site that may use the admin. email: its name where the project's accounts have no other."""

    name: str
    email: str
    password: Secret


def admin_logs_in(
    host: str,
    path: str,
    where: Callable[[Vantage], str | None],
    *,
    manage: str,
    account: Account,
    port: int = 80,
) -> Check:
    """The account logs in at the admin, sees its front page, logs out, and is asked to log in again.

    It passes, and says so, where there is nothing to try: the password is another by now, or the form asks for more (a
    code, a captcha). path, where: see admin_login_with_css. manage: the site's own manage.py. port: of the web server.
    """

    def look(vantage: Vantage) -> Finding:
        import httpx

        asked = in_django(manage, ACCOUNT.format(name=account.name, email=account.email)) + " 2>&1 "
        words = heredoc(f"-\n{account.password.reveal()}")
        said = SAID.search(vantage.transport.run(asked + words, label=text("checks.admin.account"), root=True).out)
        if said is None or said[1] == "changed":
            return Finding(True, text("checks.admin.another_password", name=account.name))
        try:
            with vantage.transport.tunnel(port) as local:
                return _in_and_out(Browser(host, local), path, where, vantage, (said[2], account.password))
        except httpx.HTTPError as e:
            return Finding(False, f"{type(e).__name__}: {e}".rstrip(": "))

    return from_outside(
        text("checks.admin.logs_in", name=account.name),
        look,
        wanted=text("checks.admin.wanted"),
        set_in=text("checks.admin.set_in"),
    )


def _in_and_out(
    browser: Browser, path: str, where: Callable[[Vantage], str | None], vantage: Vantage, account: tuple[str, Secret]
) -> Finding:
    admin, page = path, browser.get(path)
    if page.status_code == 404 and (other := where(vantage)) not in (None, path):
        if not other:
            return Finding(True, text("checks.http.no_admin"))
        admin, page = str(other), browser.get(str(other))
    form = Form.of(page.text)
    if form is None or page.status_code != 200:
        return Finding(False, text("checks.http.no_form", at=admin, response=f"{page.status_code}"))
    if set(form.asked) != {"username", "password"}:
        return Finding(True, text("checks.admin.asks_for_more", at=browser.at, fields=", ".join(form.asked)))
    login = browser.at
    name, password = account
    page = browser.post(form, {"username": name, "password": password.reveal()})
    if page.status_code != 200:
        return Finding(False, text("checks.admin.fails", at=browser.at, status=page.status_code, name=name))
    page = browser.get(admin)
    if page.status_code != 200 or Form.of(page.text) is not None:
        return Finding(False, text("checks.admin.not_let_in", at=login, name=name))
    # since Django 5.0 by POST alone; before 4.1 there was a link
    out = browser.at.partition("?")[0].rstrip("/") + "/logout/"
    leave = Form.of(page.text, action=re.compile(r"logout")) or Form(out, {}, [])
    leave.hidden.setdefault("csrfmiddlewaretoken", browser.cookies.get("csrftoken", ""))
    browser.post(leave, {})
    page = browser.get(admin)
    if Form.of(page.text) is None:  # its own way out asks for more; that one can log in was to be proved
        return Finding(True, text("checks.admin.stays_in", at=login, name=name))
    return Finding(True, text("checks.admin.in_and_out", at=login, name=name))


class Browser:
    """Keeps cookies, and follows redirects within the site; everything goes through the tunnel's local port."""

    def __init__(self, host: str, local: int) -> None:
        self.host, self.local, self.at = host, local, "/"
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path, None)

    def post(self, form: Form, values: dict[str, str]) -> httpx.Response:
        return self._ask("POST", urljoin(self.at, form.action), form.hidden | values)

    def _ask(self, method: str, path: str, data: dict[str, str] | None) -> httpx.Response:
        import httpx

        origin = f"http://{self.host}"
        with httpx.Client(trust_env=False, timeout=PATIENCE, follow_redirects=False) as client:
            for _ in range(REDIRECTS):
                headers = {"Host": self.host, "Referer": origin + self.at}
                if self.cookies:
                    headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                # no cookies of the client's own: they would belong to the tunnel's address
                client.cookies.clear()
                answer = client.request(method, f"http://127.0.0.1:{self.local}{path}", data=data, headers=headers)
                self._keep(answer)
                self.at = path
                target = urlsplit(urljoin(origin + path, answer.headers.get("location", "")))
                if not answer.has_redirect_location or target.netloc != self.host or target.scheme != "http":
                    break
                method, data = "GET", None
                path = target.path + (f"?{target.query}" if target.query else "")
        return answer

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            try:
                morsels = SimpleCookie(line).values()
            except CookieError:
                continue
            for morsel in morsels:
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[morsel.key] = morsel.coded_value
                else:
                    self.cookies.pop(morsel.key, None)


class Form:
    """A form of a page: where it is sent, its hidden fields, and the names of those that a person fills in."""

    def __init__(self, action: str, hidden: dict[str, str], asked: list[str]) -> None:
        self.action, self.hidden, self.asked = action, hidden, asked
        self.asks_password = False

    @classmethod
    def of(cls, html: str, action: re.Pattern[str] | None = None) -> Form | None:
        """The first form that asks for a password; with `action`, the first that is sent to such an address."""
        forms = _Forms()
        forms.feed(html)
        wanted = (f for f in forms.found if (action.search(f.action) if action else f.asks_password))
        return next(wanted, None)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(values.get("action", ""), {}, [])
            self.found.append(self._open)
        elif self._open is not None and tag in ("input", "select", "textarea") and values.get("name"):
            kind = values.get("type", "text").lower() if tag == "input" else tag
            if kind == "hidden":
                self._open.hidden[values["name"]] = values.get("value", "")
            elif kind not in ("submit", "button", "image", "checkbox"):
                self._open.asked.append(values["name"])
                self._open.asks_password |= kind == "password"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
