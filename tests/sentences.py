"""Finds sentences in code: texts for a person that stand elsewhere than in the catalogue and the guides.

`python -m tests.sentences wizard/engine` lists them. A sentence is a literal with three words or more that is no docstring,
no error of a programmer, and no command; in shell, what `echo` and `printf` print.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wizard.text import FOLDER

WORDS = re.compile(r"(?:(?:^|[\s“(])[A-Za-z’'é-]+[,.:;?!”)]*(?=\s)\s?){2,}\s?[“(]?[A-Za-z’']+")
NO_SENTENCE = re.compile(r"[$|\n]|&&| -[A-Za-z-]|\[\[|==|/\^|\\[bdsSw]|[A-Z]{4,} [A-Z]+ ")
SCRIPT = re.compile(r"[$|]|&&|^import |^from \S+ import |;\n|\bdo\n|\bthen\n|\[ ")
# lines of shell, SQL and Python that read like words
CODE = re.compile(r"\b(?:put_file|chown|if_unit|getent|REVOKE|GRANT|NULL|AND NOT|swap sw|assert|import os)\b|^false ")
PHRASE = re.compile(r"[“A-Za-z][\w’'“” ,:{}-]*[.:?!”]?")  # a short one, told from a command by its English words
ENGLISH = frozenset(
    ("the", "a", "an", "of", "to", "is", "are", "was", "be", "it", "its", "this", "that", "not", "no", "with", "for", "and", "or",
     "your", "you", "there", "cannot", "from", "by", "as", "in", "on", "at")
)  # fmt: skip
COMMANDS = (
    "apt",
    "systemctl",
    "dpkg",
    "git ",
    "journalctl",
    "runuser",
    "psql",
    "ufw ",
    "sshd ",
    "CREATE ",
    "SELECT ",
    "ALTER ",
)
PRINTS = re.compile(r"""\b(?:echo|printf|say|refuse)\s+(?:'([^']*)'|"((?:[^"\\]|\\.)*)")""")
COMPARING = {
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "search",
    "match",
    "fullmatch",
    "compile",
    "findall",
}
# what a programmer has done wrong; `step` and such are never shown to anybody
PROGRAMMERS = {
    "TypeError",
    "AssertionError",
    "ValueError",
    "LookupError",
    "KeyError",
    "AttributeError",
    "KindTaken",
    "NotImplementedError",
}


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".sh":
        yield from ((line, said) for line, text in enumerate(source.splitlines(), 1) for said in printed(text))
        return
    tree = ast.parse(source)
    exempt = {id(node) for parent in ast.walk(tree) for node in _exempt(parent)}
    for node in ast.walk(tree):
        text = _literal(node)
        if text is None or id(node) in exempt:
            continue
        yield from ((node.lineno, said) for said in printed(text))  # type: ignore[attr-defined]
        if is_sentence(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def is_sentence(text: str) -> bool:
    plain = re.sub(r"\{\}", "x", text).strip()
    if CODE.search(plain):
        return False
    if len(re.findall(r"[A-Za-z’']{2,}", plain)) < 2:
        return False
    english = sum(word in ENGLISH for word in re.findall(r"[A-Za-z’']+", plain))
    if NO_SENTENCE.search(plain) or plain.startswith(COMMANDS):
        return english > 2 and bool(WORDS.search(plain)) and not SCRIPT.search(plain)
    phrase = english > 0 and " " in plain and PHRASE.fullmatch(plain) is not None
    return phrase or bool(WORDS.search(plain))


def printed(script: str) -> Iterator[str]:
    """What a shell script prints in words."""
    for match in PRINTS.finditer(script):
        text = re.sub(r"\$\([^)]*\)|\$\{?\w+\}?|\\n", "x", match[1] or match[2] or "")
        if WORDS.search(text):
            yield text


def _literal(node: ast.AST) -> str | None:
    """A string; a format string with {} in its places."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "{}" for p in node.values
        )
    return None


def _exempt(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, what a programmer's errors say, and the parts of a format string, which is looked at as a whole."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        # a string that is a statement of its own says something to who reads the code
        yield from (
            line.value for line in node.body if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
        )
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in PROGRAMMERS:
        yield from (part for arg in node.args for part in ast.walk(arg))
    if isinstance(node, ast.Assert) and node.msg is not None:
        yield from ast.walk(node.msg)
    if isinstance(node, ast.Compare):  # what another program says
        yield from (node.left, *node.comparators)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COMPARING:
        yield from node.args
    if isinstance(node, ast.JoinedStr):
        yield from (part for part in node.values if isinstance(part, ast.Constant))


def entries(room: str, *groups: str, language: str = "en") -> dict[str, Any]:
    """What stands in one room of the catalogue, or in one group of it."""
    found: dict[str, Any] = tomllib.loads((FOLDER / language / f"{room}.toml").read_text(encoding="utf-8"))
    for group in groups:
        found = found[group]
    return found


def files(*places: str) -> Iterator[Path]:
    for place in places:
        folder = Path(place)
        yield from [folder] if folder.is_file() else sorted([*folder.rglob("*.py"), *folder.rglob("*.sh")])


if __name__ == "__main__":
    count = 0
    for path in files(*sys.argv[1:]):
        for line, text in sentences(path):
            count += 1
            print(f"{path}:{line}: {text[:110]}")
    print(f"{count} sentences")
