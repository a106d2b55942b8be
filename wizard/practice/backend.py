"""What a fleet asks of the thing that boots practice servers, and what those share.

Must not know names, keys or logins: those are the fleet's.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wizard.errors import WizardError
from wizard.text import text

Say = Callable[[str], None]
PRISTINE = "pristine"  # the tag of the disk as it was before the first boot


@dataclass(frozen=True)
class Machine:
    """One server as a backend sees it. `folder` holds everything it owns on this computer; memory and disk in bytes.

    A disk of a size is a real one: a power cut loses what had not reached it.
    """

    name: str
    folder: Path
    release: str
    memory: int | None = None
    disk: int | None = None


@dataclass(frozen=True)
class Seed:
    """What makes a disk out of an image: a shell script run inside it, and then a tar archive unpacked over it."""

    script: str
    archive: bytes


class Backend(Protocol):
    def missing(self) -> str | None:
        """None, or one sentence why this backend can't boot servers here."""

    def prepare(self, say: Say) -> None:
        """Installs what is missing where that is possible, saying so. WizardError where it isn't."""

    def create(self, machine: Machine, seed: Seed, say: Say) -> None:
        """Makes the disk and saves it as PRISTINE. The first server of a release builds its image (20 s)."""

    def start(self, machine: Machine) -> None:
        """Boots from the disk as it is; returns before the boot is over."""

    def stop(self, machine: Machine, *, clean: bool) -> None:
        """Shuts down, or (not clean) cuts the power. Stopping what is off is fine."""

    def reboot(self, machine: Machine) -> None:
        """Asks the server to reboot cleanly; returns when it has gone down and a new boot has begun."""

    def running(self, machine: Machine) -> bool: ...

    def booted(self, machine: Machine) -> bool:
        """Whether users other than root are let in by now (sshd answering is the fleet's to see)."""

    def address(self, machine: Machine) -> str:
        """The address that this computer reaches it at; known from `create` on, the same after a reboot."""

    def save(self, machine: Machine, tag: str) -> None:
        """Keeps a copy of the disk (stopped). Replaces the copy of that tag."""

    def load(self, machine: Machine, tag: str) -> None:
        """Puts the copy in place of the disk (stopped)."""

    def tags(self, machine: Machine) -> list[str]:
        """The tags of the copies there are."""

    def destroy(self, machine: Machine) -> None:
        """Cuts the power and removes every trace, also of a server that was half made."""


@contextlib.contextmanager
def still(say: Say, doing: str, *, every: float = 5.0) -> Iterator[None]:
    """Says every so many seconds that it goes on, and for how long: what takes minutes must not look dead."""
    done = threading.Event()
    began = time.monotonic()

    def beat() -> None:
        while not done.wait(every):
            say(text("practice.backend.still", doing=doing, monotonic=f"{time.monotonic() - began:.0f}"))

    thread = threading.Thread(target=beat, name=doing, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run(argv: Sequence[str | Path], *, doing: str, stdin: bytes = b"", patience: float = 900) -> str:
    """Runs a command of this computer and gives back its stdout.

    WizardError "cannot <doing>" when it fails, and when it takes longer than that many seconds.
    """
    try:
        status, out, err = ask(argv, stdin=stdin, patience=patience)
    except OSError as error:
        raise WizardError(f"cannot {doing}", details=str(error)) from error
    if status:
        raise WizardError(f"cannot {doing}", details=f"{argv[0]} ended with status {status}\n{err[-2000:]}")
    return out


def ask(argv: Sequence[str | Path], *, stdin: bytes = b"", patience: float = 300) -> tuple[int, str, str]:
    """A command's status, stdout and stderr, whatever they are. OSError; WizardError when it is not done in time."""
    # into files: a program that stays behind (conmon) keeps a pipe open, and its end would be waited for in vain
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            done = subprocess.run(
                argv, input=stdin, stdout=out, stderr=err, check=False, env=clean_environment(), timeout=patience
            )
        except subprocess.TimeoutExpired as late:
            details = shlex.join(map(str, argv))[:500]
            message = text("practice.backend.too_slow", argv=argv[0], patience=f"{patience:.0f}")
            raise WizardError(message, details=details, hint=text("practice.backend.again")) from late
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return done.returncode, texts[0], texts[1]


def wait(happened: Callable[[], bool], patience: float) -> bool:
    """Whether it happened within that many seconds."""
    deadline = time.monotonic() + patience
    while not (there := happened()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return there


def clean_environment() -> dict[str, str]:
    """This process's environment in the C locale, with the directories that root's tools live in on PATH."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"}


def cache_folder() -> Path:
    """Where images and downloads are kept: $WIZARD_PRACTICE_DIR/cache, or the user's cache folder."""
    return folder_of("cache")


def folder_of(kind: str) -> Path:
    """cache or state."""
    import platformdirs

    if here := os.environ.get("WIZARD_PRACTICE_DIR"):
        return Path(here).absolute() / kind
    base = platformdirs.user_cache_path("wizard") if kind == "cache" else platformdirs.user_state_path("wizard")
    return base / "practice"
