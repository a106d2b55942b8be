"""Pages as a visitor's browser would get them, asked of the server's own address: DNS need not know the name yet.

Must not know Django beyond what its admin's login page shows to anybody.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wizard.checks.base import Check, Finding, Vantage, from_outside
from wizard.text import text as words

if TYPE_CHECKING:
    import httpx

PATIENCE = 30.0  # seconds; a small server's first page after a start takes its time
KNOCK = 6.0  # seconds; a port that a firewall has shut never answers
SECURE = re.compile(r";\s*secure\s*(;|$)", re.IGNORECASE)
DEBUG_PAGE = re.compile(r"you have\s+(<code>)?DEBUG\s*=\s*True|The install worked successfully! Congratulations!")
WANTS_MORE = (401, 403, 405)  # a page that answers, and wants a login or another method
REDIRECTS = 5


class LeadsNowhere(Exception):
    """A page sends its visitors to an address where nothing answers. The text says which."""


def fetch(address: str, url: str) -> tuple[str, httpx.Response]:
    """GETs the URL from the server at `address`, whoever DNS says it is; follows redirects within the URL's host.

    Gives the URL it ended at, and its answer. Raises httpx.HTTPError, and LeadsNowhere where a redirect ends at a port that
    nobody listens at. Proxies are left aside: they would ask DNS.
    """
    import httpx

    host, begun = urlsplit(url).hostname or "", url
    literal = f"[{address}]" if ":" in address else address
    patience = httpx.Timeout(PATIENCE, connect=KNOCK)
    with httpx.Client(trust_env=False, timeout=patience, follow_redirects=False) as client:
        for _ in range(REDIRECTS):
            parts = urlsplit(url)
            where = f"{parts.scheme}://{literal}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
            query = f"?{parts.query}" if parts.query else ""
            headers = {"Host": parts.netloc}
            try:
                response = client.get(
                    f"{where}{parts.path or '/'}{query}", headers=headers, extensions={"sni_hostname": host}
                )
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if url == begun:
                    raise
                raise LeadsNowhere(leads_nowhere(begun, url, response.status_code)) from None
            target = urljoin(url, response.headers.get("location", ""))
            if not response.has_redirect_location or urlsplit(target).hostname != host:
                break
            url = target
    return url, response


def leads_nowhere(begun: str, url: str, status: int) -> str:
    """What a person reads of a redirect to an address where nothing answers."""
    said = words("checks.http.leads_nowhere", path=urlsplit(begun).path or "/", url=url, status=status)
    if urlsplit(url).scheme == "https" and urlsplit(begun).scheme == "http":
        return words("checks.http.https_only", said=said)
    return said


def page_answers(host: str, path: str = "/", *, status: int = 200, contains: str = "", scheme: str = "http") -> Check:
    """The page has this status, after redirects within the site, and holds this text."""

    def look(page: Page) -> Finding:
        _, response = page.get(path)
        missing = contains and contains not in response.text
        seen = words("checks.http.seen", path=path, answer=_line(response))
        seen = words("checks.http.without", seen=seen, text=repr(contains)) if missing else seen
        return Finding(response.status_code == status and not missing, seen)

    wanted = words("checks.http.with", status=status, text=repr(contains)) if contains else f"{status}"
    return _check(
        words("checks.http.page_answers", path=path),
        host,
        scheme,
        look,
        wanted=wanted,
        set_in=words("checks.http.views"),
    )


def front_page_answers(host: str, path: str = "/", others: Callable[[Vantage], Iterable[str]] = lambda _: ()) -> Check:
    """The page answers; where there is no front page (yet), the first of `others` that does will do, and it is said."""

    def look(page: Page) -> Finding:
        _, response = page.get(path)
        if response.status_code == 200:
            return Finding(True, f"{path}: {_line(response)}")
        seen = f"{path}: {_line(response)}"
        if response.status_code != 404 or path != "/":
            return Finding(False, seen)
        other, answer = _first(page, others)
        if answer is None:
            return Finding(False, words("checks.http.no_page", seen=seen))
        return Finding(True, words("checks.http.no_front_page", seen=seen, other=other, answer=_line(answer)))

    wanted = "200" if path != "/" else words("checks.http.front_page_wanted")
    return _check(
        words("checks.http.page_answers", path=path),
        host,
        "http",
        look,
        wanted=wanted,
        set_in=words("checks.http.views"),
    )


def static_file_answers(
    host: str, path: str = "/", others: Callable[[Vantage], Iterable[str]] = lambda _: (), *, scheme: str = "http"
) -> Check:
    """The first stylesheet, script or picture of the site's own that the page names arrives. A page may name none."""

    def look(page: Page) -> Finding:
        where, (url, response) = path, page.get(path)
        if response.status_code == 404 and path == "/":
            where, answer = _first(page, others)
            url, response = (url, response) if answer is None else page.get(where)
        if response.status_code >= 400 and response.status_code not in WANTS_MORE:
            return Finding(False, f"{path}: {_line(response)}")
        files = page.files(url, response.text)
        if not files:
            return Finding(True, words("checks.http.no_file", where=where))
        _, answer = page.get(files[0])
        return Finding(answer.status_code == 200 and bool(answer.content), f"{files[0]}: {_line(answer)}")

    set_in = words("checks.http.static_set_in")
    name = words("checks.http.static_file", path=path)
    return _check(name, host, scheme, look, wanted=words("checks.http.static_wanted"), set_in=set_in)


