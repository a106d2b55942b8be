"""The recipes from `project` to `nginx` on real servers: the sample project from a folder, another one from a git repository."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.practice.compare import differences
from tests.practice.cycle import Cycle
from wizard import events
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.catalog import own_folder
from wizard.checks.base import Check, on_server
from wizard.engine.plan import make_plan
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Decision, Runner, look
from wizard.errors import StepError
from wizard.operations.apt import packages
from wizard.operations.postgres import database, role
from wizard.operations.postgres_cluster import cluster
from wizard.operations.user import user
from wizard.practice.fleet import PracticeServer
from wizard.project.inspect import inspect
from wizard.recipe import Answers, Question, Recipe

SAMPLE = Path(__file__).parents[2] / "wizard/practice/sample_project"
MINE = ("project", "virtualenv", "env_vars", "django", "gunicorn", "nginx")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ffa9f5a3b40000000049454e44ae426082"
)


def loaded(name: str) -> Recipe:
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", own_folder() / name / "recipe.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    recipe = module.recipe
    assert isinstance(recipe, Recipe)
    return recipe


def ground() -> list[Recipe]:
    """What stands on a server before the project comes: the site's user, and its database."""
    users, postgres = Recipe("deploy_user"), Recipe("postgres", role="database")
    real = loaded("postgres")
    postgres.outputs, postgres.contributions = real.outputs, real.contributions
    postgres.ask(Question("database", str, "site"))
    postgres.ask(Question("role", str, "site"))

    @users.step("system_user")
    def system_user(a: Answers) -> Iterator[Any]:
        yield packages("ca-certificates")
        yield user(a.project.name, system=True)

    @postgres.step("database")
    def its_database(a: Answers) -> Iterator[Any]:
        yield a.keep("database_password")
        yield packages("postgresql")
        yield cluster()
        yield role(a.database.user, a.database.password)
        yield database(a.database.name, a.database.user)

    return [users, postgres]


class Site(Cycle):
    """A practice server with the answers for one site."""

    def __init__(self, server: PracticeServer, answers: dict[str, dict[str, Any]], folder: Path | None = None) -> None:
        super().__init__(server)
        self.answers = answers
        self.found = inspect(folder) if folder else None
        self.pristine = self.fingerprint()

    def set_up(self) -> int:
        """Runs everything; the number of changes made."""
        recipes = [*ground(), *map(loaded, MINE)]
        given = Given({k: dict(v) for k, v in self.answers.items()})
        with self.session() as session:
            filled = complete(given, recipes, server=session.server, found=self.found, secrets=session.secrets)
            runner = Runner(make_plan(recipes, filled, session), session, self.seen.append, lambda d: d.options[-1])
            runner.run()
            return runner.made

    def roll_back(self, checkpoint: str | None) -> None:
        with self.session() as session:
            roll_back(session, self.seen.append, checkpoint, on_drift=lambda *_: "stop")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"http://{self.server.host}{path}", timeout=60, **options)


@pytest.fixture(scope="module")
def guestbook(server_factory: Any) -> Site:
    site = Site(server_factory(), {"project": {"source": str(SAMPLE), "name": "guestbook"}}, SAMPLE)
    site.set_up()
    return site


def test_the_guestbook_takes_an_entry_with_a_picture_and_nginx_sends_the_picture(guestbook: Site) -> None:
    with httpx.Client(base_url=f"http://{guestbook.server.host}", timeout=60) as browser:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get("/").text)
        assert token
        entry = {"csrfmiddlewaretoken": token[1], "name": "Ada", "message": "It works."}
        sent = browser.post("/", data=entry, files={"picture": ("dot.png", PNG, "image/png")}, follow_redirects=True)
        page = browser.get("/").text
        assert sent.status_code == 200 and "It works." in page
        picture = re.search(r'src="(/media/[^"]+)"', page)
        assert picture
        answer = browser.get(picture[1])
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"
    assert guestbook.run("runuser -u postgres -- psql -At -d site -c 'select name from guestbook_entry'") == "Ada\n"


