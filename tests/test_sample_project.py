"""The sample project is a real Django project: its tests pass, and its settings keep what its README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "wizard/practice/sample_project"
HTTPS = {
    "SECRET_KEY": "k7" * 30 + "!@#$%^&*()",
    "ALLOWED_HOSTS": "example.org",
    "SECURE_SSL_REDIRECT": "on",
    "SECURE_HSTS_SECONDS": "31536000",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": "on",
    "SECURE_HSTS_PRELOAD": "on",
    "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO",
}


def manage(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    base = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-B", "manage.py", *args],
        cwd=PROJECT,
        env=base | env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_sample_projects_own_tests_pass(tmp_path: Path) -> None:
    done = manage("test", SECRET_KEY="x", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert done.returncode == 0, done.stderr
    found = re.search(r"^Ran (\d+) tests", done.stderr, re.M)
    assert found and int(found[1]) > 15, done.stderr


def test_check_deploy_is_silent_when_served_over_https() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **HTTPS)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_it_does_not_start_without_a_secret_key_and_names_it() -> None:
    done = manage("check")
    assert done.returncode != 0
    assert "SECRET_KEY is missing" in done.stderr


def test_it_migrates_an_empty_database_and_collects_its_style_sheet(tmp_path: Path) -> None:
    env = {
        "SECRET_KEY": "x",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "STATIC_ROOT": f"{tmp_path}/s",
    }
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        done = manage(*command, **env)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "db.sqlite3").stat().st_size > 0
    assert (tmp_path / "s/guestbook/style.css").is_file()
    assert (tmp_path / "s/admin/css/base.css").is_file()


def test_the_pages_name_no_outside_host() -> None:
    files = [f for f in (PROJECT / "guestbook").rglob("*") if f.suffix in {".html", ".css", ".svg"}]
    assert len(files) >= 5
    for file in files:
        text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "//" not in text.replace("</", ""), file
