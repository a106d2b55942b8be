"""Words stand in the catalogue and the guides alone; what code names is there, with just the fields that it gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.sentences import entries, files, sentences
from wizard import catalog, text
from wizard.guide import read_guide

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
SAID = re.compile(
    r"(?:\b(?:say|refuse) \"?|(?<![\w)'])::)((?:[a-z][a-z0-9_]*[./])+[a-z0-9_]*)"
    r"((?:[ \t]+[a-z_]+=(?:\"(?:[^\"\\]|\\.)*\"|\{[^}]*\}|[^ \t;\n]*))*)"
)
OTHERS = frozenset({"details", "hint", "wants", "problems"})  # arguments of errors that are no fields
# what looks like a sentence and is none
NO_SENTENCES = {
    "sudo {} help", "root daemon bin sys", "from django.db import", "from django.conf import", "-P INPUT DROP",
    "the class {} has the kind", "apache2 lighttpd caddy", "SELECT rolsuper FROM", "DROP OWNED BY", "passwd group shadow",
    "whitenoise or psycopg", "prove way in", "keeping the lock", "x socket x", "x service x", "x x x", "python=$(",
    "found in the project", "npm run build", "date; cmp", "sudo systemctl", "wizard {}, Python {}",
    "# a useradd that was", "# and a power cut leaves", "# as the site's user: building", "# its home, and pip's cache",
    "# What it may write,", "for required in U.",
}  # fmt: skip
ROOMS = sorted(path.stem for path in (text.FOLDER / "en").glob("*.toml") if path.stem != "language")


@dataclass(frozen=True)
class Use:
    """A code that is named somewhere. prefix: it is the beginning of one; fields: None where they cannot be told; sure: it is

    not something else that looks like one.
    """

    code: str
    fields: frozenset[str] | None
    where: str
    prefix: bool = False
    sure: bool = True


def test_no_sentence_stands_in_code() -> None:
    found = [
        f"{path}:{line}: {said}"
        for path in files("wizard", "recipes")
        if not str(path).startswith("wizard/practice/sample_project")  # which is a site of its own
        for line, said in sentences(path)
        if not any(part in said for part in NO_SENTENCES)
    ]
    assert found == []


def test_each_code_that_is_named_has_words_and_gets_the_fields_that_they_name() -> None:
    known = {**_catalogue(), **_of_recipes()}
    wrong = []
    for use in uses():
        if use.prefix:
            if not any(code.startswith(use.code) for code in known):
                wrong.append(f"{use.where}: nothing begins with {use.code}")
        elif use.code not in known:
            if use.sure:
                wrong.append(f"{use.where}: {use.code} is not there")
        elif use.fields is not None and (missing := known[use.code] - use.fields):
            wrong.append(f"{use.where}: {use.code} wants {', '.join(sorted(missing))}")
    assert wrong == []


def test_all_words_of_the_catalogue_are_said_somewhere() -> None:
    named = {use.code for use in uses() if not use.prefix}
    prefixes = tuple(use.code for use in uses() if use.prefix)
    unsaid = [code for code in {**_catalogue(), **_of_recipes()} if code not in named and not code.startswith(prefixes)]
    assert unsaid == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_language_names_the_same_fields_as_english(room: str) -> None:
    for language in text.languages():
        for code, (words, _) in _entries(room, language).items():
            assert code in _catalogue(), f"{language}: {code} has no English words"
            assert _fields(words) <= _catalogue()[code], f"{language}: {code}"


def test_forms_of_a_plural_are_chosen_by_a_number() -> None:
    for room in ROOMS:
        for code, (_, forms) in _entries(room, "en").items():
            assert forms in (1, 2), f"{code} has {forms} forms, and English has two"


# -- what stands in the catalogue ---------------------------------------------------------------------------------------


@cache
def _catalogue() -> Mapping[str, frozenset[str]]:
    """Each code with the fields that its words name."""
    return {code: _fields(words) for room in ROOMS for code, (words, _) in _entries(room, "en").items()}


@cache
def _of_recipes() -> Mapping[str, frozenset[str]]:
    guides = {recipe.name: read_guide(recipe.folder, "en") for recipe in catalog.found()}
    return {f"{name}/{key}": _fields(words) for name, guide in guides.items() for key, words in guide.texts.items()}


def _entries(room: str, language: str) -> dict[str, tuple[str, int]]:
    """Code, all of its words, and how many forms they have. A hint belongs to its code."""
    if not (text.FOLDER / language / f"{room}.toml").is_file():
        return {}

    def walk(prefix: str, found: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, int]]]:
        if "text" in found:
            said = found["text"]
            yield prefix, (" ".join([*_forms(said), *_forms(found.get("hint", ""))]), len(_forms(said)))
        for name, value in found.items():
            if isinstance(value, dict):
                yield from walk(f"{prefix}.{name}", value)
            elif "text" not in found:
                yield f"{prefix}.{name}", (" ".join(_forms(value)), len(_forms(value)))

    return dict(walk(room, entries(room, language=language)))


def _forms(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


def _fields(words: str) -> frozenset[str]:
    return frozenset(text.FIELD.findall(words))


# -- what code names ----------------------------------------------------------------------------------------------------


@cache
def uses() -> tuple[Use, ...]:
    every = [*files("wizard", "recipes")]
    return tuple(use for path in every for use in (_in_shell(path) if path.suffix == ".sh" else _in_python(path)))


def _in_shell(path: Path) -> Iterator[Use]:
    yield from _said(path.read_text(encoding="utf-8"), str(path))


def _said(script: str, where: str) -> Iterator[Use]:
    for code, given in SAID.findall(script):
        if code.partition(".")[0] not in ROOMS and "/" not in code:
            continue
        composed = code.endswith((".", "_"))  # its end is a variable of the shell's, or of Python's
        yield Use(code, None if composed else frozenset(re.findall(r"[ \t]([a-z_]+)=", given)), where, prefix=composed)


def _in_python(path: Path) -> Iterator[Use]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    called: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            for code in _choices(node.args[0]):
                called |= {id(part) for part in ast.walk(code)}
                yield from _use(code, node, path)
    for node in ast.walk(tree):
        if id(node) in called:
            continue
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _said(node.value, where)
            if _is_code(node.value):
                yield Use(node.value, None, where, sure=False)
        elif isinstance(node, ast.JoinedStr):
            yield from _said(_plain(node), where)
            yield from _prefix(node, where)


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    """`"a" if … else "b"` names both."""
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    elif isinstance(node, ast.Constant | ast.JoinedStr):
        yield node


def _use(code: ast.expr, call: ast.Call, path: Path) -> Iterator[Use]:
    where = f"{path}:{call.lineno}"
    if isinstance(code, ast.JoinedStr):
        yield from _said(_plain(code), where)
        yield from _prefix(code, where)
        return
    value = code.value if isinstance(code, ast.Constant) else None
    if not isinstance(value, str):
        return
    yield from _said(value, where)
    if ast.unparse(call.func).endswith("recipe.text"):
        value = f"{path.parent.name}/{value}"
    elif not _is_code(value):
        return
    known = not any(keyword.arg is None for keyword in call.keywords) and not isinstance(call.func, ast.Subscript)
    speaks = re.search(r"(?:\btext|hint|Error|Refused|Lost|[a-z]refused|Ours)$", ast.unparse(call.func)) is not None
    others = frozenset() if ast.unparse(call.func).endswith("text") else OTHERS
    fields = frozenset(k.arg for k in call.keywords if k.arg) - others
    yield Use(value, fields if known and speaks else None, where, sure=speaks)


def _prefix(node: ast.JoinedStr, where: str) -> Iterator[Use]:
    first = node.values[0]
    begins = str(first.value) if isinstance(first, ast.Constant) else ""
    if re.fullmatch(r"[a-z][a-z0-9_]*\.([a-z0-9_]+[._])*", begins) and begins.partition(".")[0] in ROOMS:
        yield Use(begins, None, where, prefix=True)


def _plain(node: ast.JoinedStr) -> str:
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)


def _is_code(value: str) -> bool:
    return (
        CODE.fullmatch(value) is not None and value.partition(".")[0] in ROOMS and not value.endswith((".toml", ".sh"))
    )
