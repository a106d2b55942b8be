"""The answers that set up the sample project on a practice server, so that a first try needs no question."""

from __future__ import annotations

from pathlib import Path

from wizard.answers.given import Given

PROJECT = Path(__file__).parent / "sample_project"
NAME = "guestbook"  # of the practice server that `wizard practice` boots


def given() -> Given:
    """Only what has no default that fits: the project, and no upgrade of a server that was made a minute ago."""
    return Given({"project": {"source": str(PROJECT), "name": "guestbook"}})
