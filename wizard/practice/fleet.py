"""The practice servers of one user on this computer: made, found, put back, taken down.

Must not know how a server boots: that is a backend's.
"""

from __future__ import annotations

import builtins
import contextlib
import fcntl
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wizard.errors import UsageError, WizardError
from wizard.practice import seed as seeds
from wizard.practice.backend import PRISTINE, Backend, Machine, Say
from wizard.practice.choice import choose, state_folder
from wizard.practice.image import RELEASES
from wizard.practice.keys import key_pair
from wizard.secret import Secret
from wizard.text import text

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}(?<!-)")
AMOUNT = re.compile(r"([0-9]+)([MG])", re.IGNORECASE)
HOST_KEY_KINDS = ("ed25519", "ecdsa", "rsa")


@dataclass(frozen=True)
class PracticeServer:
    """How to reach one. `known_hosts` holds its host keys and nothing else; memory and disk in bytes, None for no limit."""

    name: str
    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    release: str
    login: seeds.Login = "root"
    memory: int | None = None
    sudo_password: Secret | None = None
    disk: int | None = None

    @property
    def sudo_password_file(self) -> Path | None:
        return self.key.with_name("sudo-password") if self.sudo_password else None

    def facts(self) -> dict[str, str | int | None]:
        """Plain data for JSON; of the sudo password only the file that it is in."""
        names = ("name", "host", "port", "user", "release", "login", "memory", "disk")
        facts: dict[str, str | int | None] = {name: getattr(self, name) for name in names}
        for name in ("key", "known_hosts", "sudo_password_file"):
            path = getattr(self, name)
            facts[name] = str(path) if path else None
        return facts


