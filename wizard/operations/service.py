"""Systemd units: whether they start at boot and whether they run; and texts for `notify=` that make them read anew.

Must not know where a unit comes from: a package, a file operation or a person may have made it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from wizard.operations.base import Operation, State
from wizard.operations.quoting import sh

ACTIVE = ("active", "reloading", "refreshing")  # not "activating": so is a unit that dies and is restarted for ever
FAILED = ("failed", "activating")
SWITCHES = {
    "enabled": "systemctl enable --quiet {unit}",
    "enabled-runtime": "systemctl enable --quiet --runtime {unit}",
    "disabled": "systemctl disable --quiet {unit}",
    "masked": "systemctl mask --quiet {unit}",
    "masked-runtime": "systemctl mask --quiet --runtime {unit}",
}
FIXED = ("static", "alias", "generated", "indirect", "transient")  # nothing to switch: no [Install], or made by another

STILL_RUNS = """\
restarts=$(systemctl show -P NRestarts {unit})
systemctl is-active {unit}
sleep 1  # a program that dies at its start is "active" for a moment
systemctl is-active --quiet {unit}
[ "$(systemctl show -P NRestarts {unit})" = "$restarts" ]"""

# A unit may bring targets up (network-online.target) that stay up without it. Those that were down before its start are
# written down, and go down with it unless another unit that runs wants them, too.
BRINGS_UP = """\
if [ ! -e "$change/targets" ]; then
    for target in $(systemctl show -P Wants -P Requires {unit}); do
        case $target in *.target) systemctl -q is-active "$target" || echo "$target" ;; esac
    done >"$change/.targets"
    mv "$change/.targets" "$change/targets"
fi"""
TAKES_DOWN = """\
if [ -s "$change/targets" ]; then
    # shellcheck disable=SC2046,SC2086 # one word for each unit
    while read -r target; do
        users=$(systemctl show -P WantedBy -P RequiredBy "$target")
        if [ -z "$users" ] || ! systemctl -q is-active $users; then
            systemctl stop "$target" $(systemctl show -P Wants "$target")
        fi
    done <"$change/targets"
fi"""

# systemctl says only that it failed; why, stands in the service's log
WHY = "{{ journalctl -o cat -n 15 -u {unit}; exit 1; }}"

daemon_reload = "systemctl daemon-reload"
"""For `notify=` of a unit's file: systemd reads the units again."""


@dataclass(frozen=True)
class ServiceState(State):
    """exists: systemd finds such a unit. enabled: its UnitFileState (systemctl(1), is-enabled). running: active now."""

    exists: bool = False
    enabled: str = ""
    running: bool = False
    failed: bool = False  # it died, or dies and is started again for ever; not journalled

    def to_json(self) -> dict[str, Any]:
        return {"exists": self.exists, "enabled": self.enabled, "running": self.running}


@dataclass(frozen=True)
class Service(Operation):
    """A unit that starts at boot or not, and runs or not; None leaves that as it is."""

    kind: ClassVar[str] = "service"
    state = ServiceState
    unit: str
    enabled: bool | None = True
    running: bool | None = True

    @property
    def identity(self) -> str:
        return self.unit

    def observe(self) -> str:
        return f"systemctl show -p LoadState -p UnitFileState -p ActiveState {sh(self.unit)}"

    def parse(self, text: str) -> ServiceState:
        shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        exists = shown.get("LoadState", "not-found") not in ("not-found", "")
        active = shown.get("ActiveState", "")
        return ServiceState(exists, shown.get("UnitFileState", ""), active in ACTIVE, active in FAILED)

    def by_hand(self, found: ServiceState) -> bool:
        return not found.failed

    def wanted(self, found: ServiceState) -> ServiceState:
        wanted = replace(found, exists=True)
        if self.enabled is not None and found.enabled not in FIXED and (found.enabled == "enabled") != self.enabled:
            off = "masked" if found.enabled == "masked" else "disabled"
            wanted = replace(wanted, enabled="enabled" if self.enabled else off)
        if self.running is not None:
            wanted = replace(wanted, running=self.running, failed=found.failed and not self.running)
        return wanted

    def apply(self, before: ServiceState, after: ServiceState) -> str:
        unit = sh(self.unit)
        if not after.exists:
            return f"if_unit {unit} systemctl disable --quiet --now {unit}\n{TAKES_DOWN}"
        lines = []
        if before.enabled.startswith("masked") and not after.enabled.startswith("masked"):
            lines.append(f"systemctl unmask --quiet {unit}")
        if after.enabled in SWITCHES and not (after.enabled == "disabled" and before.enabled in FIXED):
            # on the way back somebody may have removed the unit: then nothing is left to switch off
            guard = f"if_unit {unit} " if after.enabled == "disabled" and after != self.wanted(before) else ""
            lines.append(guard + SWITCHES[after.enabled].format(unit=unit))
        if after.running:
            # a unit that failed too often is not started before its failures are forgotten
            start = [
                f"systemctl reset-failed {unit} 2>/dev/null || true",
                f"systemctl start {unit} || {WHY.format(unit=unit)}",
            ]
            lines += start if before.running else [BRINGS_UP.format(unit=unit), *start]
        else:
            lines += [f"if_unit {unit} systemctl stop {unit}", TAKES_DOWN]
        return "\n".join(lines)

    def verify(self, after: ServiceState) -> str:
        unit = sh(self.unit)
        lines = []
        if after.enabled and after.exists:
            gone = "" if after.running else f'[ "$(systemctl show -P LoadState {unit})" = not-found ] || '
            lines.append(f'{gone}[ "$(systemctl show -P UnitFileState {unit})" = {sh(after.enabled)} ]')
        lines.append(STILL_RUNS.format(unit=unit) if after.running else f"! systemctl is-active --quiet {unit}")
        return "\n".join(lines)


def service(unit: str, *, enabled: bool | None = True, running: bool | None = True) -> Service:
    """A unit, `.service` where no type is given; it need not exist before the operations above it are done."""
    return Service(full_name(unit), enabled, running)


def restart(unit: str) -> str:
    """For `notify=`: restarts the unit if it runs. What isn't installed or doesn't run needs no restart."""
    name = sh(full_name(unit))
    return f"if_unit {name} systemctl try-restart {name}"


def reload(unit: str, *, test: str = "") -> str:
    """For `notify=`: the unit reads its files again if it runs; `test` is a command that must accept them first."""
    name = sh(full_name(unit))
    text = f"if_unit {name} systemctl try-reload-or-restart {name}"
    return f"{test}\n{text}" if test else text


def full_name(unit: str) -> str:
    """A unit's name with its type: `nginx` is `nginx.service`."""
    types = ("service", "socket", "timer", "target", "mount", "swap", "path", "slice")
    return unit if unit.rpartition(".")[2] in types and "." in unit else f"{unit}.service"
