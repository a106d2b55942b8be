"""What is there already and is not ours: which of it is asked about, and what may be taken over at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.engine.journal import Journal, parse
from wizard.engine.plan import Plan, PlannedStep
from wizard.engine.takeover import NotOurs, foreign
from wizard.operations.base import Foreign, Operation, State
from wizard.operations.claims import site_name
from wizard.operations.file import FileState, directory, file
from wizard.operations.user import UserState, user
from wizard.recipe import Answers, Step
from wizard.server import Server

STEP = Step("demo", "step", lambda a: ())
THERE = FileState("file", "0644", "root", "root", "abc", size=3)
FOLDER = FileState("directory", "0755", "root", "root")
DEPLOY = UserState(True, 1000, 1000, "/home/deploy", "/bin/bash", ("sudo",), "set")
UNITS = "unit|{0}.service|{1}|inactive\n"


def found_in(journal: Journal, *pairs: tuple[Operation, State], login: str = "root") -> list[Foreign]:
    answers = Answers({"project": {"name": "shop"}}, server=Server())
    planned = PlannedStep(STEP, [op for op, _ in pairs], [state for _, state in pairs])
    return foreign(Plan([planned], answers), journal, login_user=login)


def journal(operation: Operation, before: State, *more: dict[str, Any]) -> Journal:
    doing = {"event": "doing", "id": 1, "step": "demo/step", "operation": operation.to_json(), "at": ""}
    doing |= {"before": before.to_json(), "after": before.to_json()}
    return parse("\n".join(json.dumps(r) for r in (doing, {"event": "done", "id": 1, "observed": ""}, *more)))


def test_a_file_named_by_an_answer_is_asked_about_and_debians_own_is_not() -> None:
    things = found_in(Journal(), (file("/etc/shop/env", "x"), THERE), (file("/etc/timezone", "x"), THERE))
    assert [t.name for t in things] == ["/etc/shop/env"]


def test_a_folder_with_the_sites_name_is_asked_about_though_nothing_would_change_in_it() -> None:
    assert [t.name for t in found_in(Journal(), (directory("/srv/shop"), FOLDER))] == ["/srv/shop"]
    assert not found_in(Journal(), (directory("/srv/shop"), FileState()))


def test_what_the_journal_made_is_not_asked_about() -> None:
    folder = directory("/srv/shop")
    assert not found_in(journal(folder, FileState()), (folder, FOLDER))


def test_what_is_left_of_ours_after_a_rollback_is_not_asked_about() -> None:
    folder = directory("/srv/shop")
    undone = journal(folder, FileState(), {"event": "undone", "id": 1})
    assert not found_in(undone, (folder, FOLDER))


def test_what_was_given_back_by_a_rollback_is_asked_about_again() -> None:
    undone = journal(user("deploy"), DEPLOY, {"event": "undone", "id": 1})
    assert [t.name for t in found_in(undone, (user("deploy"), DEPLOY))] == ["user:deploy"]


def test_what_a_person_agreed_to_is_not_asked_about_when_the_run_goes_on() -> None:
    other = journal(directory("/etc/shop"), FileState(), {"event": "adopted", "names": ["user:deploy"]})
    assert not found_in(other, (user("deploy", groups=("sudo",)), DEPLOY))


def test_the_account_that_we_are_logged_in_as_is_not_asked_about() -> None:
    assert not found_in(Journal(), (user("deploy"), DEPLOY), login="deploy")
    assert found_in(Journal(), (user("deploy"), DEPLOY), login="root")


@pytest.mark.parametrize(
    ("account", "adoptable"),
    [
        (user("deploy"), True), (user("shop", system=True), False),
    ],
)  # fmt: skip
def test_an_account_with_a_shell_may_become_a_persons_and_not_a_sites(account: Operation, adoptable: bool) -> None:
    (thing,) = found_in(Journal(), (account, DEPLOY))
    assert thing.adoptable == adoptable


def test_a_system_account_becomes_nobodys_and_a_group_of_that_name_gives_no_rights() -> None:
    daemon = UserState(True, 33, 33, "/var/www", "/usr/sbin/nologin", (), "none")
    assert not found_in(Journal(), (user("www-data"), daemon))[0].adoptable
    assert not found_in(Journal(), (user("docker", system=True), UserState(gid=998)))[0].adoptable


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ssh", UNITS.format("ssh", "/usr/lib/systemd/system/ssh.service")),
        ("shop", "unit|shop.timer|/etc/systemd/system/shop.timer|inactive\n"),
        ("shop", "unit|shop@.service|/etc/systemd/system/shop@.service|\n"),
        ("shop", "unit|shop.service|/dev/null|inactive\n"),  # masked
        ("shop", "unit|shop.service|/run/systemd/transient/shop.service|active\n"),
        ("shop", "unit|shop.service|/etc/systemd/system/shop.service.d|\n"),
        ("shop", "unit|shop.service|/etc/systemd/system/shop.service|active\n"),
        ("shop", "account|shop||\n"),
        ("shop", "command|shop-manage|/usr/bin/shop-manage|\n"),
        ("shop", "folder|base-files|/etc/shop|\n"),
        ("shop", "folder||/run/shop|\n"),
    ],
)
def test_a_name_that_systemd_or_debian_uses_cannot_be_taken(name: str, text: str) -> None:
    claim = site_name(name)
    (thing,) = found_in(Journal(), (claim, claim.parse(text)))
    assert not thing.adoptable


def test_a_unit_that_a_person_wrote_and_that_does_not_run_may_be_taken_over() -> None:
    claim = site_name("shop")
    found = claim.parse(UNITS.format("shop", "/etc/systemd/system/shop.service"))
    (thing,) = found_in(Journal(), (claim, found))
    assert thing.adoptable and thing.name == "/etc/systemd/system/shop.service"
    assert not found_in(journal(file(thing.name, ""), FileState()), (claim, found))


def test_the_refusal_names_each_thing_and_the_option_that_allows_it() -> None:
    error = NotOurs(found_in(Journal(), (user("deploy"), DEPLOY), (directory("/srv/shop"), FOLDER)))
    assert error.exit_status == 4
    assert "the account deploy" in error.details and "the folder /srv/shop" in error.details
    assert "--adopt user:deploy --adopt /srv/shop" in error.hint
