"""SCRAM verifiers, and what statements are made of; that PostgreSQL takes them is proved on practice servers."""

from __future__ import annotations

import json

import pytest

from wizard.errors import UsageError
from wizard.operations.base import operation_from_json
from wizard.operations.postgres import Database, DatabaseState, Role, RoleState, database, role
from wizard.operations.scram import verifier
from wizard.secret import Secret


def test_the_verifier_is_the_one_that_libpq_makes_with_that_salt(monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 7677, section 3: user "user", password "pencil", salt W22ZaJ0SNY7soEsUEjb6gQ==, 4096 rounds
    import base64

    from wizard.operations import scram

    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    real = scram._hmac
    monkeypatch.setattr(
        scram, "_hmac", lambda key, message: salt if message.startswith(b"wizard/") else real(key, message)
    )
    stored_and_server_key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    assert verifier("user", Secret("pencil")).reveal() == (
        f"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${stored_and_server_key}"
    )


def test_a_verifier_is_the_same_each_time_and_another_for_another_role_or_password() -> None:
    one = verifier("a", Secret("x" * 20)).reveal()
    assert one == verifier("a", Secret("x" * 20)).reveal()
    assert len({one, verifier("b", Secret("x" * 20)).reveal(), verifier("a", Secret("y" * 20)).reveal()}) == 3


@pytest.mark.parametrize("password", ["", "pässword", "tab\there", "line\nbreak"])
def test_a_password_that_needs_saslprep_is_refused(password: str) -> None:
    with pytest.raises(UsageError):
        verifier("a", Secret(password))


@pytest.mark.parametrize("make", [lambda n: role(n, Secret("x" * 9)), lambda n: database(n, "me")])
@pytest.mark.parametrize("name", ["postgres", "", "x" * 64, "nul\0"])
def test_names_that_are_impossible_or_taken_are_refused(make, name) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError):
        make(name)


def test_the_journal_alone_is_enough_to_finish_the_change_and_holds_no_password() -> None:
    made = role("site", Secret("pass:word-planted"))
    again = operation_from_json(json.loads(json.dumps(made.to_json())))
    wanted = made.wanted(RoleState())
    assert again.apply(RoleState(), wanted) == made.apply(RoleState(), wanted)
    assert again.verify(wanted) == made.verify(wanted)
    for text in (json.dumps(made.to_json()), repr(made), made.apply(RoleState(), wanted), made.verify(wanted)):
        assert "planted" not in text and "SCRAM" not in text


def test_a_role_as_it_was_is_brought_back_with_exactly_its_powers() -> None:
    made = role("site", Secret("x" * 9))
    before = RoleState(True, False, ("super", "createdb"), "some hash")
    script = made.apply(made.wanted(before), before)
    assert "NOLOGIN SUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS" in script
    assert '"$change/verifier"' in script


def test_states_are_read_back_with_separators_in_names() -> None:
    assert Database("x", "a|b").parse("UTF8|CONNECT TEMPORARY|a|b\n") == DatabaseState(
        True, "a|b", "UTF8", ("CONNECT", "TEMPORARY")
    )
    assert Database("x", "y").parse("") == DatabaseState()
    assert Role("x", "", "", "").parse("f|super createrole|\n") == RoleState(True, False, ("super", "createrole"), "")
