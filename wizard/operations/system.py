"""The system itself: a swap file, a generated locale, kernel settings. Must not know why somebody wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations.base import Blob, Operation, State
from wizard.operations.command import Command, command
from wizard.operations.file import File, FileState
from wizard.operations.quoting import sh


@dataclass(frozen=True)
class SwapState(State):
    """size in MiB, 0 for no file; active: in use now; at_boot: fstab has it."""

    size: int = 0
    active: bool = False
    at_boot: bool = False


@dataclass(frozen=True)
class Swap(Operation):
    """A swap file in use, now and at every boot. One that is there already keeps its size."""

    kind: ClassVar[str] = "swap"
    state = SwapState
    path: str
    size: int

    @property
    def identity(self) -> str:
        return self.path

    def observe(self) -> str:
        path = sh(self.path)
        return (
            f"echo $(($(stat -c %s {path} || echo 0) / 1048576)) "
            f"\"$(grep -c '^'{path}' ' /proc/swaps)\" \"$(grep -c '^'{path}'[[:space:]]' /etc/fstab)\""
        )

    def parse(self, text: str) -> SwapState:
        size, active, at_boot = text.split()
        return SwapState(int(size), int(active) > 0, int(at_boot) > 0)

    def wanted(self, found: SwapState) -> SwapState:
        return SwapState(found.size or self.size, True, True)

    def apply(self, before: SwapState, after: SwapState) -> str:
        path, line = sh(self.path), sh(f"{self.path} none swap sw 0 0")
        lines = []
        if after.active:
            # a file with holes is no swap, so it is written in full; it gets its name when it is complete
            lines.append(f"if [ ! -e {path} ]; then")
            lines.append(f"    (umask 077; dd if=/dev/zero of={path}.new bs=1M count={after.size} status=none)")
            lines.append(f"    mkswap {path}.new\n    sync {path}.new\n    mv {path}.new {path}\nfi")
            lines.append(f"grep -q '^'{path}' ' /proc/swaps || swapon {path}")
        else:
            lines.append(f"if grep -q '^'{path}' ' /proc/swaps; then swapoff {path}; fi")
        # 1 is "no line"; more is a failure, as on a full disk, and must not leave half of the file
        others = f"{{ grep -v '^'{path}'[[:space:]]' /etc/fstab || [ $? = 1 ]; }}"
        added = f"; echo {line}" if after.at_boot else ""
        lines.append("touch /etc/fstab\ncp -p /etc/fstab /etc/fstab.new")
        lines.append(f"{{ {others}{added}; }} >/etc/fstab.new\nsync /etc/fstab.new\nmv /etc/fstab.new /etc/fstab")
        if not after.size:
            lines.append(f"rm -f {path} {path}.new")
        return "\n".join(lines)

    def verify(self, after: SwapState) -> str:
        path = sh(self.path)
        if not after.active:
            return f"! grep '^'{path}' ' /proc/swaps"
        return f"grep '^'{path}' ' /proc/swaps\n[ \"$(stat -c %a {path})\" = 600 ]"


def swap(path: str = "/swapfile", *, size: int) -> Swap:
    """A swap file of so many MiB. Not possible in a container, whose memory is the host's."""
    return Swap(path, size)


KEEP_INTERFACES = """\
# a network interface takes the values of "default" when it comes up; so that an undo after a reboot finds its own:
if [ ! -e "$change/interfaces" ]; then
    kernel_values {files} >"$change/interfaces.new"
    sync "$change/interfaces.new"
    mv "$change/interfaces.new" "$change/interfaces"
fi"""

RESTORE_INTERFACES = """\
if [ -e "$change/interfaces" ]; then restore_kernel_values <"$change/interfaces"; fi"""


