"""The control group that holds one server's processes: what `down` kills, and what limits its memory.

Works on cgroup v1, the hybrid layout and v2. On a computer run by systemd the group is a scope unit of its own,
because there systemd owns the tree. Must not know what runs in a group.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from wizard.errors import WizardError
from wizard.text import text

ROOT = Path("/sys/fs/cgroup")


def unified() -> bool:
    """Whether this computer has cgroup v2 only."""
    return (ROOT / "cgroup.controllers").exists()


def scope_argv(name: str, memory: int | None) -> list[str]:
    """What to put before a command so that systemd starts it in its own scope; empty where systemd doesn't run."""
    if not Path("/run/systemd/system").is_dir():
        return []
    limit = ["-p", f"MemoryMax={memory}", "-p", "MemorySwapMax=0"] if memory else []
    return ["systemd-run", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", *limit, f"--unit={name}"]


def create(name: str, memory: int | None) -> list[Path]:
    """Makes the group and gives back the folders whose `cgroup.procs` a process joins. memory in bytes."""
    if Path("/run/systemd/system").is_dir():
        # systemd-run makes the scope; processes stay out of its top so that controllers can be delegated below
        return [ROOT / "system.slice" / f"{name}.scope" / "server"] if unified() else []
    try:
        if unified():
            return [_create_v2(ROOT / name, memory)]
        groups = [top / name for top in (ROOT / "systemd", ROOT / "unified") if top.is_dir()]
        if memory:
            groups.append(_own_memory_group() / name)
        for group in groups:
            group.mkdir(exist_ok=True)
        if memory:
            (groups[-1] / "memory.limit_in_bytes").write_text(str(memory), encoding="utf-8")
    except OSError as error:
        what = text("practice.cgroup.limit_memory") if memory else text("practice.cgroup.make_control_group")
        raise WizardError(f"cannot {what}", details=str(error), hint="leave out --memory") from error
    return groups


def writable() -> bool:
    """Whether groups can be made here."""
    top = ROOT if unified() else ROOT / "systemd"
    return top.is_dir() and os.access(top, os.W_OK) and not os.statvfs(top).f_flag & os.ST_RDONLY


def meminfo(memory: int) -> str:
    """This computer's /proc/meminfo with the limit (in bytes) as its total and no swap: the kernel shows no such thing."""
    figures = {"MemTotal": memory, "MemFree": memory // 2, "MemAvailable": memory * 3 // 4, "Cached": memory // 4}
    figures |= dict.fromkeys(("SwapTotal", "SwapFree", "SwapCached"), 0)
    lines = []
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        name = line.partition(":")[0]
        lines.append(f"{name + ':':<16}{figures[name] // 1024:>8} kB" if name in figures else line)
    return "\n".join(lines) + "\n"


def _create_v2(group: Path, memory: int | None) -> Path:
    (group / "server").mkdir(parents=True, exist_ok=True)
    if memory:
        with contextlib.suppress(OSError):  # already on, or ours to see only below
            (ROOT / "cgroup.subtree_control").write_text("+memory", encoding="utf-8")
        (group / "memory.max").write_text(str(memory), encoding="utf-8")
    return group / "server"


def _own_memory_group() -> Path:
    """Where this process is in cgroup v1's memory tree: a limit set above us must go on holding."""
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return ROOT / "memory" / path.lstrip("/")
    raise OSError(text("practice.cgroup.no_memory_controller"))


def _tops(name: str) -> list[Path]:
    found = [ROOT / name, ROOT / "systemd" / name, ROOT / "unified" / name]
    found += [top / "system.slice" / f"{name}.scope" for top in (ROOT, ROOT / "systemd", ROOT / "unified")]
    found += [Path(folder) for folder, _, _ in os.walk(ROOT / "memory") if folder.endswith(f"/{name}")]
    return [top for top in found if top.is_dir()]


def processes(name: str) -> set[int]:
    """The ids of all processes in the group and below it."""
    found: set[int] = set()
    for top in _tops(name):
        for folder, _, _ in os.walk(top):  # unlike rglob, it does not mind groups that go away meanwhile
            with contextlib.suppress(OSError):
                found.update(int(line) for line in Path(folder, "cgroup.procs").read_text(encoding="utf-8").split())
    return found - {0}


def kill(name: str, *, patience: float = 10) -> None:
    """Kills every process of the group and removes the group; patience in seconds."""
    deadline = time.monotonic() + patience
    while alive := processes(name):
        if os.getpid() in alive:
            raise WizardError("practice.cgroup.from_inside")
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise WizardError(
                "practice.cgroup.immortal",
                name=name,
                details=text("practice.cgroup.still", alive=sorted(alive)),
            )
        time.sleep(0.02)
    for top in _tops(name):
        _remove(top, deadline)


def _remove(top: Path, deadline: float) -> None:
    for folder in [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]:
        while folder.is_dir():
            try:
                folder.rmdir()
            except OSError:  # the kernel lets go of a group a moment after its last process has ended
                if time.monotonic() > deadline:
                    return
                time.sleep(0.02)
