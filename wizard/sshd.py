"""What is known of a server's sshd: what accepts SSH, how we came, and what its files say to whom. Pure; knows no recipe.

The rules are those of sshd_config(5): the first value counts, lists of who may log in add up, a Match block goes before
what stands outside of all blocks, and an included file's blocks end with the file.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wizard.text import text as in_words

CONFIG = "/etc/ssh/sshd_config"
ADDING_UP = ("allowusers", "denyusers", "allowgroups", "denygroups")
OTHER_NAMES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
FILES = 200  # as many are read, also where they include each other
LINE = re.compile(r"(/[^:]*):([0-9]{1,6}):[ \t]*([A-Za-z]+)(?:[ \t]*=[ \t]*|[ \t]+)(.*)")


@dataclass(frozen=True)
class Door:
    """One socket that accepts SSH. how: socket (systemd listens), service (sshd does), process (sshd, started by hand)."""

    address: str
    port: int
    how: str
    unit: str = ""

    @property
    def everywhere(self) -> bool:
        return self.address in ("*", "0.0.0.0", "[::]")  # noqa: S104  (a pattern, nothing is bound)


@dataclass(frozen=True)
class Setting:
    """One line of sshd's files. name in lower case; match: the words of its Match block, () outside of all."""

    file: str
    line: int
    name: str
    values: tuple[str, ...]
    match: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return in_words("transport.sshd.line", file=self.file, line=self.line)

    @property
    def text(self) -> str:
        block = in_words("transport.sshd.match", match=" ".join(self.match)) if self.match else ""
        return f"{self.name} {' '.join(self.values)}{block}"


@dataclass(frozen=True)
class Someone:
    """Who logs in, as sshd sees them: the criteria of a Match block."""

    user: str
    groups: tuple[str, ...] = ()
    address: str = ""
    port: int = 22  # of the server
    local_address: str = ""


@dataclass(frozen=True)
class Sshd:
    """came_by: the server's own port of our connection, 0 where it is not known; came_from: our address as it sees it.

    doors: what accepts SSH. upcoming: what the sshds that listen by themselves would open, had they read their files anew.
    members: the additional groups of accounts, by group.
    """

    came_by: int = 0
    came_from: str = ""
    came_to: str = ""
    doors: tuple[Door, ...] = ()
    upcoming: tuple[Door, ...] = ()
    settings: tuple[Setting, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def by_socket(self) -> bool:
        return any(door.how == "socket" for door in self.doors)

    def someone(self, user: str, *groups: str) -> Someone:
        """An account that logs in from where we are; of these groups, and of those that the server has it in."""
        known = [group for group, members in self.members.items() if user in members]
        return Someone(user, (user, *groups, *known), self.came_from, self.came_by or 22, self.came_to)

    def said(self, name: str, who: Someone) -> list[Setting]:
        """The lines that decide this for them: all of a list that adds up, else the first that counts."""
        mine = [s for s in self.settings if s.name == name and applies(s.match, who)]
        inside = [s for s in mine if s.match]
        if name in ADDING_UP:
            return inside or mine
        return (inside or mine)[:1]

    def shut_to(self, who: Someone) -> Setting | None:
        """The line of AllowUsers and its kin that keeps this account out, or None: sshd(8) asks Deny before Allow, users before
        groups."""
        for name, asked, wanted in (
            ("denyusers", _user_in, False), ("allowusers", _user_in, True),
            ("denygroups", _group_in, False), ("allowgroups", _group_in, True),
        ):  # fmt: skip
            lines = self.said(name, who)
            named = [s for s in lines if any(asked(value, who) for value in s.values)]
            if named and not wanted:
                return named[0]
            if lines and wanted and not named:
                return lines[0]
        return None

    def port_that_would_go(self) -> int:
        """The port that we came by, where sshd would leave it when it reads its files anew; else 0.

        Its files were changed and it was not told so, or it was told so beside the socket that starts it.
        """
        here = [door for door in self.doors if door.port == self.came_by]
        if not here or any(door.how == "socket" for door in here):
            return 0
        if self.by_socket:  # and the one that we came by opened its port beside it: it will be restarted by the socket
            return self.came_by if any(door.unit == "ssh.service" for door in here) else 0
        stays = any(
            d.port == self.came_by and (d.everywhere or _plain(d.address) == self.came_to) for d in self.upcoming
        )
        return 0 if stays or not self.upcoming else self.came_by


def parse(
    came: Sequence[str], doors: Sequence[str], upcoming: Sequence[str], lines: Sequence[str], members: Sequence[str]
) -> Sshd:
    """Typed facts of what a server's scripts printed (engine/remote/doors.sh). What is not understood is left out."""
    ours, _, theirs = "".join(came[:1]).partition(" ")
    to, port = _split(ours)
    found = (_door(line) for line in doors)
    later = (_door(f"{line} process") for line in upcoming)
    groups = (line.partition(":") for line in members)
    return Sshd(
        port, _plain(_split(theirs)[0]), _plain(to), tuple(d for d in found if d), tuple(d for d in later if d),
        tuple(_settings(lines)), {name: tuple(who.split(",")) for name, _, who in groups},
    )  # fmt: skip


def _split(where: str) -> tuple[str, int]:
    address, _, port = where.strip().rpartition(":")
    good = address and port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65535
    return (address, int(port)) if good else ("", 0)


def _plain(address: str) -> str:
    """Without brackets, zone and the IPv6 form of an IPv4 address: as sshd's patterns have it."""
    bare = address.strip("[]").partition("%")[0]
    return bare.removeprefix("::ffff:") if "." in bare else bare


def _door(line: str) -> Door | None:
    where, _, rest = line.partition(" ")
    how, _, unit = rest.partition(" ")
    address, port = _split(where)
    return Door(address, port, how, unit.split(" ")[0]) if port and how in ("socket", "service", "process") else None


# -- files --------------------------------------------------------------------------------------------------------


def _settings(lines: Sequence[str]) -> Iterator[Setting]:
    files: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
    for line in lines:
        if found := LINE.match(line):
            name = found[3].lower()
            files.setdefault(found[1], []).append((int(found[2]), OTHER_NAMES.get(name, name), _words(found[4])))
    yield from _of_file(files, CONFIG, (), [FILES])


def _of_file(
    files: Mapping[str, list[tuple[int, str, tuple[str, ...]]]], name: str, outside: tuple[str, ...], left: list[int]
) -> Iterator[Setting]:
    match = outside
    left[0] -= 1
    for line, keyword, values in files.get(name, ()):
        if keyword == "match":
            match = (*outside, *values)
        elif keyword == "include":
            for pattern in values:
                whole = posixpath.join("/etc/ssh", pattern)
                for included in sorted(f for f in files if fnmatch.fnmatchcase(f, whole)):
                    if left[0] > 0:
                        yield from _of_file(files, included, match, left)
        else:
            yield Setting(name, line, keyword, values, match)


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text, comments=True))
    except ValueError:
        return tuple(text.split())