@dataclass(frozen=True)
class KernelState(State):
    """values: "name=value" of each setting as the kernel has it, and just "name" where it can't be set here."""

    file: tuple[str, str] = ("absent", "")  # type, SHA-256
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class KernelSettings(Operation):
    """Kernel settings in a drop-in of sysctl.d, and in the kernel. What a container may not set is left as it is."""

    kind: ClassVar[str] = "kernel_settings"
    state = KernelState
    path: str
    settings: tuple[str, ...]  # "net.ipv4.tcp_syncookies=1"

    @property
    def identity(self) -> str:
        return self.path

    @property
    def _file(self) -> File:
        # "-": a kernel that lacks one of them is no reason to complain at every boot
        return File(self.path, content="".join(f"-{s.replace('=', ' = ', 1)}\n" for s in self.settings).encode())

    @property
    def _names(self) -> list[str]:
        return [s.partition("=")[0] for s in self.settings]

    @property
    def _interfaces(self) -> str:
        names = (name.replace(".", "/") for name in self._names if ".conf.default." in name)
        return " ".join("/proc/sys/" + name.replace("/default/", "/*/") for name in names)

    def observe(self) -> str:
        names = " ".join(sh(name) for name in self._names)
        return f"""\
{self._file.observe()}
for name in {names}; do
    file=/proc/sys/$(echo "$name" | tr . /)
    if [ -w "$file" ]; then echo "$name=$(tr '\\t' ' ' <"$file")"; else echo "$name"; fi
done"""

    def parse(self, text: str) -> KernelState:
        first, *values = text.splitlines()
        found = self._file.parse(first)
        return KernelState((found.type, found.sha256), tuple(values))

    def wanted(self, found: KernelState) -> KernelState:
        fixed = {value for value in found.values if "=" not in value}
        values = tuple(name if name in fixed else s for name, s in zip(self._names, self.settings, strict=True))
        file = self._file.wanted(FileState())
        return KernelState((file.type, file.sha256), values)

    def blobs(self, found: KernelState) -> tuple[Blob, ...]:
        return self._file.blobs(FileState())

    def apply(self, before: KernelState, after: KernelState) -> str:
        states = [FileState(s.file[0], "0644", "root", "root", s.file[1]) for s in (before, after)]
        doing = after.file == self.wanted(after).file
        lines = [self._file.apply(*states), KEEP_INTERFACES.format(files=self._interfaces) if doing else ""]
        for setting in after.values:
            name, has_value, value = setting.partition("=")
            if has_value:
                lines.append(f"echo {sh(value)} >/proc/sys/{sh(name.replace('.', '/'))}")
        return "\n".join(filter(None, [*lines, "" if doing else RESTORE_INTERFACES]))

    def verify(self, after: KernelState) -> str:
        lines = []
        for setting in after.values:
            name, has_value, value = setting.partition("=")
            if has_value:
                path = sh(name.replace(".", "/"))
                lines.append(f'[ "$(tr "\\t" " " </proc/sys/{path})" = {sh(value)} ]')
        return "\n".join(lines) or ":"


def kernel_settings(path: str, settings: dict[str, str]) -> KernelSettings:
    """Settings by their names in sysctl(8), such as {"net.ipv4.tcp_syncookies": "1"}."""
    if strange := [name for name in settings if not re.fullmatch(r"[a-z0-9_-]+(\.[A-Za-z0-9_-]+)+", name)]:
        raise UsageError("operations.system.kernel_setting", strange=repr(strange[0]))
    return KernelSettings(path, tuple(f"{name}={value}" for name, value in settings.items()))


def generated_locale(name: str) -> Command:
    """A locale such as de_DE.UTF-8, compiled from the package `locales`."""
    if not re.fullmatch(r"[A-Za-z]+_[A-Z]+(\.[A-Za-z0-9-]+)?(@[a-z]+)?", name):
        raise UsageError("operations.system.locale", name=repr(name))
    charset = name.partition(".")[2].partition("@")[0] or "UTF-8"
    line = f"{name} {charset}"
    return command(
        f"locale {name}",
        f"""\
if [ ! -e "$change/locale.gen" ]; then cp -p /etc/locale.gen "$change/locale.gen"; fi
sed -i {sh(f"s/^# *{line} *$/{line}/")} /etc/locale.gen
grep -qxF {sh(line)} /etc/locale.gen || echo {sh(line)} >>/etc/locale.gen
locale-gen""",
        test=f"LC_ALL={sh(name)} locale charmap 2>&1 | grep -qxF {sh(charset)}",
        undo='cp -p "$change/locale.gen" /etc/locale.gen\nlocale-gen',
    )
