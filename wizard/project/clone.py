"""A look at a project that lies in a git repository: a shallow clone on this computer, for as long as it is looked at."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.project import git
from wizard.text import text

PATIENCE = 60  # seconds
PROTOCOLS = "https:ssh:file"  # git itself refuses the others (git(1), GIT_ALLOW_PROTOCOL)


@contextmanager
def cloned(url: str, branch: str = "") -> Iterator[Path | None]:
    """The newest files of the branch in a temporary folder; None where this computer cannot get at them.

    That is no error: the server may be able to, with a key of its own. A `file://` address is a path on the server.
    Host keys are held to: one that the person has not accepted yet is refused.
    """
    if url.startswith(("-", "file:")) or branch.startswith("-") or refused(url):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="wizard-") as name:
        template = Path(name, "template", "info")
        template.mkdir(parents=True)
        (template / "attributes").write_text(git.ATTRIBUTES, encoding="ascii")
        arguments = ["clone", "--quiet", "--depth", "1", "--no-recurse-submodules", f"--template={template.parent}"]
        arguments += ["--branch", branch] if branch else []
        target = Path(name, "project")
        variables = {
            **git.environment(), "GIT_ALLOW_PROTOCOL": PROTOCOLS, "GIT_SSH_COMMAND": _ssh_command(), "SSH_ASKPASS": "",
            "GIT_ASKPASS": os.environ.get("GIT_ASKPASS", "") or "true",
        }  # fmt: skip
        done = git.run([*arguments, "--", url, str(target)], variables, Path(name), PATIENCE)
        yield target if done is not None and done.returncode == 0 else None


def refused(url: str) -> str | None:
    """Why this address of a repository is not used, in a phrase that follows "…:"; None when it is."""
    scheme, marked, rest = url.partition("://")
    if marked and scheme.lower() in ("http", "git", "git+http"):
        return text("project.not_encrypted", scheme=scheme, rest=rest)
    return None


def _ssh_command() -> str:
    """The person's own way to start ssh, which may ask nothing and accept no new host key."""
    own = os.environ.get("GIT_SSH_COMMAND") or _own_setting("core.sshCommand")
    if not own:
        program = os.environ.get("GIT_SSH", "")
        own = shlex.quote(program) if program else "ssh"
    try:
        first = shlex.split(own)[0]
    except (ValueError, IndexError):
        first = ""
    if Path(first).stem != "ssh":
        return own  # plink and its like know no -o
    return f"{own} -o BatchMode=yes -o StrictHostKeyChecking=yes"


def _own_setting(name: str) -> str:
    """A setting of this person or this computer, and of no repository."""
    for scope in ("--global", "--system"):
        done = git.run(["config", scope, "--get", name], git.environment(), Path("/"), PATIENCE)
        if done is not None and done.returncode == 0:
            return os.fsdecode(done.stdout).strip()
    return ""
