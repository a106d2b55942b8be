"""What is read of accounts and keys, and what is refused before anything is touched."""

from __future__ import annotations

import hashlib
import json
import subprocess

import pytest

from wizard.errors import UsageError
from wizard.operations.authorized_keys import authorized_keys, refusal
from wizard.operations.base import diff, operation_from_json
from wizard.operations.user import UserState, sudo_rule, user
from wizard.secret import Secret


def test_a_users_line_is_read_with_its_groups_in_one_order() -> None:
    found = user("ada").parse("user|1000|1000|/home/ada|/bin/sh|locked| sudo adm|there\n")
    assert found == UserState(True, 1000, 1000, "/home/ada", "/bin/sh", ("adm", "sudo"), "locked")


def test_an_absent_user_may_still_have_a_group_and_something_where_its_home_would_be() -> None:
    assert user("ada").parse("absent||\n" + "") == UserState()
    assert user("ada").parse("absent|77||there\n") == UserState(gid=77, home="/home/ada")


def test_an_existing_user_keeps_its_shell_home_and_password_and_gets_only_groups() -> None:
    found = UserState(True, 1000, 1000, "/elsewhere", "/bin/zsh", ("adm",), "set")
    change = diff(user("ada", groups=("sudo",), password=Secret("new")), found)
    assert change is not None
    assert change.after == UserState(True, 1000, 1000, "/elsewhere", "/bin/zsh", ("adm", "sudo"), "set")
    assert "chpasswd" not in change.script()


def test_a_locked_password_is_not_replaced() -> None:
    assert user("ada", password=Secret("new")).satisfied(UserState(True, 1, 1, password="locked"))


def test_neither_journal_nor_script_tells_the_password_or_a_plain_hash_of_it() -> None:
    password = Secret("correct horse")
    person = user("ada", password=password)
    script = person.apply(UserState(), person.wanted(UserState()))
    plain = {hashlib.sha256(text).hexdigest() for text in (b"correct horse", b"ada:correct horse\n")}
    for text in (script, json.dumps(person.to_json()), repr(person)):
        assert "horse" not in text and not any(p in text for p in plain)
    assert operation_from_json(person.to_json()).apply(UserState(), person.wanted(UserState())) == script


@pytest.mark.parametrize("name", ["", "-x", "a b", "Ada", "root;id", "a" * 33, "ada\n"])
def test_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        user(name)


def test_a_password_of_two_lines_is_refused() -> None:
    with pytest.raises(UsageError):
        user("ada", password=Secret("a\nroot:b"))


@pytest.mark.parametrize(
    "text", ["", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "ssh-ed25519 AAAA\nx"]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    assert refusal(text)
    with pytest.raises(UsageError):
        authorized_keys("ada", (text,))


def test_a_key_with_options_and_several_lines_at_once_are_taken() -> None:
    text = 'from="10.0.0.0/8" ssh-ed25519 AAAAC3Nz a@b\n\nssh-rsa AAAAB3Nz\n'
    assert authorized_keys("ada", (text,)).keys == ('from="10.0.0.0/8" ssh-ed25519 AAAAC3Nz a@b', "ssh-rsa AAAAB3Nz")


def test_a_sudo_rule_that_comes_back_on_undo_is_not_judged_but_a_new_one_is() -> None:
    rule = sudo_rule("wizard-ada", "ada ALL=(ALL:ALL) NOPASSWD: ALL")
    absent = rule.parse("absent||||||0")
    new = rule.wanted(absent)
    journalled = operation_from_json(rule.to_json())
    assert journalled.apply(absent, new).startswith("visudo --check")
    assert "visudo" not in journalled.apply(new, rule.parse("file|440|root|root|abc||1"))


def test_removing_an_account_never_names_a_number_that_is_not_its_own() -> None:
    person = user("ada")
    for before in (person.wanted(UserState()), UserState(home="/home/ada"), UserState(True, 1000, 1000, "/home/ada")):
        script = person.apply(before, UserState())
        assert "-1" not in script and "1000" not in script
        done = subprocess.run(["dash", "-n"], input=script, text=True, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
