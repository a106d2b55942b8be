"""Practice servers in systemd-nspawn: an overlay over the image, its own network, systemd as process 1.

A server's folder: `image` (link), `disk` (the overlay's upper layer, or a file with ext4 in it where the disk has a
size), `work`, `root` (mounted only in the server's own mount namespace), `snapshots/TAG`, `downloads`, `leader` (the id
of its process 1), `on`, `console.log`. The downloads are no part of the disk.
What differs from a real one: no swap, no kernel or modules of its own, and /proc shows this computer's CPUs and load;
with a memory limit /proc/meminfo shows that limit as total, but its other figures stand still.
Must not know logins or keys.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

from wizard.errors import WizardError
from wizard.practice import cgroup, disk, downloads, network, tools
from wizard.practice.backend import PRISTINE, Machine, Say, Seed, clean_environment, run, wait
from wizard.practice.image import image
from wizard.text import text

TOOLS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "nft": "nftables",
    "unshare": "util-linux",
    "mkfs.ext4": "e2fsprogs",
}
MOUNT = """if [ -f disk ]; then mount -o loop disk root
else mount -t overlay overlay -o lowerdir=image,upperdir=disk,workdir=work root; fi"""
REBOOT, POWEROFF = signal.SIGRTMIN + 5, signal.SIGRTMIN + 4  # to systemd as process 1; systemd(1), "Signals"


class Nspawn:
    """The backend for a Linux computer where we are root."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def missing(self) -> str | None:
        return tools.lacking(TOOLS)

    def prepare(self, say: Say) -> None:
        tools.install(TOOLS, say)

    def create(self, machine: Machine, seed: Seed, say: Say) -> None:
        folder = machine.folder
        for name in ("work", "root", "snapshots"):
            (folder / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        tree = image(machine.release, self.cache, say)
        (folder / "image").symlink_to(tree)
        if machine.disk:
            disk.make(folder / "disk", machine.disk, tree)
        else:
            (folder / "disk").mkdir(mode=0o755)
        network.claim(folder)
        # the scripts see the disk as the server will, and no mount outlives them
        mounted, doing = f"cd {shlex.quote(str(folder))}\n{MOUNT}\n", text("practice.nspawn.fill_disk_practice_server")
        for script, stdin in (
            ("chroot root sh -eu", seed.script.encode()),
            ("tar --extract --no-overwrite-dir --directory root --file -", seed.archive),
        ):
            run(["unshare", "--mount", "sh", "-euc", mounted + script], doing=doing, stdin=stdin)
            disk.let_go(folder / "disk")
        self.save(machine, PRISTINE)

    def start(self, machine: Machine) -> None:
        folder = machine.folder
        link = network.claim(folder)
        cgroup.kill(link.group)
        shared = self.cache / machine.release
        for other in folder.parent.iterdir():
            downloads.harvest(other, shared)
        downloads.seed(folder, shared)
        network.connect(link)
        mtu = network.mtu()
        (folder / "eth0.network").write_text(
            f"[Match]\nName=eth0\n\n[Link]\nMTUBytes={mtu}\n\n"
            f"[Network]\nAddress={link.address}/30\nGateway={link.gateway}\n",
            encoding="utf-8",
        )
        (folder / "leader").unlink(missing_ok=True)
        network.unplug(link)
        if machine.memory:
            (folder / "meminfo").write_text(cgroup.meminfo(machine.memory), encoding="utf-8")
        facts = {
            "WIZARD_GROUPS": " ".join(map(str, cgroup.create(link.group, machine.memory))),
            "WIZARD_INTERFACE": link.interface,
            "WIZARD_GATEWAY": link.gateway,
            "WIZARD_MTU": str(mtu),
            "WIZARD_MOUNT": MOUNT,
        }
        (folder / "on").touch()
        disk.let_go(folder / "disk")
        supervise = ["unshare", "--mount", "sh", str(Path(__file__).with_name("supervise.sh"))]
        with (folder / "console.log").open("wb") as log:
            process = subprocess.Popen(
                [*cgroup.scope_argv(link.group, machine.memory), *supervise, *_nspawn_argv(machine, link)],
                cwd=folder, env={"PATH": clean_environment()["PATH"], **facts}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        wait(lambda: bool(cgroup.processes(link.group)) or process.poll() is not None, 10)

    def stop(self, machine: Machine, *, clean: bool) -> None:
        link = network.link_of(machine.folder)
        if link is None:
            return
        if clean and (leader := self._leader(machine)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(leader, POWEROFF)
            wait(lambda: not cgroup.processes(link.group), 60)
        if not clean and machine.disk and (leader := self._leader(machine)):
            network.unplug(link)  # or it would live on for a moment, and tell others that it cannot write any more
            disk.cut(Path(f"/proc/{leader}/root"))
        (machine.folder / "on").unlink(missing_ok=True)
        cgroup.kill(link.group)
        disk.let_go(machine.folder / "disk")
        downloads.harvest(machine.folder, self.cache / machine.release)

    def reboot(self, machine: Machine) -> None:
        before = self._leader(machine)
        if before is None:
            raise WizardError("practice.nspawn.cannot_reboot_off", name=machine.name)
        os.kill(before, REBOOT)
        if not wait(lambda: self._leader(machine) not in (None, before), 120):
            raise WizardError("practice.nspawn.cannot_reboot_does_not", name=machine.name, details=_tail(machine))

    def running(self, machine: Machine) -> bool:
        link = network.link_of(machine.folder)
        return link is not None and bool(cgroup.processes(link.group))

    def booted(self, machine: Machine) -> bool:
        leader = self._leader(machine)
        if leader is None and not self.running(machine):
            raise WizardError("practice.nspawn.cannot_boot_went_off", name=machine.name, details=_tail(machine))
        root = Path(f"/proc/{leader}/root")
        return leader is not None and (root / "run/systemd/system").exists() and not (root / "run/nologin").exists()

    def address(self, machine: Machine) -> str:
        return network.claim(machine.folder).address

    def save(self, machine: Machine, tag: str) -> None:
        _copy(machine.folder / "disk", machine.folder / "snapshots" / tag)

    def load(self, machine: Machine, tag: str) -> None:
        shutil.rmtree(machine.folder / "work")
        (machine.folder / "work").mkdir()
        _copy(machine.folder / "snapshots" / tag, machine.folder / "disk")

    def tags(self, machine: Machine) -> list[str]:
        return sorted(p.name for p in (machine.folder / "snapshots").iterdir() if p.suffix != ".half")

    def destroy(self, machine: Machine) -> None:
        if link := network.link_of(machine.folder):
            self.stop(machine, clean=False)
            network.disconnect(link)
        shutil.rmtree(machine.folder, ignore_errors=True)

    def _leader(self, machine: Machine) -> int | None:
        try:
            return int((machine.folder / "leader").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


def _nspawn_argv(machine: Machine, link: network.Link) -> list[str]:
    binds = [f"--bind={here}:{there}" for there, here in downloads.folders(machine.folder).items()]
    if machine.memory:
        binds.append(f"--bind-ro={machine.folder / 'meminfo'}:/run/host/meminfo")
    legacy = [] if cgroup.unified() else ["--setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]  # systemd 256 and later
    return [
        "--boot", "--quiet", "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off",
        "--timezone=off", "--console=pipe", f"--machine={machine.name}", "--directory=root",
        f"--network-veth-extra={link.interface}:eth0", *binds, *legacy,
    ]  # fmt: skip


def _copy(source: Path, target: Path) -> None:
    """Copies a layer with owners, times, whiteouts (devices) and overlayfs's attributes, or leaves the target be."""
    half = target.with_name(f"{target.name}.half")
    run(["rm", "-rf", half], doing=f"remove {half}")
    run(["cp", "-a", "--reflink=auto", source, half], doing=f"copy {source}")
    run(["rm", "-rf", target], doing=f"remove {target}")
    half.rename(target)


def _tail(machine: Machine) -> str:
    log = machine.folder / "console.log"
    return log.read_text(encoding="utf-8", errors="replace")[-1500:] if log.exists() else ""
