"""The world stops at every journal write and after every script of a complete set-up, and it is gone on with."""

from __future__ import annotations

import pytest

from tests.practice.matrix.broken import Breakage, Broken

STOPPED = Breakage("client and remote script killed (SIGKILL) at a journal write or after an answer", "stop_the_world")


@pytest.mark.matrix
def test_set_up_stopped_at_every_point_comes_to_the_same_end(broken: Broken) -> None:
    broken.prove(STOPPED, everything=True)
