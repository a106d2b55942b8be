"""Releases on a real server: from a private git repository over ssh, by branch and by tag, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.practice.cycle import Cycle
from wizard.engine.remote.prelude import prelude
from wizard.errors import StepError
from wizard.operations.apt import packages
from wizard.operations.file import directory
from wizard.operations.release import ReleaseState, release_from_git
from wizard.operations.user import user

REPOSITORY = """
set -e; mkdir -p /srv/work && cd /srv/work && git init -q -b main . && git config user.email t@example.org && git config user.name t
echo one >edition && ln -s /etc/shadow trap && git add . && git commit -q -m one && git tag -a v1 -m v1
git clone -q --bare . /srv/private.git && git remote add origin /srv/private.git
ssh-keygen -q -t ed25519 -N '' -f /etc/site-key && mkdir -p -m 700 ~/.ssh && cat /etc/site-key.pub >>~/.ssh/authorized_keys
"""


@pytest.fixture(scope="module")
def server(server_factory: Any) -> Iterator[Cycle]:
    cycle = Cycle(server_factory())
    cycle.make(packages("git"), user("site", system=True), directory("/srv/site"), directory("/srv/site/releases"))
    cycle.run(REPOSITORY)
    yield cycle


def clone(server: Cycle, branch: str = "main", host_keys: tuple[str, ...] | None = None) -> Any:
    source = "ssh://root@127.0.0.1/srv/private.git"
    if host_keys is None:
        shown = server.run("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
        host_keys = (shown.split()[1],)
    return release_from_git(
        "/srv/site", source, group="site", branch=branch, key="/etc/site-key", host_keys=host_keys, link="current"
    )


def test_a_git_server_that_nobody_has_compared_is_not_trusted_and_its_key_is_shown(server: Cycle) -> None:
    right = server.run("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    with pytest.raises(StepError) as unknown:
        server.make(clone(server, host_keys=()))
    assert "cannot trust the git server 127.0.0.1 yet" in unknown.value.details and right in unknown.value.details
    wrong = "SHA256:" + "A" * 43
    with pytest.raises(StepError) as other:
        server.make(clone(server, host_keys=(wrong,)))
    assert f"expected {wrong}" in other.value.details and right in other.value.details
    assert server.run("ls /srv/site/releases; ls /etc/site-key*") == "/etc/site-key\n/etc/site-key.pub\n"


def test_a_private_repository_is_cloned_with_the_deploy_key_and_its_host_key_is_kept(server: Cycle) -> None:
    assert server.make(clone(server)) == 1
    assert server.run("cat /srv/site/current/edition") == "one\n"
    assert server.run("wc -l </etc/site-key.known_hosts").strip() != "0"
    assert server.make(clone(server)) == 0


def test_the_code_belongs_to_root_is_closed_to_others_and_a_link_in_it_changes_nothing_elsewhere(server: Cycle) -> None:
    assert (
        server.run("stat -c '%U:%G %a' -L /srv/site/current /srv/site/current/edition")
        == "root:site 750\nroot:site 640\n"
    )
    assert server.run("stat -c '%U:%G %a' /etc/shadow") == "root:shadow 640\n"


def test_a_moved_branch_is_a_new_release_and_an_older_tag_leads_back_to_the_old_one(server: Cycle) -> None:
    server.run("cd /srv/work && echo two >edition && git commit -q -a -m two && git push -q origin main v1")
    assert server.make(clone(server)) == 1
    assert server.run("cat /srv/site/current/edition") == "two\n"
    assert server.make(clone(server, "v1")) == 1
    assert server.run("cat /srv/site/current/edition; ls /srv/site/releases | wc -l") == "one\n2\n"


def test_what_is_there_stays_when_the_repository_is_gone(server: Cycle) -> None:
    server.run("mv /srv/private.git /srv/elsewhere.git")
    assert server.make(clone(server)) == 0
    server.run("mv /srv/elsewhere.git /srv/private.git")


def test_an_interrupted_clone_is_done_again(server: Cycle) -> None:
    server.run("mkdir -p /srv/spare/releases/.new && echo half >/srv/spare/releases/.new/x")
    operation = replace(clone(server), root="/srv/spare")
    with server.session() as session:
        (found,) = session.observe([operation], label="test")
    assert isinstance(found, ReleaseState) and found.current == "" and found.releases == ()
    server.run(f"{prelude()}\nset -e\n{operation.apply(found, operation.wanted(found))}")
    assert (
        server.run("cat /srv/spare/current/edition; ls -A /srv/spare/releases | wc -l; rm -r /srv/spare") == "two\n1\n"
    )


def test_undo_of_a_clone_that_a_power_cut_ended_leaves_nothing_of_it(server: Cycle) -> None:
    operation = replace(clone(server), root="/srv/cut")
    undo = operation.apply(ReleaseState(), ReleaseState())
    server.run(f"mkdir -p /srv/cut/releases/.new && echo half >/srv/cut/releases/.new/x; {prelude()}\nset -e\n{undo}")
    assert server.run("rmdir /srv/cut/releases /srv/cut; ls -A /srv") == "private.git\nsite\nwork\n"


def test_going_back_to_the_beginning_leaves_no_release(server: Cycle) -> None:
    server.undo()
    assert server.run("ls -A /srv; ls /etc/site-key*") == "private.git\nwork\n/etc/site-key\n/etc/site-key.pub\n"
