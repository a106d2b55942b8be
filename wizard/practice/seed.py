"""What makes a server out of an image, as a provider's first boot does: names, keys, one login, the resolver.

Must not know how the disk is made. Deterministic but for what it is given, so that `reset` brings the same server back.
"""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from wizard.errors import UsageError
from wizard.practice import inherit
from wizard.practice.backend import Seed
from wizard.practice.downloads import PIP
from wizard.practice.keys import KeyPair
from wizard.secret import Secret

Login = Literal["root", "sudo", "sudo-password"]
LOGINS: tuple[Login, ...] = get_args(Login)
SUDO_USER, SUDO_USER_ID = "debian", 1000  # as Debian's cloud images have it
HOSTS = "127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"


@dataclass(frozen=True)
class SeedFile:
    path: str
    data: bytes
    mode: int = 0o644
    owner: int = 0


def login_named(login: str) -> Login:
    for known in LOGINS:
        if known == login:
            return known
    raise UsageError("practice.seed.no_login", login=repr(login), logins=", ".join(LOGINS))


def user_of(login: Login) -> str:
    return "root" if login == "root" else SUDO_USER


def seed(name: str, login: Login, login_key: KeyPair, host_keys: Iterable[KeyPair], password: Secret | None) -> Seed:
    """The seed of a new server; password is the sudo password where the login has one."""
    owner = 0 if login == "root" else SUDO_USER_ID
    home = "root" if login == "root" else f"home/{SUDO_USER}"
    files = [
        SeedFile("etc/hostname", f"{name}\n".encode()),
        SeedFile("etc/hosts", HOSTS.format(name=name).encode()),
        SeedFile("etc/machine-id", f"{uuid.uuid4().hex}\n".encode(), 0o444),
        SeedFile("etc/resolv.conf", inherit.resolv_conf().encode()),
        SeedFile("etc/pip.conf", inherit.pip_conf(PIP).encode()),
        SeedFile(f"{home}/.ssh/authorized_keys", f"{login_key.public} practice\n".encode(), 0o600, owner),
    ]
    for key in host_keys:
        files.append(SeedFile(f"etc/ssh/ssh_host_{key.kind}_key", key.private, 0o600))
        files.append(SeedFile(f"etc/ssh/ssh_host_{key.kind}_key.pub", f"{key.public} root@{name}\n".encode()))
    if login == "sudo":
        rule = f"{SUDO_USER} ALL=(ALL) NOPASSWD:ALL\n".encode()
        files.append(SeedFile("etc/sudoers.d/90-cloud-init-users", rule, 0o440))
    return Seed(_script(login, password), _archive(files))


def _script(login: Login, password: Secret | None) -> str:
    if login == "root":
        return ":\n"
    add = f"useradd --create-home --shell /bin/bash --uid {SUDO_USER_ID} {SUDO_USER}\n"
    if password is None:
        return add
    return f"{add}usermod --append --groups sudo {SUDO_USER}\nchpasswd <<'END'\n{SUDO_USER}:{password.reveal()}\nEND\n"


def _archive(files: list[SeedFile]) -> bytes:
    buffer, now = io.BytesIO(), time.time()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in files:
            if file.path.endswith("/.ssh/authorized_keys"):
                folder = tarfile.TarInfo(file.path.rpartition("/")[0])
                folder.type, folder.mode, folder.uid, folder.gid = tarfile.DIRTYPE, 0o700, file.owner, file.owner
                folder.mtime = now
                tar.addfile(folder)
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode, entry.uid, entry.gid = len(file.data), file.mode, file.owner, file.owner
            entry.mtime = now
            tar.addfile(entry, io.BytesIO(file.data))
    return buffer.getvalue()
