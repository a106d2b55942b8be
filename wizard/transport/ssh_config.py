"""What ~/.ssh/config says about one host, in the options that a connection of ours needs.

Where there is an ssh(1), it is the one to know (`ssh -G`): system-wide settings, every kind of Match. Else the file is read
here: paramiko's SSHConfig ignores Include and stops at newer Match keywords. Must not know what a Login is.
"""

from __future__ import annotations

import getpass
import glob
import os
import pwd
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import UsageError
from wizard.own_files import lenient
from wizard.transport.patterns import matches

INCLUDE_DEPTH = 16  # as ssh itself
_LINE = re.compile(r"(\w+)(?:\s*=\s*|\s+)(.*)")


SSH_PATIENCE = 10.0  # seconds; a `Match exec` of the person's own may take its time
_ADD_UP = ("identityfile", "certificatefile")


@dataclass(frozen=True)
class HostConfig:
    """What is said about a host; `host` is the name to connect to. `jumps` in the order in which they are passed.

    identities: the IdentityFiles, there or not; empty where none is named. agent: IdentityAgent's socket, "" for none.
    `proxy_command` is only there to be refused (ProxyJump goes before it).
    """

    host: str
    user: str | None = None
    port: str | None = None
    identities: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()
    identities_only: bool = False
    agent: str | None = None
    jumps: tuple[str, ...] = ()
    known_as: str | None = None
    known_hosts: Path | None = None
    proxy_command: str | None = None


def read_host_config(
    name: str, path: Path, *, user: str | None = None, port: int | None = None, by_ssh: bool = False
) -> HostConfig:
    """What is said about the host that a person calls `name`; a missing file says nothing.

    user, port: those that were given and so go before the file's. by_ssh: asks ssh(1) where it would read the same file,
    which runs what a `Match exec` of the person's own says, as `ssh NAME` does. UsageError when the file can't be read or
    understood.
    """
    options = _Options(name, user)
    options.read(path)
    if by_ssh and path == Path.home() / ".ssh" / "config" and (effective := _asked(name, user, port)):
        said = options.values.get("user")
        options.values = effective
        # ssh(1) falls back to the name of this computer's user, which nobody has chosen
        if not said and effective.get("user") == [getpass.getuser()]:
            options.values.pop("user", None)
    return options.config()


def _asked(name: str, user: str | None, port: int | None) -> dict[str, list[str]] | None:
    """The options by `ssh -G`; None where there is no ssh, it reads another person's file, or refuses this one."""
    program = shutil.which("ssh")
    try:
        if program is None or Path(pwd.getpwuid(os.getuid()).pw_dir) != Path.home():  # ssh does not go by $HOME
            return None
        argv = [program, "-G", *(["-l", user] if user else []), *(["-p", str(port)] if port else []), "--", name]
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=SSH_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, KeyError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    values: dict[str, list[str]] = {}
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        keyword, _, value = line.partition(" ")
        if keyword in _ADD_UP:
            values.setdefault(keyword, []).append(value)
        elif value:
            values.setdefault(keyword, value.split() if keyword == "userknownhostsfile" else [value])
    return values if "hostname" in values else None


