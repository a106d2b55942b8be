"""A server that is set up again and again, with one fault or another, for each file of tests."""

from __future__ import annotations

import pytest

from tests.practice.conftest import ServerFactory
from tests.practice.matrix.broken import Broken
from wizard.practice.fleet import Fleet


@pytest.fixture(scope="module")
def broken(server_factory: ServerFactory, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return Broken(fleet, server_factory(), tmp_path_factory.mktemp("broken"))
