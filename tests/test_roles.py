"""Roles, outputs and contributions: what recipes hand to each other without knowing each other."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wizard import catalog, recipe_check
from wizard.answers.given import Given
from wizard.answers.resolve import complete
from wizard.api import AppServer, HostNames, Operation, Question, Recipe, WebSite, file
from wizard.app import project
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.engine.plan import make_plan
from wizard.engine.remote.session import Session
from wizard.errors import RecipeError, UsageError
from wizard.fronts.plain.answers_file import render
from wizard.fronts.plain.missing import refuse
from wizard.operations.file import File
from wizard.practice.sample import PROJECT
from wizard.project.inspect import inspect
from wizard.recipe import Answers
from wizard.server import Server

HERE = Path(__file__).parent / "practice" / "recipes_of_roles"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLkmGpLa3bTlHVzVYYRT5Wb9Jh0tJkVjW0bT3cK5mYJ you@laptop"


def answered(recipes: list[Recipe], **tables: dict[str, Any]) -> Answers:
    given = Given({"project": {"source": str(PROJECT), "name": "guestbook"}, **tables})
    server = Server(address="192.0.2.7", login_keys=(KEY,))
    return complete(given, recipes, server=server, found=inspect(PROJECT))


def site_file(recipes: list[Recipe], a: Answers) -> str:
    """The web server's site."""
    (step,) = (s for r in recipes for s in r.steps if s.id == "nginx/site")
    (found,) = (op for op in step.operations(a) if isinstance(op, File) and op.path.endswith("/guestbook"))
    return found.content.decode()


def test_ours_alone_ask_no_choice_where_there_is_none() -> None:
    recipes = catalog.load()
    a = answered(recipes)
    asked = {q.name: q.choices for r in recipes if r.name == "roles" for q in r.questions}
    needless = {name: a.tables["roles"][name] for name, choices in asked.items() if "none" in choices}
    assert needless == {"broker": "none", "worker": "none"}
    assert a.database.recipe == "postgres" and a.app_server.recipe == "gunicorn"


def test_first_recipe_of_a_role_is_the_default_and_the_other_can_be_chosen() -> None:
    recipes = catalog.load([HERE])
    (choice,) = (q for r in recipes for q in r.questions if (r.name, q.name) == ("roles", "app_server"))
    assert choice.choices == ("gunicorn", "uvicorn", "workshop_server") and answered(recipes)[choice] == "gunicorn"
    assert answered(recipes).app_server.socket == "/run/guestbook/gunicorn.sock"
    a = answered(recipes, roles={"app_server": "workshop_server"})
    assert (a.app_server.recipe, a.app_server.socket, a.app_server.timeout) == (
        "workshop_server", "/run/guestbook/workshop.sock", 60,
    )  # fmt: skip


def test_web_server_and_environment_follow_the_choice() -> None:
    recipes = catalog.load([HERE])
    for name, socket, seconds in (("gunicorn", "gunicorn", 35), ("workshop_server", "workshop", 65)):
        a = answered(recipes, roles={"app_server": name})
        text = site_file(recipes, a)
        assert f"server unix:/run/guestbook/{socket}.sock fail_timeout=0;" in text
        assert f"proxy_read_timeout {seconds}s;" in text
        assert a.units() == ("postgresql.service", "guestbook.socket", "guestbook.service", "nginx.service")
    assert answered(recipes, roles={"app_server": "workshop_server"}).virtualenv.extra_packages == ("uvicorn",)
    assert answered(recipes).virtualenv.extra_packages == ()  # its requirements.txt names gunicorn


def test_recipe_that_fits_the_project_is_recommended() -> None:
    usual, other = (
        Recipe("usual", role="database"),
        Recipe("another", role="database", fits=lambda found: found is not None),
    )
    recipes = catalog.prepared([other, usual])
    for found, name in ((None, "usual"), (inspect(PROJECT), "another")):
        a = complete(Given({}), recipes, server=Server(), found=found)
        assert a.recipe_of("database") == name
        assert [r.name for r in catalog.in_force(recipes, {}, found)] == ["roles", name]
        assert a.tables["roles"] == {"database": name}


def test_role_that_not_every_project_needs_may_be_left_empty() -> None:
    recipes = catalog.prepared([Recipe("queue", role="worker", fits=lambda found: found is not None)])
    (choice,) = (q for r in recipes for q in r.questions)
    assert choice.choices == ("queue", "none")
    for found, chosen, taking_part in (
        (None, {}, ["roles"]),
        (None, {"worker": "queue"}, ["roles", "queue"]),
        (inspect(PROJECT), {}, ["roles", "queue"]),
        (inspect(PROJECT), {"worker": "none"}, ["roles"]),
    ):
        a = complete(Given({"roles": chosen}), recipes, server=Server(), found=found)
        assert [r.name for r in recipes if a.in_force(r)] == taking_part
        assert [r.name for r in catalog.in_force(recipes, {"roles": chosen}, found)] == taking_part


def test_what_was_not_chosen_is_neither_asked_nor_made() -> None:
    recipes = catalog.load([HERE])
    asked: list[str] = []

    def ask(question: Question[Any], a: Answers, default: Any) -> Any:
        asked.append(f"{question.recipe}.{question.name}")
        return "workshop_server" if question.name == "app_server" else default

    given = Given({"project": {"source": str(PROJECT), "name": "guestbook"}})
    server = Server(address="192.0.2.7", login_keys=(KEY,))
    a = complete(given, recipes, server=server, found=inspect(PROJECT), ask=ask)
    assert "workshop_server.timeout" in asked and not [name for name in asked if name.startswith("gunicorn.")]
    taking_part = [r.name for r in recipes if a.in_force(r)]
    assert "workshop_server" in taking_part and "gunicorn" not in taking_part
    assert [r.name for r in catalog.in_force(recipes, a.tables, a.found)] == taking_part


