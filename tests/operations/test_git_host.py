"""Which host keys of git servers are accepted, and which addresses of repositories are used at all."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

import pytest

from recipes.project.recipe import git_host_key, source_refused
from wizard.operations import git_host
from wizard.transport.host_keys import fingerprint

BLOB = base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"k" * 36).decode()


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("git@github.com:me/site.git", ("github.com", 22)),
        ("ssh://git@git.example.org:2222/me/site.git", ("git.example.org", 2222)),
        ("ssh://git.example.org/me/site.git", ("git.example.org", 22)),
        ("ssh://git@[2001:db8::1]:2222/x.git", ("2001:db8::1", 2222)),
        ("git@[2001:db8::1]:x.git", ("2001:db8::1", 22)),
        ("https://git.example.org/me/site.git", None),
        ("file:///srv/git/x.git", None),
        ("~/code/site", None),
        ("ssh://git@-oProxyCommand=x/y", None),
        ("ssh://git@h:99999/y", None),
    ],
)
def test_a_server_reached_over_ssh_is_found_in_the_address(source: str, where: tuple[str, int] | None) -> None:
    assert git_host.address(source) == where


def test_large_forges_are_known_and_others_by_what_the_person_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for forge, keys in git_host.FORGES.items():
        assert git_host.accepted(f"git@{forge}:me/site.git") == keys and len(set(keys)) == 3
        assert all(git_host_key.refusal((key,)) is None for key in keys)
    assert git_host.accepted("git@git.example.org:me/site.git") == ()
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(
        f"git.example.org ssh-ed25519 {BLOB}\n@revoked [git.example.org]:2222 ssh-ed25519 {BLOB}\n"
    )
    assert git_host.accepted("git@git.example.org:me/site.git") == (fingerprint(base64.b64decode(BLOB)),)
    assert git_host.accepted("ssh://git@git.example.org:2222/me/site.git") == ()
    assert git_host.accepted("git@github.com:me/site.git") == git_host.FORGES["github.com"]
    assert git_host_key.refusal(("github.com",)) is not None


def test_no_release_is_fetched_without_a_look_at_the_host_key() -> None:
    from wizard.operations.release import NEWEST, ReleaseState, release_from_git

    for key in ("", "/etc/s/deploy_key"):
        operation = release_from_git("/srv/s", "git@git.example.org:x.git", group="s", key=key)
        script = operation.apply(ReleaseState(), ReleaseState(NEWEST, (NEWEST,)))
        assert script.index("ssh-keyscan") < script.index("git clone") and "StrictHostKeyChecking=yes" in script
        assert "accept-new" not in script + operation.observe()
        assert subprocess.run(["dash", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "source", ["http://git.example.org/me/x.git", "git://git.example.org/me/x.git", "HTTP://git.example.org/me/x.git"]
)
def test_an_address_that_is_not_encrypted_is_refused_with_the_one_to_use(source: str) -> None:
    reason = source_refused(source) or ""
    assert re.search("not encrypted", reason) and "https://git.example.org/me/x.git" in reason
    assert source_refused(source.replace("HTTP", "http").replace("http:", "https:").replace("git:", "https:")) is None
