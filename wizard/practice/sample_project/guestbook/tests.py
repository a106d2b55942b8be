"""The guestbook's own tests: `python manage.py test`."""

import os
import tempfile
from pathlib import Path
from unittest import mock

from config import env
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import SimpleTestCase, TestCase, override_settings

from guestbook.models import Entry

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
PICTURES = {
    "png": PNG,
    "jpg": b"\xff\xd8\xff\xe0" + bytes(32),
    "gif": b"GIF89a" + bytes(32),
    "webp": b"RIFF\x00\x00\x00\x00WEBP" + bytes(32),
}


class GuestbookTestCase(TestCase):
    def setUp(self) -> None:
        self.media = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(MEDIA_ROOT=str(self.media), ALLOWED_HOSTS=["testserver"]))

    def write(self, name: str = "Ada", message: str = "Hello!", **more: object) -> HttpResponse:
        return self.client.post("/", {"name": name, "message": message, **more})


class Entries(GuestbookTestCase):
    def test_an_empty_book_invites_to_write(self) -> None:
        response = self.client.get("/")
        self.assertContains(response, "Be the first")
        self.assertContains(response, "0 entries")

    def test_an_entry_is_saved_thanked_for_and_shown(self) -> None:
        self.assertRedirects(self.write(), "/", fetch_redirect_response=False)
        response = self.client.get("/")
        self.assertContains(response, "Thank you!")
        self.assertContains(response, "1 entry")
        self.assertEqual(Entry.objects.get().message, "Hello!")

    def test_an_entry_without_a_message_is_not_saved_and_keeps_what_was_written(self) -> None:
        response = self.write(message=" ")
        self.assertContains(response, "This field is required", status_code=422)
        self.assertContains(response, 'value="Ada"', status_code=422)
        self.assertFalse(Entry.objects.exists())

    def test_html_in_a_message_is_shown_as_text(self) -> None:
        self.write(message="<script>alert(1)</script>")
        self.assertNotContains(self.client.get("/"), "<script>")

    def test_newest_entries_come_first_ten_to_a_page(self) -> None:
        for number in range(11):
            Entry.objects.create(name=f"visitor-{number:02}", message="hi")
        first, second = self.client.get("/"), self.client.get("/?page=2")
        self.assertContains(first, "visitor-10")
        self.assertNotContains(first, "visitor-00")
        self.assertContains(second, "visitor-00")
        self.assertContains(self.client.get("/?page=nonsense"), "Page 1 of 2")

    def test_a_form_from_another_site_is_refused(self) -> None:
        client = self.client_class(enforce_csrf_checks=True)
        self.assertEqual(client.post("/", {"name": "Eve", "message": "hi"}).status_code, 403)

    def test_the_style_sheet_that_the_page_names_exists(self) -> None:
        self.assertContains(self.client.get("/"), "/static/guestbook/style.css")
        self.assertIsNotNone(finders.find("guestbook/style.css"))

    def test_unknown_pages_have_our_own_look(self) -> None:
        self.assertContains(self.client.get("/nowhere"), "There is no such page", status_code=404)

    def test_the_admin_lists_entries(self) -> None:
        self.write()
        self.client.force_login(get_user_model().objects.create_superuser("root", password="x"))  # noqa: S106
        self.assertContains(self.client.get("/admin/guestbook/entry/"), "Ada")


