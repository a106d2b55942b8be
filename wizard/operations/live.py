"""Which release is live: the link `current`, and a running service that works with it and with the files that it reads.

A new release goes live when it has answered on a socket of its own (trial.py); until then the old one does. Must not know
where the code came from, nor Django.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from wizard.operations.base import Operation, State, not_journalled
from wizard.operations.quoting import sh
from wizard.operations.trial import trial
from wizard.operations.virtualenv import MARK


@dataclass(frozen=True)
class LiveState(State):
    """live: the release that `current` names; next: the newest one; running: the one that the service works with, "" for none.

    stale: a file that the service reads is newer than its start. What is journalled is which release is live; the rest
    follows from other changes.
    """

    live: str = ""
    next: str = ""
    running: str = ""
    stale: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"live": self.live}


@dataclass(frozen=True)
class LiveRelease(Operation):
    """The release that `root`/next names is live, and the service runs it. watched: files that the service reads at its start.

    host: the name under which the release is asked for `/` before it goes live. trial: lines for [Service] in the unit of that trial.
    """

    kind: ClassVar[str] = "live_release"
    long: ClassVar[bool] = True
    state = LiveState
    root: str
    service: str
    host: str
    watched: tuple[str, ...] = ()
    trial: tuple[str, ...] = not_journalled(default=())

    @property
    def identity(self) -> str:
        return self.service

    def observe(self) -> str:
        unit = sh(self.service)
        return (
            f"root={sh(self.root)}\n"
            'echo "live=$(basename "$(readlink "$root/current")")"\n'
            'echo "next=$(basename "$(readlink "$root/next")")"\n'
            f"{self._running()}\n"
            'echo "running=$running"\n'
            f'started=$(date -d "$(systemctl show -P ExecMainStartTimestamp {unit})" +%s)\n'
            f'for file in {" ".join(map(sh, self.watched))} "$root/current/.venv/{MARK}"; do\n'
            '    if [ -n "$running" ] && [ "$(stat -L -c %Z "$file" || echo 0)" -gt "${started:-0}" ]; then echo stale=yes; fi\n'
            "done"
        )

    def _running(self) -> str:
        return (
            f'running=$(readlink "/proc/$(systemctl show -P MainPID {sh(self.service)})/cwd" || true)\n'
            f"case $running in {sh(self.root)}/releases/*) running=${{running#{sh(self.root)}/releases/}} ;; *) running= ;; esac\n"
            "running=${running%%/*}"
        )

    def parse(self, text: str) -> LiveState:
        values = dict(line.partition("=")[::2] for line in text.splitlines())
        return LiveState(values["live"], values["next"], values["running"], values.get("stale") == "yes")

    def wanted(self, found: LiveState) -> LiveState:
        target = found.next or found.live
        return replace(found, live=target, running=target if found.running else "", stale=False)

    def apply(self, before: LiveState, after: LiveState) -> str:
        root, unit = sh(self.root), sh(self.service)
        if not after.live:
            return f"rm -f {root}/current"
        target = f"releases/{after.live}"
        changed = "true" if before.stale else f'[ "$(readlink {root}/current)" != {sh(target)} ]'
        return (
            f"link=$(readlink {root}/current || true); old=${{link#releases/}}\n"
            # not on the way back: what was live once must be live again, whatever it answers
            f'if [ ! -e "$change/tried" ] && {changed}; then\n'
            f"{trial(self.root, self.service, after.live, self.host, lines=self.trial)}"
            'touch "$change/tried"\nfi\n'
            f"put_link {sh(target)} {root}/current\n"
            f"if ! if_unit {unit} systemctl try-restart {unit}; then\n"
            f"    journalctl -o cat -n 15 -u {unit}\n"
            f'    [ -z "$link" ] || {{ put_link "$link" {root}/current; systemctl restart {unit}; }}\n'
            "    exit 1\nfi"
        )

    def verify(self, after: LiveState) -> str:
        link = f"{sh(self.root)}/current"
        if not after.live:
            return f"[ ! -e {link} ] && [ ! -L {link} ]"
        return (
            f'[ "$(readlink {link})" = {sh(f"releases/{after.live}")} ]\n'
            f"! systemctl --quiet is-active {sh(self.service)} || {{\n{self._running()}\n"
            f'[ "$running" = {sh(after.live)} ]\n}}'
        )


def live_release(
    root: str, service: str, host: str, *, watched: tuple[str, ...] = (), trial: tuple[str, ...] = ()
) -> LiveRelease:
    """The newest release of `root` is live once it has answered; the service (a unit's full name) runs it.

    trial: lines for [Service] while it is tried beside the live one, for example to start one worker only.
    """
    return LiveRelease(root, service, host, watched, trial)
