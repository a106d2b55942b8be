"""Pages as a visitor's browser would get them, asked of the server's own address: DNS need not know the name yet.

Must not know Django beyond what its admin's login page shows to anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wizard.checks.base import Check, Finding, Vantage, from_outside

if TYPE_CHECKING:
    import httpx

PATIENCE = 30.0  # seconds; a small server's first page after a start takes its time
REDIRECTS = 5


def fetch(address: str, url: str) -> tuple[str, httpx.Response]:
    """GETs the URL from the server at `address`, whoever DNS says it is; follows redirects within the URL's host.

    Gives the URL it ended at, and its answer. Raises httpx.HTTPError. Proxies are left aside: they would ask DNS.
    """
    import httpx

    host = urlsplit(url).hostname or ""
    literal = f"[{address}]" if ":" in address else address
    with httpx.Client(trust_env=False, timeout=PATIENCE, follow_redirects=False) as client:
        for _ in range(REDIRECTS):
            parts = urlsplit(url)
            where = f"{parts.scheme}://{literal}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
            query = f"?{parts.query}" if parts.query else ""
            response = client.get(
                f"{where}{parts.path or '/'}{query}", headers={"Host": parts.netloc}, extensions={"sni_hostname": host}
            )
            target = urljoin(url, response.headers.get("location", ""))
            if not response.has_redirect_location or urlsplit(target).hostname != host:
                break
            url = target
    return url, response


def page_answers(host: str, path: str = "/", *, status: int = 200, contains: str = "", scheme: str = "http") -> Check:
    """The page has this status, after redirects within the site, and holds this text."""

    def look(page: Page) -> Finding:
        _, response = page.get(path)
        missing = contains and contains not in response.text
        seen = f"{path}: {_line(response)}" + (f", without {contains!r}" if missing else "")
        return Finding(response.status_code == status and not missing, seen)

    return _check(f"the page {path} answers", host, scheme, look)


def static_file_answers(host: str, path: str = "/", *, scheme: str = "http") -> Check:
    """The first stylesheet, script or picture of the site's own that the page names arrives. A page may name none."""

    def look(page: Page) -> Finding:
        url, response = page.get(path)
        if response.status_code >= 400:
            return Finding(False, f"{path}: {_line(response)}")
        files = page.files(url, response.text)
        if not files:
            return Finding(True, f"{path} names no file of the site's own")
        _, answer = page.get(files[0])
        return Finding(answer.status_code == 200 and bool(answer.content), f"{files[0]}: {_line(answer)}")

    return _check(f"a static file of the page {path} arrives", host, scheme, look)


def admin_login_with_css(host: str, path: str = "/admin/", *, scheme: str = "http") -> Check:
    """Django's admin shows its login form, and the stylesheet that the form names arrives as one."""

    def look(page: Page) -> Finding:
        url, response = page.get(path)
        if response.status_code != 200 or 'type="password"' not in response.text:
            return Finding(False, f"{path}: {_line(response)}, without a login form")
        styles = [f for f in page.files(url, response.text) if urlsplit(f).path.endswith(".css")]
        if not styles:
            return Finding(False, f"{path} names no stylesheet")
        _, answer = page.get(styles[0])
        is_css = answer.headers.get("content-type", "").startswith("text/css") and bool(answer.content)
        return Finding(answer.status_code == 200 and is_css, f"{styles[0]}: {_line(answer)}")

    return _check("the admin's login page has its style", host, scheme, look)


class Page:
    """One site at one address."""

    def __init__(self, address: str, host: str, scheme: str) -> None:
        self.address, self.base = address, f"{scheme}://{f'[{host}]' if host.count(':') > 1 else host}"

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
    to = f" to {response.headers['location']}" if response.has_redirect_location else ""
    return f"{response.status_code} {response.reason_phrase}{to}, {len(response.content)} bytes of {kind or 'no type'}"


def _check(name: str, host: str, scheme: str, look: Callable[[Page], Finding]) -> Check:
    def from_here(vantage: Vantage) -> Finding:
        import httpx

        try:
            return look(Page(vantage.login.host, host, scheme))
        except httpx.HTTPError as e:
            return Finding(False, f"{type(e).__name__}: {e}".rstrip(": "))

    return from_outside(name, from_here)
