"""A current system: upgraded, restarted where that is needed, with the right time, a UTF-8 locale and enough memory."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from functools import cache

from wizard.api import (
    Answers,
    Check,
    Operation,
    Question,
    Recipe,
    file,
    generated_locale,
    on_server,
    packages,
    sh,
    symlink,
)
from wizard.api import (
    reboot as restart,
)
from wizard.api import (
    swap as swap_file,
)
from wizard.api import (
    upgrade as upgrade_everything,
)

recipe = Recipe("system_update")

CONTAINERS = ("systemd-nspawn", "docker", "podman", "lxc", "lxc-libvirt", "openvz", "container-other", "wsl", "rkt")
# Debian's kernel leaves no note that it wants a restart where unattended-upgrades isn't installed
RESTART_NEEDED = """\
[ -e /run/reboot-required ] || {
    newest=$(ls -v /boot/vmlinuz-* | tail -n 1)
    [ -n "$newest" ] && [ "$newest" != "/boot/vmlinuz-$(uname -r)" ]
}"""


@cache
def zones() -> set[str]:
    return zoneinfo.available_timezones()


def known_zone(name: str) -> str | None:
    return recipe.text("zone_refused") if zones() and name not in zones() else None


upgrade = recipe.ask(Question("upgrade", bool, True))
reboot = recipe.ask(Question("reboot", bool, True))
timezone = recipe.ask(Question("timezone", str, "UTC", valid=known_zone, example="Europe/Berlin"))
locale = recipe.ask(
    Question("locale", str, "C.UTF-8", pattern=r"C\.UTF-8|[a-z]{2,3}_[A-Z]{2}\.UTF-8", example="de_DE.UTF-8")
)
swap = recipe.ask(Question("swap", str, "auto", choices=("auto", "on", "off")))


def small_machine(a: Answers) -> bool:
    possible = a.server.virtualization not in CONTAINERS
    return possible and (a[swap] == "on" or (a[swap] == "auto" and a.server.memory_mb < 1000 and not a.server.swap_mb))


def packages_are_whole(a: Answers) -> Iterator[Check]:
    yield on_server(
        recipe.text("whole"),
        'audit=$(dpkg --audit); echo "$audit"; [ -z "$audit" ]',
        wanted=recipe.text("whole_wanted"),
        set_in=recipe.text("whole_set_in"),
    )


def clock_is_right(a: Answers) -> Iterator[Check]:
    zone = sh(f"/usr/share/zoneinfo/{a[timezone]}")
    yield on_server(
        recipe.text("zone"),
        f"date; cmp {zone} /etc/localtime",
        wanted=a[timezone],
        set_in="/etc/localtime",
    )
    yield on_server(
        recipe.text("locale_works"),
        f"LC_ALL={sh(a[locale])} locale charmap | grep -x UTF-8",
        wanted="UTF-8",
        set_in="/etc/locale.gen",
    )


def swap_in_use(a: Answers) -> Iterator[Check]:
    yield on_server(
        recipe.text("swap_used"),
        "grep '^/swapfile ' /proc/swaps",
        wanted=recipe.text("swap_wanted"),
        set_in="/etc/fstab",
    )


@recipe.step("upgrade", check=packages_are_whole, when=lambda a: a[upgrade])
def upgrade_packages(a: Answers) -> Iterator[Operation]:
    yield upgrade_everything()


@recipe.step("reboot", when=lambda a: a[reboot])
def restart_if_needed(a: Answers) -> Iterator[Operation]:
    yield restart("after-upgrade", needed=RESTART_NEEDED)


@recipe.step("clock", check=clock_is_right)
def clock_and_locale(a: Answers) -> Iterator[Operation]:
    generated = a[locale] != "C.UTF-8"  # which is built in
    yield packages("tzdata", *(["locales"] if generated else []))
    yield symlink("/etc/localtime", f"/usr/share/zoneinfo/{a[timezone]}")
    yield file("/etc/timezone", f"{a[timezone]}\n")
    if generated:
        yield generated_locale(a[locale])
    # Debian 13 made /etc/default/locale a link to the file that systemd reads
    yield file("/etc/default/locale" if a.server.version == "12" else "/etc/locale.conf", f"LANG={a[locale]}\n")


@recipe.step("swap", check=swap_in_use, when=small_machine)
def memory_to_spare(a: Answers) -> Iterator[Operation]:
    yield swap_file(size=2048 if a.server.disk_free_mb > 10_000 else 1024)
