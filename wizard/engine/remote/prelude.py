"""The shell functions that stand before every script of the engine: prelude.sh and others, with our statuses and limits by name.

Their text travels once in a run: the first script brings it and leaves it in a file of /run, which only root can write to, and
those after it read it there. What they read is used only where it has the checksum of our own text, whoever wrote it; where
it is missing or differs (the server was restarted), nothing is run, and the script is sent again with the text in it.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources

from wizard import limits
from wizard.engine.remote.protocol import MISSING, Status
from wizard.operations.quoting import sh

FILES = ("prelude.sh", "lock.sh", "jobs.sh", "doors.sh", "arm.sh")


@cache
def prelude() -> str:
    """The text that defines them. Ends without a newline, as `$(cat FILE)` gives it back."""
    numbers = {status.name: status.value for status in Status}
    numbers |= {"DISK_SHORT_MB": limits.DISK_SHORT_MB, "FILES_SHORT": limits.FILES_SHORT}
    lines = "".join(f"{name}={number}\n" for name, number in numbers.items())
    return (lines + "".join(shell(name) for name in FILES)).rstrip("\n")


def shell(name: str) -> str:
    """A shell file beside this module."""
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


# both leave the text in $PRELUDE, of which jobs and the failsafe are made there, and $MARK for `emit`
_BRINGS = """\
MARK={mark}
PRELUDE={text}
eval "$PRELUDE"
keep_prelude {run}
"""
_READS = """\
MARK={mark}
PRELUDE=$(cat /run/wizard-prelude-{run} 2>/dev/null)
[ "$(printf %s "$PRELUDE" | sha256sum)" = '{checksum}  -' ] || {{ printf '\\036%s {missing} \\n' "$MARK"; exit 0; }}
eval "$PRELUDE"
"""


def with_prelude(mark: str, run: str) -> str:
    """The beginning of a script that brings the prelude. Says whether it could be kept, by the record `kept`."""
    return _BRINGS.format(mark=mark, run=run, text=sh(prelude()))


def with_kept_prelude(mark: str, run: str) -> str:
    """The beginning of one that uses what an earlier one brought. Runs nothing and says MISSING where it is not there."""
    return _READS.format(mark=mark, run=run, checksum=sha256(prelude().encode()).hexdigest(), missing=MISSING)
