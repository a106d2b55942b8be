"""The line between client and server is cut, for a while or until the client has given up."""

from __future__ import annotations

import pytest

from tests.practice.matrix.broken import Breakage, Broken

BREAKAGES = (
    Breakage("network cut for 5 s", "cut_the_line", every=20),
    Breakage("network cut until the client gave up", "cut_for_good", every=20, silence=8, patience=3),
)


@pytest.mark.matrix
@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.fault)
def test_set_up_whose_line_is_cut_comes_to_the_same_end(
    broken: Broken, breakage: Breakage, pytestconfig: pytest.Config
) -> None:
    broken.prove(breakage, everything=bool(pytestconfig.getoption("--matrix-all")))
