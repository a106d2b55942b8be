"""What holds for every test: those marked `practice` need a computer that can boot servers, or say loudly that it can't."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs
import pytest

from tests.computer import prepare, why_not
from tests.practice.matrix import results

LONGEST = (
    "test_stopped_anywhere.py", "test_checkpoints.py", "test_one_side_killed.py", "test_power.py", "test_line_cut.py",
    "test_rollback_whole_site.py", "test_jobs.py", "test_other_users.py", "test_hostile_fields.py",
    "test_journey.py", "test_django_site.py", "test_tui.py", "test_apt.py", "test_engine.py", "test_hardening.py",
    "test_plain_front.py", "test_two_commands.py", "test_podman.py", "test_lockouts.py", "test_rollback_drift.py",
)  # fmt: skip
REASON = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--matrix-all", action="store_true", help="the fault matrix without leaving any point out")
    parser.addoption("--matrix-json", metavar="FILE", type=Path, help="write the fault matrix's table there, as JSON")


def _forget_results() -> None:
    os.environ.pop(results.FOLDER, None)


def pytest_configure(config: pytest.Config) -> None:
    """What the tests set up is not among the servers that the person at this computer may go on with."""
    if results.FOLDER not in os.environ:  # xdist's processes inherit it
        folder = tempfile.TemporaryDirectory(prefix="wizard-matrix-")
        config.add_cleanup(_forget_results)
        config.add_cleanup(folder.cleanup)
        os.environ[results.FOLDER] = folder.name
    if "WIZARD_PRACTICE_DIR" not in os.environ:
        # not the person's own practice servers: `wizard practice down --all` takes none away from a suite that runs
        os.environ["WIZARD_PRACTICE_DIR"] = str(platformdirs.user_cache_path("wizard") / "tests")
    if "WIZARD_STATE_DIR" not in os.environ:
        state = tempfile.TemporaryDirectory(prefix="wizard-tests-")
        config.add_cleanup(state.cleanup)
        os.environ["WIZARD_STATE_DIR"] = state.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files start first, so that no process works alone at the end. The fault matrix may take its time."""
    for item in items:
        if item.get_closest_marker("matrix"):
            item.add_marker(pytest.mark.timeout(7200))
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("practice") is None:
        return
    if (reason := why_not()) is None:
        prepare()
        return
    item.config.stash[REASON] = reason
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"CI must run the tests on practice servers, but: {reason}", pytrace=False)
    pytest.skip(f"no practice server: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if found := results.rows(Path(os.environ[results.FOLDER])):
        terminalreporter.section("what was broken on purpose")
        terminalreporter.write("\n".join([*results.table(found), ""]))
    if path := config.getoption("--matrix-json"):
        path.write_text(results.dumps(found))
    if reason := config.stash.get(REASON, None):
        terminalreporter.section("NOT TESTED ON ANY SERVER", red=True, bold=True)
        terminalreporter.line(f"{reason}. Nothing that this program does to a server was tested.")
