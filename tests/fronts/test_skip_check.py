"""A check that was said beforehand to be left out: by its step, or by its recipe; nothing else is."""

from __future__ import annotations

import pytest

from wizard import events
from wizard.engine.runner import Decision
from wizard.fronts.options import Options
from wizard.fronts.policy import Policy
from wizard.fronts.words import Words

CHECK = Decision("failure", "sanity_check/outside", ("retry", "leave-out", "stop"))


@pytest.mark.parametrize("name", ["sanity_check/outside", "sanity_check"])
def test_check_of_a_named_step_is_left_out(name: str) -> None:
    assert Policy(skip_checks=(name,)).decide(CHECK) == "leave-out"


def test_nothing_else_is_left_out() -> None:
    assert Policy(skip_checks=("nginx",)).decide(CHECK) == "stop"
    # a change that failed, or a step that proves the way in, offers no such choice
    assert (
        Policy(skip_checks=("sanity_check",)).decide(Decision("failure", "sanity_check/outside", ("retry", "stop")))
        == "stop"
    )
    assert Policy(skip_checks=("hardening",)).decide(Decision("drift", "hardening/sshd", ("keep", "stop"))) == "stop"


def test_command_that_goes_on_leaves_it_out_too() -> None:
    assert Options("root@h", skip_checks=("sanity_check",)).resume == "wizard setup root@h --skip-check sanity_check"


def test_it_is_said_that_it_was_left_out() -> None:
    line = Words([]).event(events.CheckLeftOut("sanity_check/outside", "the page / answers", "/: 404"))
    assert line == "! the page / answers: /: 404 (left out by choice)"
