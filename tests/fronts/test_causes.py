"""Likely causes: each record is led to by its own real message, and by no other record's."""
# ruff: noqa: E501  (messages are as programs print them)

from __future__ import annotations

import re

import pytest

from wizard.fronts import causes
from wizard.fronts.causes import Record
from wizard.text import text


def change_failed(key: str) -> str:
    return text("engine.worker.cannot_make", key=key, why="status 1")


def reason_for(record: Record) -> str:
    kind = sorted(record.kinds)[0] if record.kinds else "long_command"
    return record.seen[1] or change_failed(f"{kind}:x")


def test_there_are_many_and_each_has_a_code_of_its_own() -> None:
    codes = [record.code for record in causes.records()]
    assert len(codes) >= 60
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_]+)?", code) for code in codes)


@pytest.mark.parametrize("record", causes.records(), ids=lambda record: record.code)
def test_a_real_message_leads_to_its_own_cause(record: Record) -> None:
    message, _, facts = record.seen
    found = causes.likely(reason_for(record), f"a line before\n{message}\na line after", facts)
    assert found.code == record.code
    assert found.advice.endswith((".", ")"))
    assert "{" not in found.what + found.advice + found.look
    assert "(see below)" not in found.what + found.look


@pytest.mark.parametrize(
    ("kind", "output", "code"),
    [
        # from the field: the first two used to have a wrong cause
        ("migrations", "    from .local_settings import *\nModuleNotFoundError: No module named 'shop.local_settings'", "django.local_settings"),
        ("virtualenv", "connection broken by 'NewConnectionError(...: [Errno 113] No route to host')': /simple/django/\nERROR: No matching distribution found for django", "pip.no_network"),
        ("virtualenv", "ERROR: Could not find a version that satisfies the requirement Django==6.0 (from versions: 5.2)\nERROR: Ignored the following versions that require a different python version: 6.0 Requires-Python >=3.12", "pip.python_version"),
        ("packages", "Err:1 http://deb.example.org/debian bookworm InRelease\n  Could not connect to deb.example.org:80, connection timed out", "network.out"),
        ("packages", "E: The repository 'cdrom://[Debian]/ bookworm Release' does not have a Release file.", "apt.no_release_file"),
        ("git_release", "ssh: Could not resolve hostname git.example.org: Temporary failure in name resolution\nfatal: Could not read from remote repository.", "dns"),
        ("git_release", "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.", "git.key"),
        ("migrations", "django.db.utils.OperationalError: connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  password authentication failed for user \"shop\"", "postgres.auth"),
        ("migrations", "django.db.utils.OperationalError: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such file or directory", "postgres.down"),
        ("service", "Traceback (most recent call last):\n  File \"x.py\", line 1\nModuleNotFoundError: No module named 'shop.secret'\n[ERROR] Worker failed to boot.", "python.module"),
        ("static_files", "PermissionError: [Errno 13] Permission denied: '/srv/shop/static'", "files.permission"),
    ],
)  # fmt: skip
def test_messages_from_the_field(kind: str, output: str, code: str) -> None:
    assert causes.likely(change_failed(f"{kind}:x"), output).code == code


def test_a_fact_found_on_the_server_comes_before_what_was_printed() -> None:
    output = "E: The repository 'cdrom://[Debian 12.5]/ bookworm Release' does not have a Release file."
    found = causes.likely(change_failed("packages:nginx"), output, ["cdrom /etc/apt/sources.list 3"])
    assert found.code == "apt.cdrom"
    assert "line 3 of /etc/apt/sources.list" in found.what
    assert found.look == "sed -i '/cdrom:/s/^/# /' /etc/apt/sources.list"


def test_what_a_program_says_of_its_own_connection_is_not_about_ours() -> None:
    found = causes.likely(change_failed("long_command:x"), "psql: connection timed out: cannot reach db")
    assert not found.code.startswith("ssh.")
    assert causes.likely(text("transport.ssh.no_answer", where="203.0.113.7 port 22"), "").code == "ssh.lost"


def test_an_unknown_failure_claims_no_cause() -> None:
    assert not causes.likely("status 3", "it is what it is").known
