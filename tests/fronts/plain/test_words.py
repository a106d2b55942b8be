"""The words for what happens: every kind of change, event and decision has some, and none of them is a name of the code."""

from __future__ import annotations

import dataclasses

import pytest

from tests.sentences import entries
from wizard import events
from wizard.engine.runner import Decision
from wizard.fronts import words as words_
from wizard.fronts.findings import problem
from wizard.fronts.plain.numbered import spoken
from wizard.fronts.words import Words, choices, decision, describe, difference, loses_data, thing
from wizard.operations import base
from wizard.project import found

base._load_all_kinds()
NAMED_BY_THE_RECIPE = {"command", "long_command", "point_of_no_return"}
KINDS = {kind for kind, cls in base.KINDS.items() if cls.__module__.startswith("wizard.operations.")}
EVENTS = [cls for cls in vars(events).values() if isinstance(cls, type) and issubclass(cls, events.Event)]
SILENT = {events.Event, events.ChangeDone, events.Undone}
EXAMPLES = {
    "str": "x/y", "int": 1, "float": 1.5, "bool": True, "tuple[str, ...]": ("a", "b"), "dict[str, Any]": {},
    "tuple[tuple[str, ...], ...]": (("configured", "nginx", "git"), ("rewritten", "/etc/hosts")),
    "tuple[int, ...]": (3,),
}  # fmt: skip


def test_every_kind_of_change_has_words() -> None:
    assert set(entries("words", "thing")) - {"secret"} == KINDS - NAMED_BY_THE_RECIPE
    others = {*entries("words", "doing"), *entries("words", "undoing")} - {"secret", "other"}
    assert others <= KINDS and words_.DATA <= KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_words_for_a_change_name_the_thing_and_no_kind(kind: str) -> None:
    for undo in (False, True):
        said = describe(kind, f"{kind}:guestbook", undo=undo)
        assert "_" not in said and "{" not in said and len(said) > 5
    assert "guestbook" in thing(f"{kind}:guestbook") or "{" not in str(entries("words", "thing").get(kind, "{"))


def test_a_command_is_called_as_its_recipe_calls_it() -> None:
    assert describe("command", "command:sshd reads_its drop-ins") == "sshd reads its drop ins"


def test_a_secret_that_is_made_up_is_called_so() -> None:
    key = "file:/var/lib/wizard/secrets/database_password"
    assert describe("file", key) == "make up the secret “database password” (only root can read it)"


def test_whose_keys_may_log_in_is_said_without_their_hash() -> None:
    assert "deploy" in thing("authorized_keys:deploy db44c301") and "db44" not in thing(
        "authorized_keys:deploy db44c301"
    )


def test_what_holds_peoples_data_is_known() -> None:
    assert loses_data("postgres_database") and loses_data("migrations") and not loses_data("file")


def test_what_was_mended_is_said_with_what_it_was() -> None:
    said = Words([]).event(events.Repaired("a/b", "packages:git", (("rewritten", "/etc/hosts"), ("new-word", "x"))))
    assert said == "These files had lost their content; it was written again: /etc/hosts. Mended: x."


@pytest.mark.parametrize("cls", [cls for cls in EVENTS if cls not in SILENT], ids=lambda cls: cls.__name__)
def test_every_event_has_a_sentence(cls: type[events.Event]) -> None:
    values = {f.name: EXAMPLES[str(f.type)] for f in dataclasses.fields(cls)}
    said = Words([]).event(cls(**values))
    assert said and "None" not in said and "_" not in said


@pytest.mark.parametrize(
    ("kind", "step", "options"),
    [
        ("drift", "nginx/site", ("keep", "restore", "stop")),
        ("drift", "", ("keep", "restore", "stop")),
        ("point_of_no_return", "system_update/upgrade", ("go", "skip", "stop")),
        ("failure", "django/migrate", ("retry", "stop")),
    ],
)
def test_a_decision_is_a_question_and_each_option_says_what_it_leads_to(
    kind: str, step: str, options: tuple[str, ...]
) -> None:
    question = Decision(kind, step, options, {"key": "file:/etc/motd", "reason": "the disk is full"})
    assert decision(Words([]), question).endswith("?")
    assert list(choices(question)) == list(options)
    assert all(len(text.split()) >= 3 for text in choices(question).values())


def test_a_difference_shows_only_what_differs() -> None:
    facts = {"known": {"mode": "0644", "size": 3}, "found": {"mode": "0600", "size": 3}}
    assert difference(facts) == "-mode: 0644\n+mode: 0600"


def test_everything_that_can_be_found_wrong_with_a_project_has_words() -> None:
    assert set(entries("project", "problem")) == set(found.FIELDS)
    for code, names in found.FIELDS.items():
        example = found.Problem(code, *("12" if name == "line" else f"<{name}>" for name in names))
        assert "?" not in problem(example), f"{code} says something that it does not know"
        if "line" in names:
            assert "<file> line 12" in problem(example), f"{code} does not say where"
    assert "settings.py line 3" in problem(found.Problem("debug_true", "settings.py", 3))


def test_a_guide_is_read_out_without_its_marks() -> None:
    text = "A **release** is a\n*folder* with `manage.py`.\n\n- one\n  more\n- two\n\n    sudo nginx -t\n\n### What else\nIt is.\n"
    assert spoken(text).splitlines() == [
        "A release is a folder with manage.py.", "", "- one more", "- two", "", "    sudo nginx -t", "", "What else:", "", "It is."
    ]  # fmt: skip
