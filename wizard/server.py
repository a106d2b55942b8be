"""What is known of a server once we are logged in: plain facts that defaults and recipes use. Knows no recipe."""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.sshd import Sshd


@dataclass(frozen=True)
class Server:
    """Facts of a target. Memory, swap and disk in MiB; `python` is the version of its python3, or "".

    disk_free_mb: the least that is free where packages and the site go. read_only, noexec: the first such place, or "".
    clock_off_s: seconds that its clock is ahead of this computer's. services: those of a site, or in its way, that are
    installed.
    """

    hostname: str = ""
    distribution: str = "debian"
    codename: str = "bookworm"
    version: str = "12"
    pretty_name: str = "Debian GNU/Linux 12 (bookworm)"
    architecture: str = "amd64"
    cpus: int = 1
    memory_mb: int = 1024
    swap_mb: int = 0
    disk_free_mb: int = 10_000
    virtualization: str = "none"
    python: str = "3.11"
    boot_id: str = ""
    systemd: bool = True
    read_only: str = ""
    noexec: str = ""
    home_writable: bool = True  # the home of the user we logged in as
    clock_off_s: int = 0
    services: tuple[str, ...] = ()
    postgresql: str = (
        ""  # the newest version of PostgreSQL's server, where it is there without the package `postgresql`
    )
    login_user: str = "root"
    login_keys: tuple[str, ...] = ()  # the authorized_keys lines of the user we logged in as
    host_keys: tuple[str, ...] = ()  # the lines of its sshd's public keys
    sshd: Sshd = field(default_factory=Sshd)
    address: str = ""  # how the client reaches it
