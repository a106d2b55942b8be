"""Practice servers in podman or docker: systemd in a container, for computers without systemd-nspawn.

A server is a container and a network of the same name, and an image for each snapshot; a hash of the server's folder
names them. In the folder: `downloads`, and `meminfo` where the memory is limited.
Tried with podman 4.3 and runc on cgroup v1; **untested with docker**, for which the documented options are given.
What differs from systemd-nspawn's: a server that powers itself off boots again.
Must not know logins or keys.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import ipaddress
import json
import os
import resource
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from wizard.errors import WizardError
from wizard.practice import cgroup, downloads, network, tools
from wizard.practice.backend import PRISTINE, Machine, Say, Seed, ask, run, still, wait
from wizard.practice.image import image
from wizard.text import text

# systemd-nspawn's, but for CAP_SYS_RESOURCE, which this computer's root may itself not have
CAPABILITIES = (
    "AUDIT_CONTROL,AUDIT_WRITE,DAC_READ_SEARCH,IPC_OWNER,LEASE,LINUX_IMMUTABLE,MKNOD,NET_ADMIN,NET_BROADCAST,NET_RAW,"
    "SYS_ADMIN,SYS_BOOT,SYS_NICE,SYS_PTRACE,SYS_TTY_CONFIG"
)
# A container engine mounts what is a file on a disk of its own on any other server, so that it could not be replaced.
OWN_FILES = """
for path in /etc/hosts /etc/hostname /etc/resolv.conf /tmp /var/log/journal; do umount $path 2>/dev/null || :; done
"""
BOOT = f"""{OWN_FILES}
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
[ -w /sys/fs/cgroup ] || mount -o remount,bind,rw /sys/fs/cgroup || :
chmod 755 /
exec /sbin/init
"""
# stdin is the seed's script ($1 bytes), then its archive; the script holds a password, so it stays out of argv and disk
FILL = f"""set -eu; {OWN_FILES}
umask 077
head -c "$1" > /dev/shm/script
umask 022
sh -eu /dev/shm/script < /dev/null
rm /dev/shm/script
tar --extract --no-overwrite-dir --directory / --file -
printf '%s' "$2" > /etc/systemd/network/10-eth0.network
"""
REBOOT = signal.SIGRTMIN + 5  # to systemd as process 1; systemd(1), "Signals"
POWEROFF = "SIGRTMIN+4"


class Podman:
    """The backend for a Linux computer where we are root and there is podman or docker."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    @functools.cached_property
    def engine(self) -> str:
        """podman, unless there is only a docker, and its service answers."""
        if tools.has("podman") or not tools.has("docker"):
            return "podman"
        status, _, _ = ask(["docker", "version"])
        return "podman" if status else "docker"

    def missing(self) -> str | None:
        return tools.lacking(self._tools())

    def prepare(self, say: Say) -> None:
        tools.install(self._tools(), say)
        self._run("info", doing=f"use {self.engine}")

    def create(self, machine: Machine, seed: Seed, say: Say) -> None:
        if machine.disk:
            message = text("practice.podman.cannot_give_server_disk", engine=self.engine)
            raise WizardError(message, hint="leave out --disk, or use systemd-nspawn")
        network.claim(machine.folder)  # for this computer's settings; the engine finds a free network itself
        name = _name(machine)
        self._run(
            "network",
            "create",
            *self._network_options(),
            name,
            doing=text("practice.podman.make_practice_server_network"),
        )
        address, gateway, width = self._network(machine)
        link = f"[Match]\nName=eth0\n\n[Network]\nAddress={address}/{width}\nGateway={gateway}\n"
        script = seed.script.encode()
        fill = [self._image(machine.release, say), "sh", "-c", FILL, "fill", str(len(script)), link]
        doing = text("practice.podman.fill_disk_practice_server")
        self._run("run", "--interactive", "--name", name, "--network=none", *_rights(), *fill,
                  doing=doing, stdin=script + seed.archive)  # fmt: skip
        self.save(machine, PRISTINE)
        self.load(machine, PRISTINE)

    def start(self, machine: Machine) -> None:
        network.claim(machine.folder)
        network.raise_settings()
        shared = self.cache / machine.release
        for other in machine.folder.parent.iterdir():
            downloads.harvest(other, shared)
        downloads.seed(machine.folder, shared)
        if machine.memory:
            (machine.folder / "meminfo").write_text(cgroup.meminfo(machine.memory), encoding="utf-8")
        self._run("start", _name(machine), doing=f"boot {machine.name}")

    def stop(self, machine: Machine, *, clean: bool) -> None:
        if self._leader(machine):
            argv = ["stop", "--time", "60"] if clean else ["kill"]
            self._ask(*argv, _name(machine))  # it may go off by itself just now
            if not wait(lambda: not self._leader(machine), 10):
                raise WizardError("practice.podman.cannot_stop", name=machine.name, details=self._log(machine))
        downloads.harvest(machine.folder, self.cache / machine.release)

    def reboot(self, machine: Machine) -> None:
        before = self._leader(machine)
        if before is None:
            raise WizardError("practice.podman.cannot_reboot_off", name=machine.name)
        os.kill(before, REBOOT)
        if not wait(lambda: self._leader(machine) not in (None, before), 120):
            raise WizardError("practice.podman.cannot_reboot_does_not", name=machine.name, details=self._log(machine))

    def running(self, machine: Machine) -> bool:
        return self._leader(machine) is not None

    def booted(self, machine: Machine) -> bool:
        leader = self._leader(machine)
        if leader is None:
            raise WizardError("practice.podman.cannot_boot_went_off", name=machine.name, details=self._log(machine))
        root = Path(f"/proc/{leader}/root")
        return (root / "run/systemd/system").exists() and not (root / "run/nologin").exists()

    def address(self, machine: Machine) -> str:
        return self._network(machine)[0]

    def save(self, machine: Machine, tag: str) -> None:
        label = f"LABEL wizard-practice={_name(machine)}"
        doing = text("practice.podman.keep_copy_disk", name=machine.name)
        self._run("commit", "--change", label, _name(machine), f"{_copies(machine)}:{tag}", doing=doing)

    def load(self, machine: Machine, tag: str) -> None:
        name = _name(machine)
        self._ask("rm", "--force", name)
        options = ["--name", name, "--network", name, "--restart=on-failure", f"--stop-signal={POWEROFF}", *_rights()]
        if self.engine == "podman":  # docker gives the first address to the only container, and takes no wishes
            options += ["--systemd=always", f"--ip={self.address(machine)}"]
        else:
            options += ["--cgroupns=private", "--env=container=docker", "--tmpfs=/run:exec", "--tmpfs=/run/lock"]
        if not cgroup.unified():
            options += ["--env=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]  # systemd 256 and later
        for there, here in downloads.folders(machine.folder).items():
            here.mkdir(parents=True, exist_ok=True)
            options += ["--volume", f"{here}:{there}"]
        if machine.memory:
            meminfo = f"{machine.folder / 'meminfo'}:/proc/meminfo:ro"
            options += [f"--memory={machine.memory}", f"--memory-swap={machine.memory}", "--volume", meminfo]
            (machine.folder / "meminfo").touch()
        argv = [f"{_copies(machine)}:{tag}", "sh", "-c", BOOT]
        self._run("create", *options, *argv, doing=text("practice.podman.make_from_copy_disk", name=machine.name))

    def tags(self, machine: Machine) -> list[str]:
        found = self._run(
            "images",
            "--format={{.Tag}}",
            _copies(machine),
            doing=text("practice.podman.list_snapshots", name=machine.name),
        )
        return sorted(found.split())

    def destroy(self, machine: Machine) -> None:
        name = _name(machine)
        self._ask("kill", name)
        self._ask("rm", "--force", name)
        copies = self._ask("images", "--all", "--quiet", "--no-trunc", f"--filter=label=wizard-practice={name}")
        if ids := list(dict.fromkeys(copies.split())):
            self._ask("rmi", "--force", *ids)
        self._ask("network", "rm", name)
        if link := network.link_of(machine.folder):
            network.release(link)
        shutil.rmtree(machine.folder, ignore_errors=True)

    def _tools(self) -> dict[str, str]:
        needed = {"mmdebstrap": "mmdebstrap", "ip": "iproute2", "unshare": "util-linux"}
        if self.engine == "docker":
            return needed | {"docker": "docker.io"}
        # podman's usual runtime, crun, refuses a computer where cgroup v1 and v2 are both mounted
        runtime = {} if cgroup.unified() else {"runc": "runc"}
        return needed | {"podman": "podman netavark", "iptables": "iptables"} | runtime

    def _network_options(self) -> list[str]:
        if self.engine == "podman":
            return ["--disable-dns", f"--opt=mtu={network.mtu()}"]
        return [f"--opt=com.docker.network.driver.mtu={network.mtu()}"]

    def _network(self, machine: Machine) -> tuple[str, str, int]:
        """The server's address, its gateway and the width of its network in bits."""
        found = json.loads(
            self._run(
                "network", "inspect", _name(machine), doing=text("practice.podman.find_network", name=machine.name)
            )
        )
        subnet = found[0]["subnets"][0] if self.engine == "podman" else found[0]["IPAM"]["Config"][0]
        addresses = ipaddress.ip_network(subnet.get("subnet") or subnet["Subnet"])
        return str(addresses[2]), str(addresses[1]), addresses.prefixlen

    def _image(self, release: str, say: Say) -> str:
        """The engine's copy of the release's image, by name."""
        tree = image(release, self.cache, say)
        name = f"localhost/wizard-practice-image:{tree.name}"
        if not self._ask("images", "--quiet", name):
            say(text("practice.podman.handing_debian_image_once", release=release, engine=self.engine))
            archive = tree.with_name(f"{tree.name}.{os.getpid()}.tar")
            doing = text("practice.podman.hand_debian_image", release=release, engine=self.engine)
            try:
                with still(say, text("practice.podman.handing_over")):
                    run(["tar", "--create", "--file", archive, "--directory", tree, "."], doing=doing)
                    self._run("import", str(archive), name, doing=doing)
            finally:
                archive.unlink(missing_ok=True)
        return name

    def _leader(self, machine: Machine) -> int | None:
        """The id of the server's process 1 on this computer."""
        with contextlib.suppress(ValueError):
            return int(self._ask("container", "inspect", "--format={{.State.Pid}}", _name(machine))) or None
        return None

    def _log(self, machine: Machine) -> str:
        return self._ask("logs", "--tail=20", _name(machine))

    def _argv(self, words: Sequence[str]) -> list[str]:
        runtime = ["--runtime=runc"] if "runc" in self._tools() else []
        return [self.engine, *runtime, *words]

    def _run(self, *words: str, doing: str, stdin: bytes = b"") -> str:
        return run(self._argv(words), doing=doing, stdin=stdin)

    def _ask(self, *words: str) -> str:
        """What the engine says; "" when it refuses, as it does of things that aren't there."""
        status, out, _ = ask(self._argv(words))
        return "" if status else out


def _name(machine: Machine) -> str:
    """The same for the folder's lifetime, and another one for each checkout and user."""
    return f"wizard-practice-{hashlib.sha256(os.fsencode(machine.folder)).hexdigest()[:12]}"


def _copies(machine: Machine) -> str:
    return f"localhost/{_name(machine)}"


def _rights() -> list[str]:
    """What systemd needs of a container, short of `--privileged`, which would change this computer's control groups."""
    open_files, processes = (resource.getrlimit(what)[1] for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    return [
        f"--cap-add={CAPABILITIES}",
        "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", "--security-opt=label=disable",
        # the engines ask for more than a root without CAP_SYS_RESOURCE may have
        f"--ulimit=nofile={_at_most(open_files, 1 << 20)}", f"--ulimit=nproc={_at_most(processes, 1 << 15)}",
    ]  # fmt: skip


def _at_most(limit: int, bound: int) -> int:
    return bound if limit == resource.RLIM_INFINITY else min(limit, bound)