def test_an_uploaded_page_cannot_act_in_the_sites_name(guestbook: Site) -> None:
    guestbook.run("runuser -u guestbook -- sh -c 'echo \"<script>1</script>\" >/srv/guestbook/shared/media/evil.html'")
    answer = guestbook.get("/media/evil.html")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_static_files_come_from_nginx_and_nothing_beside_them_does(guestbook: Site) -> None:
    assert guestbook.get("/static/guestbook/style.css").headers["content-type"] == "text/css"
    for path in ("/static../static.of", "/static.of", "/media../static.of"):
        assert guestbook.get(path).status_code == 404


def test_links_that_the_site_lays_among_its_files_are_not_followed(guestbook: Site) -> None:
    lay = "ln -s /etc/passwd p; ln -s /etc d; ln -s /var/log/nginx/access.log log; mkdir x; ln -s ../real own; echo real >real"
    for place in ("media", "static"):
        guestbook.run(
            f"cd /srv/guestbook/shared/{place}; runuser -u guestbook -- sh -c '{lay}; cd x; ln -s /etc/passwd p'"
        )
        answers = {name: guestbook.get(f"/{place}/{name}") for name in ("p", "d/passwd", "log", "own", "x/p", "real")}
        guestbook.run(f"cd /srv/guestbook/shared/{place}; rm -r p d log own x real")
        assert [(n, a.status_code) for n, a in answers.items() if a.status_code == 200] == [("real", 200)]
        assert all("root:" not in a.text and "GET" not in a.text for a in answers.values())


def test_only_the_sites_own_name_is_answered(guestbook: Site) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        guestbook.get("/", headers={"Host": "evil.example"})


def test_the_site_cannot_read_its_variables_file_or_write_its_code(guestbook: Site) -> None:
    pid = guestbook.run("systemctl show -P MainPID guestbook.service").strip()
    refused = (
        "runuser -u guestbook -- sh -c 'cat /etc/guestbook/env || touch /srv/guestbook/current/x' 2>&1 || echo refused"
    )
    assert guestbook.run(refused).endswith("refused\n")
    assert guestbook.run(f"grep -c NoNewPrivs:.1 /proc/{pid}/status") == "1\n"
    # only systemd's socket is there: no control socket, no port
    assert (
        guestbook.run(f"ss -lxtnp | grep pid={pid}, | awk '{{print $5}}' | sort -u") == "/run/guestbook/gunicorn.sock\n"
    )


def test_a_second_run_changes_nothing(guestbook: Site) -> None:
    assert guestbook.set_up() == 0


