"""What a server has already at the places of a site: nginx's other sites, other web servers, other clusters of PostgreSQL."""

from __future__ import annotations

import pytest

from wizard.operations.base import Foreign
from wizard.operations.claims_nginx import web_server
from wizard.operations.claims_postgres import one_postgres

NGINX = "in|/etc/nginx/nginx.conf|\nsays|include /etc/nginx/sites-enabled/*|\n"
SHOP = "in|/etc/nginx/sites-enabled/shop|\n"


def web(text: str, *, default: bool = True) -> list[Foreign]:
    claim = web_server("notes", ("notes.example.org", "www.notes.example.org"), default=default)
    return list(claim.foreign(claim.parse(text)))


@pytest.mark.parametrize(
    "listen", ["80 default_server", "[::]:80 default_server", "80 default", "*:80 backlog=9 default_server"]
)
def test_the_file_with_the_other_default_server_is_named_with_the_answer_to_go_on(listen: str) -> None:
    (thing,) = web(f"{NGINX}{SHOP}says|listen {listen}|\n")
    assert thing.name == "/etc/nginx/sites-enabled/shop" and not thing.adoptable
    assert thing.instead == "nginx.default_site = false"
    assert not web(f"{NGINX}{SHOP}says|listen {listen}|\n", default=False)


def test_debians_own_default_site_our_own_files_and_other_ports_are_in_nobodys_way() -> None:
    own = "".join(
        f"in|/etc/nginx/sites-enabled/{name}|\nsays|listen 80 default_server|\n"
        for name in ("default", "unknown-names")
    )
    more = "says|listen 8080 default_server|\nsays|listen unix:/run/x.sock|\nsays|server_name _|\n"
    ours = "in|/etc/nginx/sites-enabled/notes|\nsays|server_name notes.example.org|\n"
    assert web(f"port|nginx|\n{NGINX}{own}{ours}{SHOP}{more}says|listen 80|\n") == []


def test_a_default_site_that_somebody_changed_is_not_switched_off_unasked() -> None:
    (thing,) = web(f"{NGINX}changed|/etc/nginx/sites-enabled/default|\n")
    assert thing.adoptable and thing.keys == ("absent:/etc/nginx/sites-enabled/default",)
    assert not web(f"{NGINX}changed|/etc/nginx/sites-enabled/default|\n", default=False)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port|apache2|\n", "apache2"),
        ("port|docker-proxy|\n", "docker-proxy"),
        ("unit|caddy|\n", "caddy"),
        ("in|/etc/nginx/nginx.conf|\nsays|include /etc/nginx/conf.d/*.conf|\n", "sites-enabled"),  # nginx.org's package
        (f"broken|nginx: [emerg] unknown directive|\n{NGINX}", "unknown directive"),
        (f"{NGINX}{SHOP}says|server_name shop.example.org www.notes.example.org|\n", "www.notes.example.org"),
        (f"{NGINX}{SHOP}says|listen 203.0.113.7:80|\n", "203.0.113.7"),
        (f"{NGINX}{SHOP}says|listen 127.0.0.1|\n", "127.0.0.1"),
    ],
)
def test_what_would_end_half_done_is_refused_by_its_name(text: str, named: str) -> None:
    for default in (True, False):
        (thing,) = web(text, default=default)
        assert not thing.adoptable and named in thing.what


def postgres(text: str) -> list[Foreign]:
    claim = one_postgres()
    return list(claim.foreign(claim.parse(text)))


MAIN = "newest|15|||\ncluster|15|main|5432|online\nport|postgres|||\n"


@pytest.mark.parametrize(
    "text", ["", "newest|15|||\n", MAIN, "newest|15|||\ncluster|15|main|5432|down\n",
             MAIN + "cluster|13|main|5433|down\nlistens|localhost|||\nhba|0|||\n"],
)  # fmt: skip
def test_the_cluster_main_at_its_usual_port_or_none_at_all_is_fit(text: str) -> None:
    assert postgres(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "newest|15|||\ncluster|15|legacy|5432|online\ncluster|15|main|5433|online\nport|postgres|||\n",
            "15/legacy at port 5432",
        ),
        (
            "newest|17|||\ncluster|15|main|5432|online\ncluster|17|main|5433|online\nport|postgres|||\n",
            "17/main at port 5433",
        ),
        ("newest|15|||\ncluster|15|app|5432|online\nport|postgres|||\n", "15/app at port 5432"),
        ("port|docker-proxy|||\n", "docker-proxy"),
        ("port|postgres|||\n", "not Debian's"),  # in a container, or built by hand
        ("newest|15|||\ncluster|15|main|5432|down\nport|docker-proxy|||\n", "docker-proxy"),
    ],
)
def test_where_a_site_would_be_of_two_clusters_it_is_refused_and_said_which(text: str, named: str) -> None:
    (thing,) = postgres(text)
    assert not thing.adoptable and named in thing.what


def test_a_cluster_that_others_use_over_the_network_is_not_closed_to_them_unasked() -> None:
    (thing,) = postgres(MAIN + "listens|*|||\nhba|0|||\n")
    assert thing.adoptable and thing.name == "postgres:listen_addresses"
    (thing,) = postgres(MAIN + "listens|localhost|||\nhba|2|||\n")
    assert not thing.adoptable and "pg_hba" in thing.name