def _first(page: Page, others: Callable[[Vantage], Iterable[str]]) -> tuple[str, httpx.Response | None]:
    """The first of these addresses that answers."""
    for other in others(page.vantage):
        _, answer = page.get(other)
        if answer.status_code == 200 or answer.status_code in WANTS_MORE:
            return other, answer
    return "", None


def unknown_page_shows_no_debug(host: str, *, scheme: str = "http") -> Check:
    """An address that nobody has shows none of Django's pages for developers, which name settings and code."""

    def look(page: Page) -> Finding:
        path = f"/{secrets.token_hex(6)}-is-not-there/"
        _, response = page.get(path)
        seen = f"{path}: {_line(response)}"
        if DEBUG_PAGE.search(response.text):
            return Finding(False, words("checks.http.debug_page", seen=seen))
        return Finding(True, seen)

    name = words("checks.http.unknown_page")
    return _check(
        name, host, scheme, look, wanted=words("checks.http.plain_404"), set_in=words("checks.http.debug_set_in")
    )


def admin_login_with_css(
    host: str,
    path: str = "/admin/",
    where: Callable[[Vantage], str | None] = lambda _: None,
    *,
    scheme: str = "http",
) -> Check:
    """Django's admin shows its login form, the stylesheet that the form names arrives as one, and its cookies can be kept.

    where: asked where it is not at `path`: another path, "" for a project without an admin, None where that is not known.
    """

    def look(page: Page) -> Finding:
        at, (url, response) = path, page.get(path)
        if response.status_code == 404 and (other := where(page.vantage)) not in (None, path):
            if not other:
                return Finding(True, words("checks.http.no_admin"))
            at, (url, response) = str(other), page.get(str(other))
        if response.status_code != 200 or 'type="password"' not in response.text:
            return Finding(False, words("checks.http.no_form", at=at, response=_line(response)))
        if urlsplit(url).scheme == "http" and (names := _secure_cookies(response)):
            return Finding(False, words("checks.http.no_login", at=at, names=names))
        styles = [f for f in page.files(url, response.text) if urlsplit(f).path.endswith(".css")]
        if not styles:
            return Finding(False, words("checks.http.no_stylesheet", at=at))
        _, answer = page.get(styles[0])
        is_css = answer.headers.get("content-type", "").startswith("text/css") and bool(answer.content)
        return Finding(answer.status_code == 200 and is_css, f"{styles[0]}: {_line(answer)}")

    wanted = words("checks.http.admin_wanted")
    set_in = words("checks.http.admin_set_in")
    return _check(words("checks.http.admin"), host, scheme, look, wanted=wanted, set_in=set_in)


def _secure_cookies(response: httpx.Response) -> list[str]:
    cookies: list[str] = response.headers.get_list("set-cookie")
    return [words("checks.http.cookie", value=cookie.partition("=")[0]) for cookie in cookies if SECURE.search(cookie)]


class Page:
    """One site at one address."""

    def __init__(self, vantage: Vantage, host: str, scheme: str) -> None:
        self.vantage, self.address = vantage, vantage.login.host
        self.base = f"{scheme}://{f'[{host}]' if host.count(':') > 1 else host}"

    def get(self, path: str) -> tuple[str, httpx.Response]:
        return fetch(self.address, urljoin(self.base, path))

    def files(self, url: str, html: str) -> list[str]:
        """The files that the page names and this site itself serves, stylesheets first."""
        named = _Files()
        named.feed(html)
        urls = [urljoin(url, link) for link in named.styles + named.others]
        return [u for u in urls if urlsplit(u).netloc == urlsplit(self.base).netloc]


class _Files(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.styles: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "link" and "stylesheet" in values.get("rel", "").lower().split() and values.get("href"):
            self.styles.append(values["href"])
        elif tag in ("script", "img") and values.get("src"):
            self.others.append(values["src"])


def _line(response: httpx.Response) -> str:
    kind = response.headers.get("content-type", "").partition(";")[0]
    answer = f"{response.status_code} {response.reason_phrase}"
    if response.has_redirect_location:
        answer = words("checks.http.leads_to", answer=answer, to=response.headers["location"])
    code = "checks.http.bytes" if kind else "checks.http.bytes_of_no_type"
    return words(code, answer=answer, n=len(response.content), kind=kind)


def _check(
    name: str, host: str, scheme: str, look: Callable[[Page], Finding], *, wanted: str = "", set_in: str = ""
) -> Check:
    def from_here(vantage: Vantage) -> Finding:
        import httpx

        try:
            return look(Page(vantage, host, scheme))
        except LeadsNowhere as e:
            return Finding(False, str(e))
        except httpx.HTTPError as e:
            return Finding(False, f"{type(e).__name__}: {e}".rstrip(": "))

    return from_outside(name, from_here, wanted=wanted, set_in=set_in)