def test_a_broken_site_file_is_taken_back_and_the_site_goes_on(
    guestbook: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "/etc/nginx/sites-available/guestbook"
    before = guestbook.run(f"cat {file}")
    original = Recipe.template

    def broken(self: Recipe, name: str, a: Answers, **values: Any) -> str:
        return original(self, name, a, **values) + ("no such directive;\n" if name == "site" else "")

    with monkeypatch.context() as patch:
        patch.setattr(Recipe, "template", broken)
        with pytest.raises(StepError, match="tested_file"):
            guestbook.set_up()
    assert guestbook.run(f"nginx -q -t && cat {file}") == before
    assert guestbook.get("/").status_code == 200


def test_going_back_saves_what_visitors_wrote_and_leaves_the_server_as_it_was(guestbook: Site) -> None:
    guestbook.roll_back(None)
    assert differences(guestbook.pristine, guestbook.fingerprint()) == []
    saved = guestbook.run("cd /var/backups/wizard && stat -c '%a %U' . * | sort -u; ls; tar -tzf *media*.tar.gz")
    assert saved.startswith("600 root\n700 root\n") and "evil.html" in saved and "site-" in saved


MAKE_REPOSITORY = """
export PATH=/opt/maker/bin:$PATH HOME=/root
apt-get -q -y install git python3-venv >/dev/null
python3 -m venv /opt/maker && pip install -q 'django<5.3'
mkdir -p /opt/work && cd /opt/work && django-admin startproject shop . && python manage.py startapp pages
cat >pages/views.py <<'PY'
from django.http import HttpResponse
def home(request):
    return HttpResponse("edition one")
PY
cat >shop/urls.py <<'PY'
from django.contrib import admin
from django.urls import path
from pages.views import home
urlpatterns = [path("admin/", admin.site.urls), path("", home)]
PY
echo 'Django>=5.2,<5.3' >requirements.txt
git init -q -b main . && git config user.email t@example.org && git config user.name t && git add . && git commit -q -m one
useradd --system owner && git clone -q --bare . /srv/shop.git && chown -R owner /srv/shop.git && git remote add origin /srv/shop.git
git config --global safe.directory '*'
"""
MODEL = """
from django.db import models
class Page(models.Model):
    title = models.CharField(max_length=50)
"""
SECOND_EDITION = f"""
export PATH=/opt/maker/bin:$PATH HOME=/root; cd /opt/work
sed -i 's/edition one/edition two/' pages/views.py
sed -i 's/INSTALLED_APPS = \\[/INSTALLED_APPS = ["pages",/' shop/settings.py
cat >pages/models.py <<'PY'{MODEL}PY
python manage.py makemigrations -v0 pages
git add . && git commit -q -m two && git push -q origin main
"""


@pytest.fixture(scope="module")
def shop(server_factory: Any) -> Site:
    """A project of django-admin startproject, which reads nothing from the environment, in somebody's bare repository."""
    project = {"source": "file:///srv/shop.git", "branch": "main", "settings_module": "shop.settings"}
    answers: dict[str, dict[str, Any]] = {
        "project": {**project, "wsgi": "shop.wsgi:application"},
        "env_vars": {"override_settings": True},
        "django": {"superuser": "boss"},
        # gunicorn 23 knows no control socket, and must not stumble over its being switched off
        "virtualenv": {"extra_packages": ("gunicorn==23.0.0", "psycopg[binary]")},
    }
    site = Site(server_factory(release="trixie"), answers)
    site.run(MAKE_REPOSITORY)
    site.set_up()
    return site


def test_a_startproject_from_a_git_repository_answers(shop: Site) -> None:
    assert shop.get("/").text == "edition one"
    assert shop.get("/static/admin/css/base.css").status_code == 200
    assert shop.get("/nothing-here").text.count("DEBUG") == 0
    commit = shop.run("git -C /srv/shop.git -c safe.directory='*' rev-parse main")[:12]
    assert shop.run("readlink /srv/shop/current") == f"releases/{commit}\n"
    assert shop.run(
        "shop-manage shell -c 'from django.contrib.auth.models import User; print(User.objects.get())'"
    ).endswith("boss\n")


def test_manage_py_has_the_same_variables_as_the_service(shop: Site) -> None:
    pid = shop.run("systemctl show -P MainPID shop.service").strip()
    names = "DJANGO_SETTINGS_MODULE|PYTHONPATH|SECRET_KEY|ALLOWED_HOSTS|DB_.*|STATIC_ROOT|MEDIA_ROOT|DATABASE_URL"
    wanted = shop.run(f"tr '\\0' '\\n' </proc/{pid}/environ | grep -E '^({names})=' | sort")
    code = "import os; print(*sorted(f'{k}={v}' for k, v in os.environ.items()), sep=chr(10))"
    assert shop.run(f"shop-manage shell -c \"{code}\" | grep -E '^({names})=' | sort") == wanted
    assert wanted.count("\n") >= 10


def test_a_second_run_changes_nothing_unless_the_branch_moved(shop: Site) -> None:
    assert shop.set_up() == 0
    shop.run(SECOND_EDITION)
    assert shop.set_up() > 0
    assert shop.get("/").text == "edition two"
    assert shop.run("ls /srv/shop/releases").count("\n") == 2
    assert shop.run("runuser -u postgres -- psql -At -d site -c 'select count(*) from pages_page'") == "0\n"
    assert shop.run("ls /var/backups/wizard/site-before-*.dump").count("\n") == 1


NGINX = "systemctl show -P InvocationID -P NRestarts nginx; stat -c '%n %z' /etc/nginx/sites-*/*; pgrep -o nginx"


def test_going_back_to_the_first_release_brings_it_and_its_tables_back_and_touches_nothing_else(shop: Site) -> None:
    shop.run("shop-manage shell -c 'from pages.models import Page; Page.objects.create(title=1)'")
    with shop.session() as session:
        code = [c for c in session.journal.history if c.step == "project/code"]
    assert [c.name for c in code] == ["project/code@1", "project/code@2"]
    nginx = shop.run(NGINX)
    shop.seen.clear()
    shop.roll_back("project/code@1")
    undone = {e.step.partition("/")[0] for e in shop.seen if isinstance(e, events.Undone)}
    assert undone == {"project", "virtualenv", "django", "gunicorn"}
    assert shop.run(NGINX) == nginx
    assert shop.get("/").text == "edition one"
    shop.seen.clear()
    shop.roll_back("project/code@1")
    assert not [e for e in shop.seen if isinstance(e, events.UndoStarted)]
    assert shop.run("ls /srv/shop/releases").count("\n") == 1
    assert "pages_page" not in shop.run("runuser -u postgres -- psql -At -d site -c '\\dt'")
    newest = shop.run("cd /var/backups/wizard; ls -t site-2*.dump | head -1").strip()
    assert "pages_page" in shop.run(f"pg_restore --list /var/backups/wizard/{newest}")
    rights = "select pg_get_userbyid(datdba), has_database_privilege('public', oid, 'CONNECT') from pg_database where datname = 'site'"
    assert shop.run(f'runuser -u postgres -- psql -At -c "{rights}"') == "site|f\n"


def test_it_can_be_set_up_again_after_that(shop: Site) -> None:
    assert shop.set_up() > 0
    assert shop.get("/").text == "edition two"


def new_release(shop: Site, change: str) -> None:
    """Somebody commits this change, made in a work tree of the shop."""
    shop.run(
        f"export HOME=/root; cd /opt/work && git fetch -q origin && git reset -q --hard origin/main\n{change}\n"
        "git add -A && git commit -q -m next && git push -q -f origin main"
    )


STARTS_NOT = """
cat >>shop/settings.py <<'PY'
LOGGING = {"version": 1, "handlers": {"file": {"class": "logging.FileHandler", "filename": BASE_DIR / "logs/django.log"}},
           "root": {"handlers": ["file"]}}
PY
"""
FAILS_IN_ITS_SANDBOX = """
sed -i '/^LOGGING/,$d' shop/settings.py
cat >>shop/wsgi.py <<'PY'
open("/srv/shop/shared/static/of-the-site", "w")
PY
"""
THIRD_EDITION = """
sed -i '/^open/d' shop/wsgi.py
sed -i 's/os.environ.setdefault(.*/os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"/' shop/wsgi.py
sed -i 's/edition two/edition three/' pages/views.py
"""


def refused(shop: Site) -> str:
    """A set-up that must fail; what is said of it. Nothing of it is called a change by hand, and what was live is live."""
    live = shop.run("readlink /srv/shop/current; systemctl show -P MainPID -P NRestarts shop.service")
    shop.seen.clear()
    with pytest.raises(StepError) as caught:
        shop.set_up()
    assert not [e for e in shop.seen if isinstance(e, events.DriftFound)]
    assert shop.run("readlink /srv/shop/current; systemctl show -P MainPID -P NRestarts shop.service") == live
    assert shop.get("/").text == "edition two"
    return caught.value.details


def test_release_that_does_not_start_never_goes_live(shop: Site) -> None:
    new_release(shop, STARTS_NOT)
    said = refused(shop)
    assert "Django does not start with the new code: ValueError: Unable to configure handler 'file'" in said
    assert "logs/django.log" in said and "stays live" in said
    # nor is it called a change by hand when the same thing is tried again
    assert "Django does not start with the new code" in refused(shop)


def test_release_that_fails_as_a_service_never_goes_live(shop: Site) -> None:
    new_release(shop, FAILS_IN_ITS_SANDBOX)  # manage.py starts: it may write there, and the service may not
    said = refused(shop)
    assert "OSError: [Errno 30] Read-only file system" in said
    assert shop.run("ls /run/systemd/system /run | grep -c -e trial -e look || true") == "0\n"


def test_visitors_are_served_while_a_release_goes_live_and_wsgi_cannot_choose_other_settings(shop: Site) -> None:
    new_release(shop, THIRD_EDITION)
    seen: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            answer = shop.get("/")
            seen.append(answer.text if answer.status_code == 200 else str(answer.status_code))
            time.sleep(0.02)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        shop.seen.clear()
        assert shop.set_up() > 0
    finally:
        over.set()
        visitor.join()
    assert set(seen) == {"edition two", "edition three"} and seen == sorted(seen, key=len)
    checks = {e.check: e.seen for e in shop.seen if isinstance(e, events.CheckPassed)}
    assert checks["the site has this server's settings"].startswith("server_settings: DEBUG off, postgresql")
    assert "shop/wsgi.py:" in checks["the site has this server's settings"]
    # the checks of what stands before the site were made again, though nothing was changed there
    assert checks["the site answers through nginx"].startswith("/: 200")


def test_site_that_runs_with_other_settings_than_manage_is_found_out(shop: Site) -> None:
    file = "/etc/shop/gunicorn.conf.py"
    shop.run(f"cp -a {file} /root/kept && sed -i 's/settings.DEBUG/0/' {file}")
    check = next(c for c in gunicorn_checks(shop) if c.name == "the site has this server's settings")
    with shop.session() as session:
        found = look(check, session)
    shop.run(f"cp -a /root/kept {file}")
    assert not found.passed
    for said in (
        "the site runs with the settings shop.settings, and manage.py with server_settings (shop/wsgi.py:",
        "DEBUG is on, and must be off (shop/settings.py:",
        "the database is sqlite db.sqlite3, and must be postgresql site (shop/settings.py:",
        "SECRET_KEY is not one of this server's variables, so others may know it (shop/settings.py:",
    ):
        assert said in found.seen
    assert "django-insecure" not in found.seen


def gunicorn_checks(site: Site) -> list[Check]:
    recipes = [*ground(), *map(loaded, MINE)]
    given = Given({k: dict(v) for k, v in site.answers.items()})
    with site.session() as session:
        filled = complete(given, recipes, server=session.server, secrets=session.secrets)
    (step,) = (s for r in recipes for s in r.steps if s.id == "gunicorn/service")
    assert step.checks
    return list(step.checks(filled))


def test_check_may_be_left_out_by_choice_and_is_not_forgotten(shop: Site) -> None:
    recipe = Recipe("extra", __file__)
    recipe.step(
        "page", check=lambda _: [on_server("a page is there", "test -e /root/page"), on_server("fine", "true")]
    )(lambda _: iter(()))
    asked: list[Decision] = []

    def run(choice: str) -> None:
        with shop.session() as session:
            plan = make_plan([recipe], Answers({}, server=session.server), session)

            def decide(decision: Decision) -> str:
                asked.append(decision)
                return choice

            shop.seen.clear()
            Runner(plan, session, shop.seen.append, decide).run()
            left_out.append(list(session.journal.left_out))

    left_out: list[list[tuple[str, str]]] = []
    with pytest.raises(StepError):
        run("stop")
    assert asked[0].options == ("retry", "leave-out", "stop")
    run("leave-out")
    assert [e.check for e in shop.seen if isinstance(e, events.CheckLeftOut)] == ["a page is there"]
    assert [e.check for e in shop.seen if isinstance(e, events.CheckPassed)] == ["fine"]
    asked.clear()
    run("stop")  # not asked again, and still said
    assert not asked and [e for e in shop.seen if isinstance(e, events.CheckLeftOut)]
    shop.run("touch /root/page")
    run("stop")
    assert left_out == [[("extra/page", "a page is there")]] * 2 + [[]]