class Pictures(GuestbookTestCase):
    def test_each_kind_is_stored_under_a_random_name_with_the_ending_of_its_content(self) -> None:
        for kind, content in PICTURES.items():
            with self.subTest(kind):
                self.write(picture=SimpleUploadedFile("../évil.html", content, "text/html"))
                entry = Entry.objects.first()
                self.assertRegex(entry.picture.name, rf"^pictures/[0-9a-f]{{32}}\.{kind}$")
                self.assertEqual((self.media / entry.picture.name).read_bytes(), content)
                self.assertContains(self.client.get("/"), entry.picture.url)

    def test_what_only_claims_to_be_a_picture_is_refused(self) -> None:
        for content in (
            b"<html>",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"RIFF____WAVE",
            b"\xff\xd8",
        ):
            with self.subTest(content):
                response = self.write(picture=SimpleUploadedFile("x.png", content, "image/png"))
                self.assertContains(response, "PNG, JPEG, GIF or WebP picture", status_code=422)
        self.assertEqual([*self.media.rglob("*")], [])

    def test_too_large_a_picture_is_refused(self) -> None:
        content = PNG + bytes(settings.MAX_PICTURE_BYTES)
        response = self.write(picture=SimpleUploadedFile("x.png", content))
        self.assertContains(response, "too large", status_code=422)

    def test_deleting_an_entry_deletes_its_picture(self) -> None:
        self.write(picture=SimpleUploadedFile("x.png", PNG))
        Entry.objects.all().delete()
        self.assertEqual([path for path in self.media.rglob("*") if path.is_file()], [])


class Health(GuestbookTestCase):
    def test_it_is_ok_while_the_database_answers(self) -> None:
        response = self.client.get("/healthz")
        self.assertEqual((response.status_code, response.content), (200, b"ok\n"))

    def test_it_is_503_without_the_database_and_does_not_say_why(self) -> None:
        broken = mock.patch.object(connection, "cursor", side_effect=OperationalError("password of ada"))
        with broken, self.assertLogs("guestbook.views", "ERROR"):
            response = self.client.get("/healthz")
        self.assertEqual(response.status_code, 503)
        self.assertNotIn(b"ada", response.content)

    @override_settings(SECURE_SSL_REDIRECT=True)
    def test_it_answers_over_plain_http_even_when_people_are_sent_to_https(self) -> None:
        self.assertEqual(self.client.get("/healthz").status_code, 200)
        self.assertEqual(self.client.get("/").status_code, 301)


class Environment(SimpleTestCase):
    def database(self, url: str) -> dict[str, object]:
        with mock.patch.dict(os.environ, {"DATABASE_URL": url}):
            return env.database("DATABASE_URL", "sqlite:///")

    def test_a_postgresql_url_is_taken_apart(self) -> None:
        found = self.database("postgres://ada:p%40ss%2F%3F@db.example:5433/book?sslmode=require")
        wanted = {"NAME": "book", "USER": "ada", "PASSWORD": "p@ss/?", "HOST": "db.example", "PORT": 5433}
        self.assertEqual(found, found | wanted | {"OPTIONS": {"sslmode": "require"}})
        self.assertEqual(self.database("postgresql:///book?host=/run/postgresql")["HOST"], "/run/postgresql")

    def test_a_wrong_url_is_refused_without_repeating_the_password(self) -> None:
        for url in ("mysql://ada:hunter22@h/b", "postgres://ada:hunter22@h:port/b", "hunter22"):
            with self.subTest(url), self.assertRaises(ImproperlyConfigured) as caught:
                self.database(url)
            self.assertNotIn("hunter22", str(caught.exception))

    def test_a_missing_required_variable_is_named(self) -> None:
        with (
            mock.patch.dict(os.environ, clear=True),
            self.assertRaisesMessage(ImproperlyConfigured, "NAME_X"),
        ):
            env.required("NAME_X")

    def test_flags_and_words(self) -> None:
        with mock.patch.dict(os.environ, {"F": "True", "G": "0", "W": "a, b,"}):
            self.assertEqual((env.flag("F"), env.flag("G"), env.flag("H")), (True, False, False))
            self.assertEqual(env.words("W"), ["a", "b"])

    def test_the_migrations_are_complete(self) -> None:
        with mock.patch("django.db.migrations.loader.MigrationLoader.check_consistent_history"):
            call_command("makemigrations", "--check", "--dry-run", verbosity=0)
