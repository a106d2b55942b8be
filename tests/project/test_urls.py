"""The addresses of a project, as its URL patterns show them, and whether it has an admin, accounts and static files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.conftest import Tree
from wizard.project.inspect import Found, inspect

SETTINGS = 'ROOT_URLCONF = "site1.urls"\nINSTALLED_APPS = ["django.contrib.admin"]\n'
HEAD = """
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path, re_path
from django.conf.urls import url
from . import views
"""


def addresses(found: Found) -> dict[str, str]:
    return {page.address: page.kind for page in found.pages}


def test_startproject_has_an_admin_and_no_front_page(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", "startproject", "demo", tmp_path], check=True, timeout=60)
    found = inspect(tmp_path)
    assert addresses(found) == {"/admin/": "admin"} and found.pages_complete
    assert found.page("front") is None and (page := found.page("admin")) and page.where.startswith("demo/urls.py:")
    assert (found.has_admin, found.has_auth, found.has_staticfiles) == (True, True, True)


@pytest.mark.parametrize(
    "patterns, expected",
    [
        ('[path("", admin.site.urls)]', {"/": "admin"}),
        ('[path("", views.home), path("back/office/", admin.site.urls)]', {"/": "front", "/back/office/": "admin"}),
        ('[url(r"^admin/", include(admin.site.urls)), url(r"^$", views.home)]', {"/admin/": "admin", "/": "front"}),
        ('[re_path(r"^admin/", admin.site.urls), re_path("^notes/?$", views.n)]', {"/admin/": "admin", "/notes/": "page"}),
        ('[path("manage/", my_admin.urls)]', {"/manage/": "admin"}),
        ('[path("accounts/", include("django.contrib.auth.urls"))]', {"/accounts/login/": "login"}),
        ('[path("in/", auth_views.LoginView.as_view(template_name="in.html"))]', {"/in/": "login"}),
        ('[path("enter", views.enter, name="login")]', {"/enter": "login"}),
        ('[path("notes/<int:pk>/", views.note), path("notes/", views.notes)]', {"/notes/": "page"}),
        (r'[re_path(r"^(?P<year>\d{4})/$", views.year), re_path(r"^.*$", views.app)]', {"/": "front"}),
        ('[path("api/", include([path("v1/", views.v1)]))]', {"/api/v1/": "page"}),
        ('[path("api/", include(([path("v1/", views.v1)], "api")))]', {"/api/v1/": "page"}),
        ('[path(route="", view=views.home)] + static("/media/", document_root="media")', {"/": "front"}),
        ('[]\nurlpatterns += [path("", views.home)]\nurlpatterns.append(path("a/", views.a))', {"/": "front", "/a/": "page"}),
        ('[]\nif settings.DEBUG:\n    urlpatterns += [path("debug/", views.d)]', {}),
        ('more = [path("b/", views.b)]\nurlpatterns = [*more, path("", views.home)]', {"/b/": "page", "/": "front"}),
        ('i18n_patterns(path("", views.home), path("admin/", admin.site.urls))', {"/en-us/": "page", "/en-us/admin/": "admin"}),
        ('i18n_patterns(path("", views.home), prefix_default_language=False)', {"/": "front"}),
        ('router = DefaultRouter()\nrouter.register(r"notes", views.N)\nurlpatterns = [path("api/", include(router.urls))]',
         {"/api/": "page", "/api/notes/": "page"}),
    ],
)  # fmt: skip
def test_addresses_follow_from_the_patterns(project: Tree, patterns: str, expected: dict[str, str]) -> None:
    text = patterns if "urlpatterns = " in patterns else f"urlpatterns = {patterns}"
    found = inspect(project(SETTINGS, {"site1/urls.py": HEAD + text}))
    assert addresses(found) == expected and found.pages_complete


def test_includes_are_followed_through_files_of_the_project(project: Tree) -> None:
    found = inspect(
        project(
            SETTINGS,
            {
                "site1/urls.py": HEAD
                + "from shop import urls as shop_urls\nfrom blog.patterns import entries\n"
                + 'urlpatterns = [path("shop/", include(shop_urls)), path("blog/", include(entries)), '
                + 'path("", include("pages.urls", namespace="pages"))]',
                "shop/urls.py": HEAD + 'urlpatterns = [path("", views.shop), path("basket/", views.basket)]',
                "blog/patterns.py": HEAD + 'entries = [path("all/", views.all)]',
                "pages/urls/__init__.py": HEAD + "from .more import urlpatterns as more\nurlpatterns = [*more]",
                "pages/urls/more.py": HEAD + 'urlpatterns = [path("", views.home)]',
            },
        )
    )
    assert addresses(found) == {"/shop/": "page", "/shop/basket/": "page", "/blog/all/": "page", "/": "front"}
    assert found.pages_complete


@pytest.mark.parametrize(
    "patterns",
    [
        '[path("shop/", include("oscar.urls"))]',
        "make_patterns()",
        '[path(f"{PREFIX}/", views.home)]',
        "[*somebody.patterns()]",
        '[path("x/", include("site1.urls"))]',
        "a = [b, b]\nb = [a, a]\nurlpatterns = a",
        "urlpatterns = [",
    ],
)
def test_what_cannot_be_told_is_not_said_to_be_missing(project: Tree, patterns: str) -> None:
    text = patterns if "urlpatterns = " in patterns else f"urlpatterns = {patterns}"
    found = inspect(project(SETTINGS, {"site1/urls.py": HEAD + text}))
    assert not found.pages_complete and found.page("front") is None


def test_lists_of_lists_without_end_take_no_time(project: Tree) -> None:
    lines = ["a0 = [path('x/', views.x)]", *(f"a{n} = a{n - 1} + a{n - 1}" for n in range(1, 40)), "urlpatterns = a39"]
    found = inspect(project(SETTINGS, {"site1/urls.py": HEAD + "\n".join(lines)}))
    assert addresses(found) == {"/x/": "page"} and not found.pages_complete


@pytest.mark.parametrize(
    "apps, expected",
    [
        ('["notes"]', (False, False, False)),
        ('["django.contrib.auth", "django.contrib.staticfiles"]', (False, True, True)),
        ('["django.contrib.admin.apps.SimpleAdminConfig"]', (True, False, False)),
        ('["mysite.apps.MyAdminConfig"]', (True, False, False)),
        ('OTHERS + ["x"]', (None, None, None)),
        ('["x", *env.list("MORE_APPS")]', (None, None, None)),
        ('[a for a in ALL if a != "django.contrib.admin"]', (None, None, None)),
        ('["x", *env.list("MORE_APPS"), "django.contrib.auth"]', (None, True, None)),
    ],
)
def test_whether_an_app_is_installed_is_unknown_where_the_list_cannot_be_read(
    project: Tree, apps: str, expected: tuple[bool | None, ...]
) -> None:
    found = inspect(project(f"INSTALLED_APPS = {apps}"))
    assert (found.has_admin, found.has_auth, found.has_staticfiles) == expected


def test_apps_of_a_base_module_count(project: Tree) -> None:
    more = {"site1/base.py": 'DJANGO_APPS = ["django.contrib.admin"]\nINSTALLED_APPS = DJANGO_APPS + ["x"]'}
    found = inspect(project('from .base import *\nINSTALLED_APPS += ["django.contrib.auth"]', more))
    assert (found.has_admin, found.has_auth, found.has_staticfiles) == (True, True, False)


def test_a_project_without_settings_says_nothing_of_its_apps(project: Tree) -> None:
    found = inspect(project("INSTALLED_APPS = ["))
    assert (found.has_admin, found.has_auth, found.has_staticfiles, found.pages) == (None, None, None, ())
