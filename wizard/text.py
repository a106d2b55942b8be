"""Words for a person: a code and its fields, said in the language in use.

All sentences stand in fronts/text/<language>/<room>.toml (and in the guides of recipes). Other code names them, as
`text("engine.lock.held", who=…)`, and decides on codes, never on words. Must not know any front.
"""

from __future__ import annotations

import locale
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from wizard.printable import printable

FOLDER = Path(__file__).parent / "fronts" / "text"
ENGLISH = "en"  # what is missing in another language is said in this one
FIELD = re.compile(r"\{([a-z_]\w*)\}")
# what `say` in engine/remote/prelude.sh prints: ::CODE, and NAME=VALUE after tabs; a line may have several
CODED = re.compile(r"^::[a-z0-9_./-]+(?:\t(?:[a-z_]+=|::)[^\t\n]*)*$", re.MULTILINE)
_chosen: list[str] = []
_recipes: dict[str, Callable[[str], str | None]] = {}  # what says the codes RECIPE/…


class Text(str):
    """Words that still know what they say. code: as in the catalogue; fields: what stands in the places of {…}."""

    code: str
    fields: dict[str, str]

    def __new__(cls, words: str, code: str = "", fields: Mapping[str, str] | None = None) -> Text:
        made = super().__new__(cls, words)
        made.code, made.fields = code, dict(fields or {})
        return made


def text(code: str, /, **fields: object) -> Text:
    """The words for this code. A sequence among the fields is joined by commas; what comes from elsewhere is made harmless.

    Where an entry has several forms (of a plural), the field `n` chooses. A code that no catalogue has is said as it is, with
    its fields: an error must not end in another one.
    """
    entry = _entry(code)
    if entry is None:
        shown = ", ".join(f"{name}: {_said(value)}" for name, value in fields.items())
        return formed(f"{code} ({shown})" if shown else code, code, fields)
    return formed(_form(entry, fields.get("n", 1)), code, fields)


def formed(words: str, code: str, fields: Mapping[str, object]) -> Text:
    """These words, with each {field} that is there in its place; other braces stay."""
    said = {name: _said(value) for name, value in fields.items()}
    return Text(FIELD.sub(lambda m: said.get(m[1], m[0]), words), code, said)


def has(code: str) -> bool:
    """Whether the catalogue has words for this code."""
    return _entry(code) is not None


def of_recipe(name: str, words: Callable[[str], str | None]) -> None:
    """Codes `name/…` are in these words from now on: those of the recipe's guide."""
    _recipes[name] = words


def hint(code: str, /, **fields: object) -> Text | None:
    """What to do next about this code; None where the catalogue has nothing about that."""
    return text(f"{code}.hint", **fields) if has(f"{code}.hint") else None


def from_output(output: str) -> str:
    """What a script of ours printed; its lines that name codes are put into words."""

    def said(line: re.Match[str]) -> str:
        texts = []
        for coded in line[0].removeprefix("::").split("\t::"):
            code, *pairs = coded.split("\t")
            texts.append(text(code, **dict(pair.split("=", 1) for pair in pairs)))
        return texts[0] if len(texts) == 1 else "; ".join(texts)

    return CODED.sub(said, output) if "::" in output else output


def coded(words: str) -> str:
    """The code and the fields of words, on one line, which are the same in every language; `from_output` says them again."""
    if not isinstance(words, Text) or not words.code:
        return words
    pairs = [f"{name}={' '.join(value.split())}" for name, value in sorted(words.fields.items())]
    return "\t".join([f"::{words.code}", *pairs])


def is_code(words: str) -> bool:
    """Whether this names an entry of the catalogue or of a guide, and is no sentence (of a recipe of one's own)."""
    return re.fullmatch(r"[a-z][a-z0-9_-]*(\.[a-z0-9_]+)+|[a-z][a-z0-9_]*/[a-z0-9_]+", words) is not None


def language() -> str:
    """The language in use: WIZARD_LANGUAGE, else that of the locale, where there is a catalogue for it; else English."""
    if not _chosen:
        use(os.environ.get("WIZARD_LANGUAGE") or _of_locale())
    return _chosen[0]


def use(wanted: str) -> None:
    """Speaks this language from now on: `pt_BR` is taken as pt where there is no catalogue of its own; unknown ones are English."""
    names = [re.sub(r"\W.*", "", wanted), re.split(r"[\W_]", wanted)[0]]
    _chosen[:] = [next((name for name in names if name in languages()), ENGLISH)]


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue."""
    return tuple(sorted(folder.name for folder in FOLDER.iterdir() if (folder / "language.toml").is_file()))


def _of_locale() -> str:
    # in the order of locale(7); the C library would need the locale to be installed
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return locale.normalize(next(filter(None, names), ENGLISH)) or ENGLISH


def _entry(code: str) -> Any:
    """A text, the forms of a plural, or None."""
    recipe, slash, name = code.partition("/")
    if slash:
        return _recipes[recipe](name) if recipe in _recipes else None
    for name in dict.fromkeys((language(), ENGLISH)):
        room, _, rest = code.partition(".")
        found: Any = _catalogue(FOLDER / name / f"{room}.toml")
        for part in rest.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, dict):
            found = found.get("text")
        if found is not None:
            return found
    return None


def _form(entry: Any, n: object) -> str:
    if isinstance(entry, str):
        return entry
    number = int(n) if str(n).isdecimal() else 1  # type: ignore[call-overload]
    index = _plural(FOLDER / language() / "language.toml")(number)
    return str(entry[min(index, len(entry) - 1)])


@cache
def _catalogue(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


@cache
def _plural(path: Path) -> Callable[[int], int]:
    """Which form a number has: gettext's formula for the language ("n != 1")."""
    import gettext

    made: Callable[[int], int] = gettext.c2py(_catalogue(path).get("plural", "n != 1"))
    return made


def _said(value: object) -> str:
    if isinstance(value, Text):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return printable(str(value))