class Fleet:
    """All practice servers under one state folder (see `state_folder`); a name stands for one server in it."""

    def __init__(self, state: Path | None = None, *, backend: Backend | None = None, boot_patience: float = 90) -> None:
        self.servers = (state or state_folder()) / "servers"
        self.boot_patience = boot_patience  # seconds
        self._backend = backend

    @property
    def backend(self) -> Backend:
        self._backend = self._backend or choose()
        return self._backend

    def up(
        self,
        name: str,
        *,
        release: str = "bookworm",
        memory: str | None = None,
        disk: str | None = None,
        login: str = "root",
        say: Say = lambda _: None,
    ) -> PracticeServer:
        """The server of that name, made and booted as needed; one that exists keeps its release, memory, disk and login."""
        _check(name, release)
        machine = Machine(name, self.servers / name, release, _bytes(memory, "memory"), _bytes(disk, "disk"))
        login_kind = seeds.login_named(login)
        self.backend.prepare(say)
        with self._locked(name):
            if not (machine.folder / "server.json").exists():
                say(text("practice.fleet.making", name=name))
                self._create(machine, login_kind, say)
            machine = self._machine(name)
            if not self.backend.running(machine):
                say(text("practice.fleet.booting", name=name, release=machine.release))
                self._start(machine)
            return self._wait(machine)

    def get(self, name: str) -> PracticeServer:
        """The server of that name, whether it is on or off. WizardError when there is none."""
        return self._server(self._machine(name))

    def running(self, name: str) -> bool:
        return self.backend.running(self._machine(name))

    def list(self) -> list[PracticeServer]:
        found = []
        for path in sorted(self.servers.glob("*/server.json")):
            with contextlib.suppress(WizardError):  # another program has just taken it down
                found.append(self.get(path.parent.name))
        return found

    def reset(self, name: str) -> PracticeServer:
        """As it was before its first boot, with the same keys and address."""
        return self._back_to(name, PRISTINE)

    def snapshot(self, name: str, tag: str) -> PracticeServer:
        """Shuts down cleanly, keeps a copy of the disk under that tag, boots again."""
        _check_tag(tag)
        with self._locked(name):
            machine = self._machine(name)
            self.backend.stop(machine, clean=True)
            self.backend.save(machine, tag)
            return self._boot(machine)

    def restore(self, name: str, tag: str) -> PracticeServer:
        """The disk as it was at that snapshot, booted afresh."""
        _check_tag(tag)
        return self._back_to(name, tag)

    def reboot(self, name: str) -> PracticeServer:
        """A clean reboot; returns when the server answers again."""
        with self._locked(name):
            machine = self._machine(name)
            self.backend.reboot(machine)
            return self._wait(machine)

    def pull_plug(self, name: str) -> PracticeServer:
        """A power cut: every process dies at once, then it boots from what is on the disk.

        Where the disk has a size, that is what had reached it; else what was written but not yet synced survives.
        """
        with self._locked(name):
            machine = self._machine(name)
            self.backend.stop(machine, clean=False)
            return self._boot(machine)

    def down(self, name: str) -> None:
        """Removes the server with its disk, network and processes."""
        with self._locked(name):
            self.backend.destroy(self._machine(name))

    def down_all(self) -> builtins.list[str]:
        """Removes every server of this fleet, the half-made ones of a program that crashed too; gives their names."""
        folders = sorted(p for p in self.servers.iterdir() if p.is_dir()) if self.servers.is_dir() else []
        for folder in folders:
            with self._locked(folder.name):
                self.backend.destroy(Machine(folder.name, folder, RELEASES[0]))
        return [folder.name for folder in folders]

    def _create(self, machine: Machine, login: seeds.Login, say: Say) -> None:
        self.backend.destroy(machine)  # what a program that crashed half way has left
        machine.folder.mkdir(mode=0o700, parents=True)
        try:
            key, host_keys = key_pair("ed25519"), [key_pair(kind) for kind in HOST_KEY_KINDS]
            password = Secret(secrets.token_urlsafe(12)) if login == "sudo-password" else None
            self.backend.create(machine, seeds.seed(machine.name, login, key, host_keys, password), say)
            _write(machine.folder / "key", key.private)
            if password:
                _write(machine.folder / "sudo-password", password.reveal().encode())
            record = {
                "release": machine.release,
                "memory": machine.memory,
                "disk": machine.disk,
                "login": login,
                "host_keys": [key.public for key in host_keys],
            }
            _write(machine.folder / "server.json", json.dumps(record).encode())
        except BaseException:
            self.backend.destroy(machine)
            raise

    def _machine(self, name: str) -> Machine:
        machine = Machine(name, self.servers / name, release="")
        try:
            record = _record(machine)
        except FileNotFoundError:
            message = text("practice.fleet.no_server", name=name)
            raise UsageError(message, hint=text("practice.fleet.make_one", name=name)) from None
        return replace(machine, release=record["release"], memory=record["memory"], disk=record.get("disk"))

    def _server(self, machine: Machine) -> PracticeServer:
        folder = machine.folder
        login = _record(machine)["login"]
        password = folder / "sudo-password"
        return PracticeServer(
            machine.name,
            self.backend.address(machine),
            22,
            seeds.user_of(login),
            folder / "key",
            folder / "known_hosts",
            machine.release,
            login,
            machine.memory,
            Secret(password.read_text(encoding="utf-8")) if password.exists() else None,
            machine.disk,
        )

    def _back_to(self, name: str, tag: str) -> PracticeServer:
        with self._locked(name):
            machine = self._machine(name)
            if tag not in (tags := self.backend.tags(machine)):
                known = ", ".join(t for t in tags if t != PRISTINE) or "none"
                raise UsageError("practice.fleet.no_snapshot", tag=tag, name=name, known=known)
            self.backend.stop(machine, clean=False)
            self.backend.load(machine, tag)
            return self._boot(machine)

    def _boot(self, machine: Machine) -> PracticeServer:
        self._start(machine)
        return self._wait(machine)

    def _start(self, machine: Machine) -> None:
        self.backend.start(machine)
        # a restart of this computer forgets who had which network, so the address may be another one
        address, keys = self.backend.address(machine), _record(machine)["host_keys"]
        _write(machine.folder / "known_hosts", "".join(f"{address} {key}\n" for key in keys).encode())

    def _wait(self, machine: Machine) -> PracticeServer:
        server = self._server(machine)
        deadline = time.monotonic() + self.boot_patience
        while not (self.backend.booted(machine) and _sshd_answers(server)):
            if time.monotonic() > deadline:
                message = text("practice.fleet.not_booted", name=machine.name)
                raise WizardError(
                    message,
                    details=f"see {machine.folder}",
                    hint=text("practice.fleet.reset", name=machine.name),
                )
            time.sleep(0.05)
        return server

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """One program at a time works on a server."""
        locks = self.servers.parent / "locks"
        locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (locks / name).open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _record(machine: Machine) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((machine.folder / "server.json").read_text(encoding="utf-8"))
    return record


def _sshd_answers(server: PracticeServer) -> bool:
    try:
        with socket.create_connection((server.host, server.port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _check(name: str, release: str) -> None:
    if not NAME.fullmatch(name):
        hint = text("practice.fleet.name_hint")
        raise UsageError("practice.fleet.bad_name", name=repr(name), hint=hint)
    if release not in RELEASES:
        raise UsageError("practice.fleet.no_image", release=repr(release), releases=", ".join(RELEASES))


def _check_tag(tag: str) -> None:
    if not NAME.fullmatch(tag) or tag == PRISTINE:
        raise UsageError("practice.fleet.bad_tag", tag=repr(tag), pristine=PRISTINE)


def _bytes(amount: str | None, what: str) -> int | None:
    if amount is None:
        return None
    if match := AMOUNT.fullmatch(amount):
        return int(match[1]) * (1 << 20 if match[2].upper() == "M" else 1 << 30)
    raise UsageError("practice.fleet.bad_amount", amount=repr(amount), what=what)
