"""Proofs about the services of a site. Must not know what they run."""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.quoting import sh
from wizard.operations.trial import LAST_ERROR
from wizard.text import text

# a service that dies and is started again for ever is "active" now and then
STAYS_UP = """\
unit={unit}; restarts=$(systemctl show -P NRestarts $unit)
for i in 1 2 3; do
    state=$(systemctl is-active $unit); again=$(systemctl show -P NRestarts $unit)
    if [ "$state" != active ] || [ "$again" != "$restarts" ]; then
        error=$(journalctl -o cat --no-pager -n 200 -u $unit | {error})
        say checks.service.dies state="$state" again="$again" error="$error"
        exit 1
    fi
    sleep 1
done
say checks.service.is unit=$unit state="$state"
"""

# What is told to end first finishes what it has begun.
RUNS_RELEASE = """\
unit={unit}; live=$(readlink -f {current}); i=0
while [ $i -lt {seconds} ]; do
    runs=$(readlink "/proc/$(systemctl show -P MainPID $unit)/cwd")
    case $runs/ in "$live"/*) echo "$(basename "$live")"; exit 0 ;; esac
    sleep 1; i=$((i + 1))
done
say checks.service.runs_other unit=$unit runs="${{runs:--}}" live="$(basename "$live")"
exit 1
"""


def stays_up(name: str, unit: str) -> Check:
    """The unit runs, and does not die within seconds."""
    return on_server(
        name,
        STAYS_UP.format(unit=sh(unit), error=LAST_ERROR),
        wanted=text("checks.service.active"),
        set_in=text("checks.service.log", unit=unit),
    )


def runs_release(name: str, unit: str, current: str, *, seconds: int) -> Check:
    """The unit works in the release that the link `current` leads to, at the latest after these seconds."""
    return on_server(
        name,
        RUNS_RELEASE.format(unit=sh(unit), current=sh(current), seconds=seconds),
        wanted=text("checks.service.live"),
        set_in=text("checks.service.log", unit=unit),
    )