def test_plan_has_steps_of_the_chosen_recipe_only() -> None:
    def made(name: str) -> Recipe:
        recipe = Recipe(name, role="worker")

        @recipe.step("step")
        def step(a: Answers) -> Iterator[Operation]:
            yield file("/etc/worker", name)

        return recipe

    class Observed(Session):
        def observe(self, operations: Any, *, label: str = "") -> Any:
            return [op.state() for op in operations]

    from wizard.transport.fake import FakeTransport

    recipes = catalog.prepared([made("one"), made("two")])
    for name in ("one", "two"):
        a = complete(Given({"roles": {"worker": name}}), recipes, server=Server())
        plan = make_plan(recipes, a, Observed(FakeTransport(), lambda _: None))
        assert [s.step.id for s in plan.steps] == [f"{name}/step"]


def test_contribution_stands_inside_of_the_web_servers_site() -> None:
    ours, with_stamp = catalog.load(), catalog.load([HERE])
    before, after = (site_file(recipes, answered(recipes)) for recipes in (ours, with_stamp))
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert added == ['map $scheme $workshop { default "yes"; }', "    add_header X-Workshop $workshop always;"]
    assert after.index("X-Workshop") > after.index("server {")


def test_site_with_https_has_an_https_address() -> None:
    tls = Recipe("tls", needs=["project"])
    tls.contribute(WebSite, lambda _: WebSite(server="listen 443 ssl;", https=True))
    tls.contribute(HostNames, lambda _: HostNames(("www.example.org",)))
    recipes = catalog.prepared([*catalog.found(), tls])
    a = answered(recipes)
    assert a.web_server.address == "https://192.0.2.7/"
    (admin,) = (value for r in recipes if r.name == "django" for name, value in r.afterwards if name == "admin")
    assert str(admin(a)).startswith("https://192.0.2.7/admin/")
    assert "server_name 192.0.2.7 www.example.org;" in site_file(recipes, a)


def test_role_that_nobody_has_and_output_that_nobody_gives_are_named() -> None:
    with pytest.raises(RecipeError, match="no role 'app_sever'"):
        Recipe("mine", role="app_sever")
    with pytest.raises(UsageError, match="no recipe has the role 'app_server'"):
        Answers({}, server=Server()).app_server.socket  # noqa: B018
    mine = Recipe("mine", role="app_server")
    with pytest.raises(UsageError, match="the recipe 'mine' gives no output 'socket'"):
        Answers({"mine": {}}, server=Server(), recipes=[mine]).app_server.socket  # noqa: B018
    mine.output("socket", lambda _: 5)
    with pytest.raises(RecipeError, match=r"'socket' of the recipe 'mine': it is 5, and must be .* \(str\)"):
        Answers({"mine": {}}, server=Server(), recipes=[mine]).app_server.socket  # noqa: B018
    with pytest.raises(RecipeError, match="it needs 'database', which is not there"):
        catalog.prepared([Recipe("one", needs=["database"])])
    (one,) = catalog.prepared([Recipe("one", needs=["worker"])])  # which not every site needs
    assert one.needs == []


def test_check_of_recipes_tries_each_recipe_of_a_role(tmp_path: Path) -> None:
    assert recipe_check.check(HERE) == (["stamp", "workshop_server"], [])
    broken = tmp_path / "workshop_server"
    (broken / "templates").mkdir(parents=True)
    for path in (HERE / "workshop_server").rglob("*.*"):
        (broken / path.relative_to(HERE / "workshop_server")).write_text(path.read_text())
    text = (broken / "recipe.py").read_text()
    (broken / "recipe.py").write_text(text.replace('recipe.output("socket", socket)\n', ""))
    _, faults = recipe_check.check(tmp_path)
    assert [(f.code, f.facts["name"]) for f in faults] == [("output_missing", "socket")]


def test_every_output_of_a_role_says_what_it_is() -> None:
    for name, output in AppServer.outputs().items():
        assert output.name == name and output.says


def test_answers_file_and_missing_answers_leave_open_only_what_takes_part(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path / "recipes")
    home = tmp_path / "recipes" / "workshop_server" / "recipe.py"
    home.write_text(home.read_text().replace("lambda a: a.found.asgi if a.found else None", "None"))
    text = render(PROJECT, (tmp_path / "recipes",))
    assert '# app_server = "gunicorn"' in text and '# application = ""  # must be answered' in text
    for choice, missing in ({}, False), ({"app_server": "workshop_server"}, True):
        given = Given({"project": {"source": str(PROJECT), "name": "guestbook"}, "roles": choice})
        journey = Journey(Request(recipes=(tmp_path / "recipes",), given=given), lambda _: None)
        journey.prepare()
        project.look(journey)
        with pytest.raises(UsageError) if missing else contextlib.nullcontext() as error:
            refuse(journey, defaults=False)
        assert not missing or (error is not None and "workshop_server.application" in error.value.details)


def test_screens_ask_the_choice_first_and_then_what_was_chosen() -> None:
    from wizard.fronts.tui.pages import order

    journey = Journey(Request(recipes=(HERE,)), lambda _: None)
    journey.prepare()
    assert order(journey)[2] == "questions:roles"
    assert "questions:gunicorn" in order(journey) and "questions:workshop_server" not in order(journey)
    journey.given.set("roles", "app_server", "workshop_server")
    assert "questions:workshop_server" in order(journey) and "questions:gunicorn" not in order(journey)