class _Options:
    """Reads a file line by line, as ssh does: the first value of an option stays, identity files add up."""

    def __init__(self, name: str, user: str | None) -> None:
        self.name = name
        self.values: dict[str, list[str]] = {"user": [user]} if user else {}

    def read(self, path: Path, depth: int = 0) -> None:
        active = True
        for number, keyword, words in _lines(path):
            if keyword == "host":
                active = matches(self.name, words)
            elif keyword == "match":
                active = self._match(words)
            elif not active or not words:
                continue
            elif keyword == "include":
                if depth == INCLUDE_DEPTH:
                    raise UsageError("transport.ssh_config.include_loop", path=path, number=number)
                for file in _included(words):
                    self.read(file, depth + 1)
            elif keyword in _ADD_UP:
                self.values.setdefault(keyword, []).extend(words)
            else:
                self.values.setdefault(keyword, words)

    def _match(self, words: list[str]) -> bool:
        """ssh_config(5), Match. A criterion that is not known here, or that would run a command, does not match."""
        own = getpass.getuser()
        subjects = {
            "host": self.values.get("hostname", [self.name])[0],
            "originalhost": self.name,
            "user": self.values.get("user", [own])[0],
            "localuser": own,
        }
        rest = list(words)
        while rest:
            criterion = rest.pop(0).lower()
            if criterion == "all":
                continue
            subject = subjects.get(criterion.removeprefix("!"))
            if subject is None or not rest:
                return False
            if matches(subject, rest.pop(0).split(",")) == criterion.startswith("!"):
                return False
        return True

    def config(self) -> HostConfig:
        """What was read, in this module's words."""

        def first(keyword: str) -> str | None:
            value = next(iter(self.expanded(keyword)), "none")
            return None if value.lower() == "none" else value

        jump, known_hosts = first("proxyjump"), first("userknownhostsfile")
        return HostConfig(
            host=first("hostname") or self.name,
            user=first("user"),
            port=first("port"),
            identities=tuple(Path(os.devnull if p == "none" else p) for p in self.expanded("identityfile")),
            certificates=tuple(Path(p) for p in self.expanded("certificatefile") if p != "none"),
            identities_only=(first("identitiesonly") or "no").lower() in ("yes", "true"),
            agent=self._agent(),
            jumps=tuple(hop.strip() for hop in jump.split(",")) if jump else (),
            known_as=first("hostkeyalias"),
            known_hosts=Path(known_hosts) if known_hosts else None,
            proxy_command=None if jump else first("proxycommand"),
        )

    def _agent(self) -> str | None:
        """ssh_config(5), IdentityAgent: a socket, `none`, SSH_AUTH_SOCK, or a variable that holds a socket."""
        value = next(iter(self.expanded("identityagent")), "SSH_AUTH_SOCK")
        if value.startswith("$"):
            return os.environ.get(value.strip("${}"), "")
        return {"none": "", "SSH_AUTH_SOCK": None}.get(value, value)

    def expanded(self, keyword: str) -> list[str]:
        """The values with the tokens that ssh puts in (ssh_config(5), TOKENS)."""
        host = self.name if keyword == "hostname" else self.values.get("hostname", [self.name])[0]
        own = getpass.getuser()
        tokens = {
            "%": "%",
            "d": str(Path.home()),
            "h": host.replace("%h", self.name),
            "n": self.name,
            "p": self.values.get("port", ["22"])[0],
            "r": self.values.get("user", [own])[0],
            "u": own,
        }
        texts = [re.sub("%(.)", lambda m: tokens.get(m[1], m[0]), text) for text in self.values.get(keyword, [])]
        return [_under_home(text) for text in texts]


def _included(patterns: list[str]) -> Iterator[Path]:
    for pattern in patterns:
        whole = Path.home() / ".ssh" / _under_home(pattern)  # a relative one is relative to ~/.ssh
        yield from map(Path, sorted(glob.glob(str(whole))))  # noqa: PTH207 (Path.glob raises on some patterns)


def _under_home(text: str) -> str:
    return str(Path.home() / text[2:]) if text.startswith("~/") else text


def _lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Number, keyword and words of each line that says something."""
    try:
        text = lenient(path.read_bytes())
    except FileNotFoundError:
        return
    except OSError as e:
        raise UsageError("transport.ssh_config.unreadable", path=path, strerror=e.strerror) from e
    for number, line in enumerate(text.splitlines(), 1):
        if not (match := _LINE.fullmatch(line.strip())):
            continue  # blank, a comment, or a keyword without a value
        try:
            yield number, match[1].lower(), shlex.split(match[2], comments=True)
        except ValueError as e:
            raise UsageError(
                "transport.ssh_config.bad_line",
                number=number,
                path=path,
                line=line.strip(),
                details=str(e),
            ) from e
