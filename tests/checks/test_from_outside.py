"""Checks against real listeners on this computer: each passes and fails for the right reason."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from wizard.checks import http as pages
from wizard.checks.base import Check, Finding, Vantage
from wizard.checks.ports import PATIENCE, port_closed, port_open
from wizard.checks.tls import certificate_good
from wizard.transport.base import Login
from wizard.transport.ssh import SshTransport

SITE = {
    "/": ("200", "text/html", '<link rel="icon" href="/x"><link rel="stylesheet" href="/static/a.css">hello'),
    "/away": ("302", "", "http://elsewhere.example/"),
    "/moved": ("302", "", "/en/"),
    "/en/": ("200", "text/html", '<link rel=stylesheet href="deep.css">'),
    "/en/deep.css": ("200", "text/css", "p {}"),
    "/bare": ("200", "text/html", "<p>nothing"),
    "/static/a.css": ("200", "text/css", "p {}"),
    "/admin/": ("302", "", "/admin/login/"),
    "/admin/login/": ("200", "text/html", '<link href="/static/a.css" rel="stylesheet"><input type="password">'),
    "/unstyled/": ("200", "text/html", '<link href="/gone.css" rel="stylesheet"><input type="password">'),
    "/broken": ("500", "text/html", "oh"),
    "/secure/": ("200", "text/html", '<link href="/static/a.css" rel="stylesheet"><input type="password">'),
    "/to-https/": ("302", "", "https://guestbook.example:1/to-https/"),
    "/api/notes/": ("401", "application/json", "{}"),
}
DEBUGGING = "<p>You're seeing this error because you have <code>DEBUG = True</code> in your Django settings file."
COOKIES = {"/secure/": "csrftoken=abc; Path=/; SameSite=Lax; Secure", "/admin/login/": "csrftoken=insecure; Path=/"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = SITE.get(self.path, ("404", "text/html", ""))
        if self.path == "/" and "bare" in self.headers["Host"]:
            status, body = "404", ""
        if self.path.endswith("-is-not-there/") and "debug" in self.headers["Host"]:
            body = DEBUGGING
        if self.headers["Host"].partition(":")[0] not in ("guestbook.example", "bare.example", "debug.example"):
            status, body = "400", ""
        self.send_response(int(status))
        self.send_header("Location" if status == "302" else "Content-Type", body if status == "302" else kind)
        if self.path in COOKIES:
            self.send_header("Set-Cookie", COOKIES[self.path])
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def vantage(port: int, tmp_path) -> Vantage:  # type: ignore[no-untyped-def]
    login = Login("127.0.0.1", port=port)
    return Vantage(SshTransport(login, known_hosts=tmp_path / "known", ask_host_key=None), login)


def looked(check: Check, vantage: Vantage) -> Finding:
    assert check.look
    return check.look(vantage)


def test_pages_are_asked_of_the_address_under_the_sites_name(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    assert looked(pages.page_answers(site, "/", contains="hello"), vantage).passed
    assert looked(pages.page_answers(site, "/moved"), vantage).passed
    for check in (
        pages.page_answers(site, "/", contains="goodbye"), pages.page_answers(site, "/broken"),
        pages.page_answers(site, "/away"), pages.page_answers(f"other.example:{port}", "/"),
    ):  # fmt: skip
        assert not looked(check, vantage).passed


def test_a_redirect_to_another_site_is_not_followed(vantage: Vantage, port: int) -> None:
    seen = looked(pages.page_answers(f"guestbook.example:{port}", "/away"), vantage).seen
    assert seen.startswith("/away: 302 Found to http://elsewhere.example/")


def test_static_files_are_those_that_the_page_names_relative_to_where_it_is(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    assert "/static/a.css: 200" in looked(pages.static_file_answers(site), vantage).seen
    assert "/en/deep.css: 200" in looked(pages.static_file_answers(site, "/moved"), vantage).seen
    assert looked(pages.static_file_answers(site, "/bare"), vantage).passed
    assert not looked(pages.static_file_answers(site, "/unstyled/"), vantage).passed


def test_the_admin_needs_its_form_and_its_style(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    assert looked(pages.admin_login_with_css(site), vantage).passed
    for path in ("/", "/unstyled/", "/gone/"):
        assert not looked(pages.admin_login_with_css(site, path), vantage).passed


def test_a_site_that_is_down_is_a_finding_and_no_traceback(vantage: Vantage) -> None:
    finding = looked(pages.page_answers(f"guestbook.example:{closed_port()}"), vantage)
    assert not finding.passed and finding.seen.startswith("ConnectError: ")


def test_a_closed_port_counts_only_where_the_server_is_reached(vantage: Vantage, port: int) -> None:
    closed = closed_port()
    assert looked(port_open(port), vantage).passed and not looked(port_open(closed), vantage).passed
    assert looked(port_closed(closed), vantage).passed and not looked(port_closed(port), vantage).passed
    dead = Vantage(vantage.transport, Login("127.0.0.1", port=closed))
    assert not looked(port_closed(closed), dead).passed


def test_no_certificate_is_a_finding(vantage: Vantage, port: int) -> None:
    assert not looked(certificate_good("guestbook.example", port=port), vantage).passed
    assert not looked(certificate_good("guestbook.example", port=closed_port()), vantage).passed


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_site_without_a_front_page_is_opened_at_the_first_page_that_answers(vantage: Vantage, port: int) -> None:
    site = f"bare.example:{port}"
    found = looked(pages.front_page_answers(site, "/", lambda _: ["/gone/", "/api/notes/", "/en/"]), vantage)
    assert found.passed and found.seen.startswith("works; no front page yet: add a view for / ")
    assert "/api/notes/: 401" in found.seen
    none = looked(pages.front_page_answers(site, "/", lambda _: ["/gone/"]), vantage)
    assert not none.passed and "sanity_check.page" in none.seen
    assert looked(pages.static_file_answers(site, "/", lambda _: ["/en/"]), vantage).seen.endswith("text/css")


def test_other_pages_do_not_stand_in_for_one_that_was_named_or_that_fails(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    for path in ("/gone/", "/broken"):
        assert not looked(pages.front_page_answers(site, path, lambda _: ["/en/"]), vantage).passed


def test_page_for_developers_is_seen_at_an_address_that_nobody_has(vantage: Vantage, port: int) -> None:
    assert looked(pages.unknown_page_shows_no_debug(f"guestbook.example:{port}"), vantage).passed
    found = looked(pages.unknown_page_shows_no_debug(f"debug.example:{port}"), vantage)
    assert not found.passed and "DEBUG is on" in found.seen


def test_redirect_to_https_where_nothing_listens_is_said_as_that(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    found = looked(pages.page_answers(site, "/to-https/"), vantage)
    assert not found.passed and found.seen.startswith("/to-https/ leads to https://guestbook.example:1/to-https/ (302)")
    assert "SECURE_SSL_REDIRECT" in found.seen and "no HTTPS" in found.seen


def test_secure_cookies_over_http_mean_that_nobody_can_log_in(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    found = looked(pages.admin_login_with_css(site, "/secure/"), vantage)
    assert not found.passed and "nobody can log in over http" in found.seen and "the cookie csrftoken" in found.seen
    assert looked(pages.admin_login_with_css(site, "/admin/"), vantage).passed


def test_admin_is_looked_for_where_django_says_that_it_is(vantage: Vantage, port: int) -> None:
    site = f"guestbook.example:{port}"
    assert looked(pages.admin_login_with_css(site, "/nowhere/", lambda _: "/admin/"), vantage).passed
    assert (
        looked(pages.admin_login_with_css(site, "/nowhere/", lambda _: ""), vantage).seen == "this project has no admin"
    )
    assert not looked(pages.admin_login_with_css(site, "/nowhere/", lambda _: None), vantage).passed


def test_a_port_that_never_answers_is_not_waited_for_as_long_as_a_slow_server(
    vantage: Vantage, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float | None] = []
    connect = socket.create_connection

    def record(address: tuple[str, int], timeout: float | None = None, **options: object) -> socket.socket:
        waited.append(timeout)
        if address[1] != port:
            raise TimeoutError  # as a firewall that drops packets: only the kernel's clock tells
        return connect(address, timeout)

    monkeypatch.setattr(socket, "create_connection", record)
    finding = looked(port_closed(5432, "PostgreSQL"), vantage)
    assert finding.passed and "no answer" in finding.seen
    to_server, to_port = waited
    assert to_server == PATIENCE and to_port is not None and 1.0 < to_port <= PATIENCE
