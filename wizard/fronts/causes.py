"""The most likely cause of a failure, from what the failed command printed and from how it ended.

A table of patterns: it helps a person to look in the right place, and nothing is decided by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """what: the likely cause in a sentence; advice: the next thing to do; look: a command that shows more, or ""."""

    what: str
    advice: str
    look: str = ""


TABLE: list[tuple[str, Cause]] = [
    (
        r"No space left on device|You don't have enough free space|disk (?:is )?full|the disk has \d+ MB left",
        Cause("The server's disk is full.", "Make room on it (open a shell), then try again.", "df -h /"),
    ),
    (
        r"Could not get lock .*?held by process (?P<pid>\d+) \((?P<who>[^)]*)\)",
        Cause(
            "Another program is installing packages: {who} (process {pid}) holds apt's lock.",
            "Wait until it is done; on a fresh server that is the automatic upgrade. Then try again.",
            "ps -fp {pid}",
        ),
    ),
    (
        r"Could not get lock|is another process using it|Unable to lock|waiting for another apt",
        Cause(
            "Another program is installing packages: apt's lock is held.",
            "Wait a minute or two, then try again.",
            "fuser -v /var/lib/dpkg/lock-frontend",
        ),
    ),
    (
        r"dpkg was interrupted",
        Cause(
            "An earlier installation of packages was cut off.",
            "Open a shell, finish it with the command below, then try again.",
            "dpkg --configure -a",
        ),
    ),
    (
        r"Temporary failure (?:in name resolution|resolving)|Could not resolve|Name or service not known",
        Cause(
            "The server cannot turn names into addresses (DNS).",
            "Look at its network and its resolver, then try again.",
            "cat /etc/resolv.conf",
        ),
    ),
    (
        r"Remote branch (?P<branch>\S+) not found|pathspec '(?P<branch2>[^']+)' did not match"
        r"|couldn't find remote ref (?P<branch3>\S+)",
        Cause(
            "The repository has no branch “{branch}”.", "Change the answers of this step: name a branch that is there."
        ),
    ),
    (
        r"Permission denied \(publickey|could not read Username|Repository not found|Authentication failed for",
        Cause(
            "The server may not read the repository.",
            "Is its address right? A private one needs a deploy key: change the answers of this step.",
        ),
    ),
    (
        r"ModuleNotFoundError: No module named '(?P<module>[^']+)'|Error loading (?P<module2>\w+) module",
        Cause(
            "A Python module is missing: {module}.",
            "Add the package that has it to the extra packages, or to the project's own list.",
        ),
    ),
    (
        r"No matching distribution found for (?P<package>\S+)|satisfies the requirement (?P<package2>\S+)",
        Cause(
            "A Python package cannot be had for this server's Python: {package}.",
            "Ask for another version of it, or look whether its name is right.",
        ),
    ),
    (
        r"KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'|\b(?P<name2>[A-Z][A-Z0-9_]{3,}) (?:not found|must be set|is not set|is required)"
        r"|The (?P<name3>[A-Z][A-Z0-9_]+) setting must not be empty",
        Cause("A setting is missing: {name}.", "Give it a value on the Project page, among the project's variables."),
    ),
    (
        r"Address already in use|bind\(\) to \S+ failed|port is already allocated",
        Cause("Another program uses the port already.", "Find out which, stop it, and try again.", "ss -ltnp"),
    ),
    (
        r"[Oo]ut of memory|oom-kill|Cannot allocate memory|MemoryError|(?:^|\s)Killed(?:$|\s)|status 137",
        Cause("The server ran out of memory.", "Add swap, or take a larger server; then try again.", "free -m"),
    ),
    (
        r"incorrect password attempt|Sorry, try again|sudo: a password is required|sudo.* password",
        Cause("The sudo password is wrong, or one is needed.", "Give it under “Other passwords”."),
    ),
    (
        r"password authentication failed|role \"\S+\" does not exist|database \"\S+\" does not exist",
        Cause(
            "The database refuses the login.",
            "Look whether PostgreSQL runs, and whether its role and password are the site's.",
            "systemctl status postgresql",
        ),
    ),
    (
        r"cannot reach|connection (?:broke|was lost|timed out)|No route to host",
        Cause(
            "The connection to the server is lost.",
            "Look whether the server is on and this computer is online, then try again. What ran there goes on.",
        ),
    ),
]

UNKNOWN = Cause(
    "The last lines below say what went wrong.", "Read them, mend the cause (open a shell), then try again."
)


def likely(reason: str, output: str) -> Cause:
    """The first entry of the table that fits; what it names is filled in from the text."""
    text = f"{output}\n{reason}"
    for pattern, cause in TABLE:
        if match := re.search(pattern, text, re.MULTILINE):
            found = {name.rstrip("23"): value for name, value in match.groupdict().items() if value}
            return Cause(_filled(cause.what, found), cause.advice, _filled(cause.look, found))
    return UNKNOWN


def _filled(text: str, found: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: found.get(m[1], "see below"), text)
