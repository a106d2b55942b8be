"""The most likely cause of a failure: from facts that were found on the server, from how it ended, from what was printed.

The records are data, in the .toml files beside this and in the recipes' causes.toml; server.toml says what is in one. It helps
a person to look in the right place, and nothing is decided by it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from wizard.catalog import own_folder

FACT = re.compile(r"^on the server: (.+)$", re.MULTILINE)
# the order in which they are asked: what our own connection says of itself, then what is special, then what is general
TOPICS = ("connection", "checks", "server", "code", "python", "django", "recipes", "services", "general")


@dataclass(frozen=True)
class Cause:
    """what: the likely cause in a sentence; advice: the next thing to do; look: a command that shows more, or ""."""

    what: str
    advice: str
    look: str = ""
    code: str = ""

    def lines(self) -> list[str]:
        """For a person who reads lines: cause, advice, command; of no known cause nothing."""
        if self == UNKNOWN:
            return []
        look = [f"This command shows more, or does it, on the server: {self.look}"] if self.look else []
        return [f"Likely cause: {self.what}", self.advice, *look]


@dataclass(frozen=True)
class Record:
    """What leads to a cause. fact, reason and pattern must all fit, where they are given; kinds: of changes, or all."""

    cause: Cause
    fact: re.Pattern[str] | None
    reason: re.Pattern[str] | None
    pattern: re.Pattern[str] | None
    kinds: frozenset[str]
    seen: tuple[str, str, tuple[str, ...]]  # a real message, with the reason and the facts that go with it

    def fits(self, reason: str, output: str, facts: Sequence[str]) -> dict[str, str] | None:
        """What is to be filled into its sentences, or None."""
        kind = re.search(r"\bthe change (\w+):", reason)
        if self.kinds and kind and kind[1] not in self.kinds:
            return None
        found: dict[str, str] = {}
        for pattern, text in (
            (self.fact, "\n".join(facts)), (self.reason, reason), (self.pattern, f"{output}\n{reason}"),
        ):  # fmt: skip
            if pattern is None:
                continue
            match = pattern.search(text)
            if match is None:
                return None
            found |= {name.rstrip("0123456789"): value for name, value in match.groupdict().items() if value}
        return found


UNKNOWN = Cause(
    "The last lines below say what went wrong.", "Read them, mend the cause (open a shell), then try again."
)


@cache
def records() -> tuple[Record, ...]:
    """All of them, in the order in which they are asked."""
    every = [record for topic in TOPICS for text in _texts(topic) for record in _read(text)]
    return (*(r for r in every if r.fact), *(r for r in every if not r.fact))


def likely(reason: str, output: str, facts: Sequence[str] = ()) -> Cause:
    """The first record that fits; what it names is filled in. facts: lines that were found on the server after the failure.

    The engine shows such facts below what was printed, as lines of their own.
    """
    facts = [*facts, *FACT.findall(output)]
    for record in records():
        found = record.fits(reason, output, facts)
        if found is not None:
            cause = record.cause
            what, advice, look = (_filled(text, found) for text in (cause.what, cause.advice, cause.look))
            return Cause(what, advice, look, cause.code)
    return UNKNOWN


def _texts(topic: str) -> Iterator[str]:
    if topic == "recipes":
        yield from (path.read_text(encoding="utf-8") for path in sorted(own_folder().glob("*/causes.toml")))
    else:
        yield resources.files(__package__).joinpath(f"{topic}.toml").read_text(encoding="utf-8")


def _read(text: str) -> Iterator[Record]:
    for data in tomllib.loads(text)["cause"]:
        yield Record(
            Cause(data["what"], data["do"], data.get("look", ""), data["code"]),
            _compiled(data, "fact"), _compiled(data, "reason"), _compiled(data, "pattern"),
            frozenset(data.get("kinds", ())),
            (data["seen"], data.get("seen_reason", ""), tuple(data.get("seen_facts", ()))),
        )  # fmt: skip


def _compiled(data: dict[str, Any], name: str) -> re.Pattern[str] | None:
    return re.compile(data[name], re.MULTILINE) if name in data else None


def _filled(text: str, found: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: found.get(m[1], "(see below)"), text)