# -- who ----------------------------------------------------------------------------------------------------------


def applies(match: Sequence[str], who: Someone) -> bool:
    """Whether these criteria of Match fit: all of them must. One that is not known here (Exec, RDomain) does not."""
    words = [part for word in match for part in (word.split("=", 1) if "=" in word else [word])]
    while words:
        criterion = words.pop(0).lower()
        if criterion == "all":
            continue
        if not words or not _fits(criterion, words.pop(0), who):
            return False
    return True


def _fits(criterion: str, patterns: str, who: Someone) -> bool:
    if criterion == "user":
        return _in_list(who.user, patterns)
    if criterion == "group":
        return any(_in_list(group, patterns) for group in who.groups)
    if criterion in ("address", "host"):
        return _at(who.address, patterns)
    if criterion == "localaddress":
        return _at(who.local_address, patterns)
    return criterion == "localport" and _in_list(str(who.port), patterns)


def _in_list(text: str, patterns: str) -> bool:
    """match_pattern_list: a `!` that fits refuses."""
    parts = patterns.split(",")
    if any(_like(text, p[1:]) for p in parts if p.startswith("!")):
        return False
    return any(_like(text, p) for p in parts if not p.startswith("!"))


def _at(address: str, patterns: str) -> bool:
    parts = patterns.split(",")
    if any(_in_net(address, p[1:]) for p in parts if p.startswith("!")):
        return False
    return any(_in_net(address, p) for p in parts if not p.startswith("!"))


def _in_net(address: str, pattern: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return _like(address, pattern)


def _like(text: str, pattern: str) -> bool:
    """match_pattern: `*` and `?` only. In steps that no pattern of a hostile server can make many."""
    ends = {0}  # how many signs of the text the pattern so far may have taken
    for sign in pattern[:500]:
        if sign == "*":
            ends = set(range(min(ends), len(text) + 1))
        else:
            ends = {n + 1 for n in ends if n < len(text) and sign in ("?", text[n])}
        if not ends:
            return False
    return len(text) in ends


def _user_in(pattern: str, who: Someone) -> bool:
    user, at, host = pattern.rpartition("@")
    return _like(who.user, user) and _at(who.address, host) if at else _like(who.user, pattern)


def _group_in(pattern: str, who: Someone) -> bool:
    return any(_like(group, pattern) for group in who.groups)
