"""The client dies and its script goes on; the script dies and its client goes on: at every journal write of a set-up."""

from __future__ import annotations

import pytest

from tests.practice.matrix.broken import Breakage, Broken

BREAKAGES = (
    Breakage("remote script killed (SIGKILL) at a journal write", "kill_script", where=("server: ",)),
    Breakage("client killed (SIGKILL) within a script, which goes on", "kill_client", where=("server: journal ",)),
)


@pytest.mark.matrix
@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.fault)
def test_set_up_of_which_one_side_is_killed_comes_to_the_same_end(broken: Broken, breakage: Breakage) -> None:
    broken.prove(breakage, everything=True)
