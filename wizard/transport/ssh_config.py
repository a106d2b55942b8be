"""What ~/.ssh/config says about one host, in the options that a connection of ours needs.

paramiko's SSHConfig ignores Include, stops at newer Match keywords and may run commands, so the file is read here.
Must not know what a Login is.
"""

from __future__ import annotations

import getpass
import glob
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import UsageError
from wizard.transport.patterns import matches

INCLUDE_DEPTH = 16  # as ssh itself
_LINE = re.compile(r"(\w+)(?:\s*=\s*|\s+)(.*)")


@dataclass(frozen=True)
class HostConfig:
    """What is said about a host; `host` is the name to connect to. `jumps` in the order in which they are passed.

    `key` is the first IdentityFile that exists; `proxy_command` is only there to be refused (ProxyJump goes before it).
    """

    host: str
    user: str | None = None
    port: str | None = None
    key: Path | None = None
    jumps: tuple[str, ...] = ()
    known_as: str | None = None
    known_hosts: Path | None = None
    proxy_command: str | None = None


def read_host_config(name: str, path: Path, *, user: str | None = None) -> HostConfig:
    """What the file says about the host that a person calls `name`; a missing file says nothing.

    user: the one that was given and so goes before the file's. UsageError when the file can't be read or understood.
    """
    options = _Options(name, user)
    options.read(path)

    def first(keyword: str) -> str | None:
        value = next(iter(options.expanded(keyword)), "none")
        return None if value.lower() == "none" else value

    jump, known_hosts = first("proxyjump"), first("userknownhostsfile")
    return HostConfig(
        host=first("hostname") or name,
        user=first("user"),
        port=first("port"),
        key=next((p for p in map(Path, options.expanded("identityfile")) if p.is_file()), None),
        jumps=tuple(hop.strip() for hop in jump.split(",")) if jump else (),
        known_as=first("hostkeyalias"),
        known_hosts=Path(known_hosts) if known_hosts else None,
        proxy_command=None if jump else first("proxycommand"),
    )


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
                    raise UsageError(f"cannot read {path}: line {number} includes files without end")
                for file in _included(words):
                    self.read(file, depth + 1)
            elif keyword == "identityfile":
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
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError as e:
        raise UsageError(f"cannot read {path}: {e.strerror}", hint="make it readable, or write user@host") from e
    for number, line in enumerate(text.splitlines(), 1):
        if not (match := _LINE.fullmatch(line.strip())):
            continue  # blank, a comment, or a keyword without a value
        try:
            yield number, match[1].lower(), shlex.split(match[2], comments=True)
        except ValueError as e:
            raise UsageError(f"cannot understand line {number} of {path}: {line.strip()}", details=str(e)) from e
