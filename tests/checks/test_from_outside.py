"""Checks against real listeners on this computer: each passes and fails for the right reason."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from wizard.checks import http as pages
from wizard.checks.base import Check, Finding, Vantage
from wizard.checks.ports import port_closed, port_open
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
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = SITE.get(self.path, ("404", "text/html", ""))
        if self.headers["Host"].partition(":")[0] != "guestbook.example":
            status, body = "400", ""
        self.send_response(int(status))
        self.send_header("Location" if status == "302" else "Content-Type", body if status == "302" else kind)
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
