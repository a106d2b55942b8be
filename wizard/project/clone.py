"""A look at a project that lies in a git repository: a shallow clone on this computer, for as long as it is looked at."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60  # seconds

# nothing may ask, and nothing that the repository holds may be run (git-config(1): core.fsmonitor, core.hooksPath)
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes", "GIT_LFS_SKIP_SMUDGE": "1"}
SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never")


@contextmanager
def cloned(url: str, branch: str = "") -> Iterator[Path | None]:
    """The newest files of the branch in a temporary folder; None where this computer cannot get at them.

    That is no error: the server may be able to, with a key of its own. A `file://` address is a path on the server.
    """
    if url.startswith(("-", "file:")) or branch.startswith("-"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="wizard-") as folder:
        argv = ["git", *SAFE, "clone", "--quiet", "--depth", "1", *(["--branch", branch] if branch else [])]
        try:
            done = subprocess.run(
                [*argv, "--", url, f"{folder}/project"], env={**os.environ, **QUIET}, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=PATIENCE, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            yield None
            return
        yield Path(folder, "project") if done.returncode == 0 else None
