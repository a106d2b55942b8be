"""Quoting, in one place: every name, answer and value that enters a script or a configuration passes here.

Each function returns text that the reader named in its title reads back as exactly the input, or raises UsageError.
"""

from __future__ import annotations

import re
import shlex

from wizard.errors import UsageError
from wizard.text import text as words

PLAIN = (
    r"[\w./:@+,=-]*"  # letters of any alphabet, digits, and signs that mean nothing to a shell, nginx, systemd or SQL
)
LONGEST = 128 * 1024 - 1  # bytes of one variable with its name: Linux starts no program with more (MAX_ARG_STRLEN)
NGINX_LONGEST = 2048  # bytes; nginx reads its configuration in pieces of 4096, and every byte here may need a backslash


class Quoted(str):
    """A text that has been through one of the functions here, and may stand in the kind of file that it was quoted for."""

    __slots__ = ()


def plain(value: object) -> object:
    """What a template puts into a file: a number, something Quoted, or a text in which no reader finds a sign of its own.

    UsageError for everything else: the template lacks a filter.
    """
    if isinstance(value, Quoted | int) or (isinstance(value, str) and re.fullmatch(PLAIN, value)):
        return value
    raise UsageError(
        "operations.quoting.unquoted",
        value=repr(value),
    )


def sh(value: object) -> str:
    """One word for a POSIX shell. NUL cannot be in a shell word (nor in an argument or environment of a process)."""
    text = str(value)
    _refuse_no_text(text, words("operations.quoting.shell"))
    return Quoted(shlex.quote(text))


def as_written(text: str) -> str:
    """Lines that a recipe adds to another one's file, in that file's own language: what a person gave is quoted in them already."""
    _refuse_no_text(text, words("operations.quoting.file"))
    return Quoted(text)


def in_shell(words: str, **values: str) -> str:
    """Words of the catalogue as one word for the shell, each {name} replaced by a piece of shell text, which is quoted already."""
    parts = re.split(r"\{([a-z_]+)\}", words)
    return "".join(values[part] if i % 2 else sh(part) for i, part in enumerate(parts) if part)


SAY = re.compile(r"\bsay ([a-z_.]+)((?: [a-z_]+=\"[^\"]*\")*)")


def for_a_person(script: str) -> str:
    """Shell text for a script that a person starts without us: what it would `say` by a code, it prints in words."""

    def printed(said: re.Match[str]) -> str:
        values = dict(re.findall(r" ([a-z_]+)=(\"[^\"]*\")", said[2]))
        return f"printf '%s\\n' {in_shell(words(said[1]), **values)}"

    return SAY.sub(printed, script)


def heredoc(text: str) -> str:
    """A shell's here-document of this text, with an end line that the text does not have."""
    end = "EOF"
    while f"\n{end}\n" in f"\n{text}\n":
        end += "_"
    return f"<<'{end}'\n{text}\n{end}"


def sql_literal(value: str) -> str:
    """A PostgreSQL string literal on one line, safe whatever standard_conforming_strings is.

    PostgreSQL manual, 4.1.2.2 "String Constants With C-Style Escapes".
    """
    _refuse_no_text(value, words("operations.quoting.sql_text"))
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return Quoted(f" E'{escaped}'" if "\\" in escaped else f"'{escaped}'")


def sql_identifier(value: str) -> str:
    """A quoted PostgreSQL identifier; longer than 63 bytes would be cut by the server, so that is refused.

    Control characters are refused because a line of a .pgpass file cannot hold them.
    """
    _refuse_no_text(value, words("operations.quoting.sql_name"))
    if not value or len(value.encode()) > 63 or _control(value):
        raise UsageError("operations.quoting.no_sql_name", value=repr(value))
    escaped = value.replace('"', '""')
    return Quoted(f'"{escaped}"')


def systemd_environment(name: str, value: str) -> str:
    """One line of an EnvironmentFile=, in double quotes (systemd.exec(5)); newlines are allowed inside the quotes.

    A backslash, a double quote, a backtick and a dollar are escaped, which a POSIX shell that sources the file reads alike.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise UsageError(
            "operations.quoting.variable_name",
            name=repr(name),
        )
    if name == "OPTIND":
        raise UsageError("operations.quoting.optind")
    _refuse_no_text(value, words("operations.quoting.variable", name=name))
    if bad := [c for c in value if _control(c, but="\t\n") or _is_no_character(c)]:
        raise UsageError(
            "operations.quoting.variable_character",
            name=name,
            bad=repr(bad[0]),
        )
    if len(f"{name}={value}".encode()) > LONGEST:
        raise UsageError(
            "operations.quoting.variable_too_long",
            name=name,
            longest=LONGEST,
        )
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return Quoted(f'{name}="{escaped}"')


def nginx_string(value: str) -> str:
    """A double-quoted nginx parameter. nginx has no escape for `$`, so a value with one is refused."""
    _refuse_no_text(value, "nginx's configuration")
    if "$" in value or _control(value) or len(value.encode()) > NGINX_LONGEST:
        raise UsageError(
            "operations.quoting.nginx",
            value=repr(value[:200]),
            nginx_longest=NGINX_LONGEST,
        )
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return Quoted(f'"{escaped}"')


def _control(value: str, *, but: str = "") -> bool:
    return any((ord(c) < 32 or ord(c) == 127) and c not in but for c in value)


def _is_no_character(c: str) -> bool:
    """Code points that Unicode sets apart for programs' own use; systemd counts them as broken UTF-8."""
    return 0xFDD0 <= ord(c) <= 0xFDEF or ord(c) & 0xFFFE == 0xFFFE


def _refuse_no_text(value: str, what: str) -> None:
    """NUL ends a text for C; half of a UTF-16 pair stands for bytes that were no UTF-8 (PEP 383)."""
    if bad := re.search("[\0\ud800-\udfff]", value):
        raise UsageError("operations.quoting.no_text", bad=repr(bad[0]), what=what)
