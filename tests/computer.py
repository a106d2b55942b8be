"""What the tests use of this computer beside Python: installed when the first test asks for it, as practice servers do."""

from __future__ import annotations

import fcntl
import functools
import tempfile
from pathlib import Path

from wizard.practice import tools
from wizard.practice.choice import available, choose

TOOLS = {"git": "git", "ssh": "openssh-client", "ssh-agent": "openssh-client", "tmux": "tmux"}
why_not = functools.cache(available)


@functools.cache
def prepare() -> None:
    """WizardError where something cannot be had. Only where practice servers can boot (`why_not()` is None)."""
    with (Path(tempfile.gettempdir()) / "wizard-tests.lock").open(
        "w"
    ) as lock:  # pytest's processes ask at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        choose().prepare(print)
        tools.install(TOOLS, print)
