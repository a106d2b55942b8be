"""The most likely cause of a failure: from facts that were found on the server, from how it ended, from what was printed.

The records are data, in the .toml files beside this and in the recipes' causes.toml; server.toml says what is in one. Their words
are in the catalogue, or for a recipe in its causes.toml (in another language its causes.<language>.toml). It helps a person to look
in the right place, and nothing is decided by it.
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
from wizard.text import Text, formed, language, text

# the order in which they are asked: what our own connection says of itself, then what is special, then what is general
TOPICS = ("connection", "checks", "server", "code", "python", "django", "recipes", "services", "general")


@dataclass(frozen=True)
class Cause:
    """what: the likely cause in a sentence; advice: the next thing to do; look: a command that shows more, or "". code: "" where

    no cause is known.
    """

    what: str
    advice: str
    look: str = ""
    code: str = ""

    @property
    def known(self) -> bool:
        return bool(self.code)

    def lines(self) -> list[str]:
        """For a person who reads lines: cause, advice, command; of no known cause nothing."""
        if not self.known:
            return []
        look = [text("causes.said.look", command=self.look)] if self.look else []
        return [text("causes.said.cause", what=self.what), self.advice, *look]


@dataclass(frozen=True)
class Record:
    """What leads to a cause. fact, codes and pattern must all fit, where they are given; kinds: of changes, or all.

    codes: of what the wizard itself says, with those in its fields. seen: a real message, what the wizard says, and the facts.
    what, do: its words, where they are not in the catalogue. look: a command that shows more, or "".
    """

    code: str
    what: str
    do: str
    look: str
    fact: re.Pattern[str] | None
    codes: re.Pattern[str] | None
    pattern: re.Pattern[str] | None
    kinds: frozenset[str]
    seen: tuple[str, str, tuple[str, ...]]

    def fits(self, reason: str, output: str, facts: Sequence[str]) -> dict[str, str] | None:
        """What is to be filled into its sentences, or None."""
        said = [*_texts_in(reason)]
        kinds = {one.fields["key"].partition(":")[0] for one in said if "key" in one.fields}
        if self.kinds and kinds and not kinds & self.kinds:
            return None
        codes = " ".join(one.code for one in said)
        found: dict[str, str] = {}
        if self.codes is not None:
            if not self.codes.search(codes):
                return None
            found = {name: value for one in said for name, value in one.fields.items()}
        for pattern, where in (
            (self.fact, "\n".join(facts)), (self.pattern, f"{output}\n{reason}\n{codes}"),
        ):  # fmt: skip
            if pattern is None:
                continue
            match = pattern.search(where)
            if match is None:
                return None
            found |= {name.rstrip("0123456789"): value for name, value in match.groupdict().items() if value}
        return found

    def cause(self, found: dict[str, str]) -> Cause:
        """The cause in words, with what was found filled in."""
        patterns = [pattern for pattern in (self.fact, self.codes, self.pattern) if pattern is not None]
        named = {name.rstrip("0123456789") for pattern in patterns for name in pattern.groupindex}
        fields = dict.fromkeys(named, text("causes.said.below")) | found
        what, do = (
            formed(given, self.code, fields) if given else text(f"causes.{self.code}.{part}", **fields)
            for part, given in (("what", self.what), ("do", self.do))
        )
        return Cause(what, do, formed(self.look, "", fields), self.code)


def unknown() -> Cause:
    """What is said where no cause is known."""
    return Cause(text("causes.unknown.what"), text("causes.unknown.do"))


@cache
def records() -> tuple[Record, ...]:
    """All of them, in the order in which they are asked."""
    every = [record for topic in TOPICS for texts in _texts(topic) for record in _read(*texts)]
    return (*(r for r in every if r.fact), *(r for r in every if not r.fact))


def likely(reason: str, output: str, facts: Sequence[str] = ()) -> Cause:
    """The first record that fits; what it names is filled in. facts: lines that were found on the server after the failure.

    The engine shows such facts below what was printed, as lines of their own.
    """
    facts = [*facts, *_facts_in(output)]
    for record in records():
        found = record.fits(reason, output, facts)
        if found is not None:
            return record.cause(found)
    return unknown()


def _facts_in(output: str) -> list[str]:
    """The facts that the engine has put below what was printed."""
    before, _, after = text("engine.worker.fact", fact="|").partition("|")
    return re.findall(rf"^{re.escape(before)}(.+){re.escape(after)}$", output, re.MULTILINE)


def _texts(topic: str) -> Iterator[tuple[str, str]]:
    """TOML texts, each with one of the same records' words in the language in use, or ""."""
    if topic == "recipes":
        for path in sorted(own_folder().glob("*/causes.toml")):
            other = path.with_name(f"causes.{language()}.toml")
            yield path.read_text(encoding="utf-8"), other.read_text(encoding="utf-8") if other.is_file() else ""
    else:
        yield resources.files(__package__).joinpath(f"{topic}.toml").read_text(encoding="utf-8"), ""


def _read(records: str, words: str) -> Iterator[Record]:
    translated = {data["code"]: data for data in tomllib.loads(words).get("cause", ())}
    for data in tomllib.loads(records)["cause"]:
        said = data | translated.get(data["code"], {})
        yield Record(
            data["code"], said.get("what", ""), said.get("do", ""), data.get("look", ""),
            _compiled(data, "fact"), _compiled(data, "codes"), _compiled(data, "pattern"),
            frozenset(data.get("kinds", ())),
            (data["seen"], _reason(data), tuple(data.get("seen_facts", ()))),
        )  # fmt: skip


def _reason(data: dict[str, Any]) -> str:
    """What the wizard says with the message of a record: the first code, the others inside of it."""
    said = ""
    for code in reversed(data.get("seen_codes", ())):
        said = Text(code, code, {**data.get("seen_fields", {}), "inside": said})
    return said


def _texts_in(said: str) -> Iterator[Text]:
    """These words, where they have a code, and those in their fields."""
    if isinstance(said, Text):
        yield said
        for value in said.fields.values():
            yield from _texts_in(value)


def _compiled(data: dict[str, Any], name: str) -> re.Pattern[str] | None:
    return re.compile(data[name], re.MULTILINE) if name in data else None
