"""Quoting, in one place: every name, answer and value that enters a script or a configuration passes here.

Each function returns text that the reader named in its title reads back as exactly the input, or raises UsageError.
"""

from __future__ import annotations

import re
import shlex

from wizard.errors import UsageError


def sh(value: object) -> str:
    """One word for a POSIX shell. NUL cannot be in a shell word (nor in an argument or environment of a process)."""
    text = str(value)
    if "\0" in text:
        raise UsageError("cannot use a value with a NUL character in it", hint="remove the character")
    return shlex.quote(text)


def sql_literal(value: str) -> str:
    """A PostgreSQL string literal, safe whatever standard_conforming_strings is.

    PostgreSQL manual, 4.1.2.2 "String Constants With C-Style Escapes".
    """
    _refuse_nul(value, "a PostgreSQL text")
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f" E'{escaped}'" if "\\" in value else f"'{escaped}'"


def sql_identifier(value: str) -> str:
    """A quoted PostgreSQL identifier; longer than 63 bytes would be cut by the server, so that is refused."""
    _refuse_nul(value, "a PostgreSQL name")
    if not value or len(value.encode()) > 63:
        raise UsageError(f"cannot use {value!r} as a PostgreSQL name: it must have 1 to 63 bytes")
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


def systemd_environment(name: str, value: str) -> str:
    """One line of an EnvironmentFile=, in double quotes (systemd.exec(5)); newlines are allowed inside the quotes.

    A backslash, a double quote, a backtick and a dollar are escaped, which a POSIX shell that sources the file reads alike.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise UsageError(
            f"cannot use {name!r} as the name of an environment variable",
            hint="use letters, digits and underscores, not starting with a digit",
        )
    _refuse_nul(value, f"the environment variable {name}")
    bad = [c for c in value if (ord(c) < 32 and c not in "\t\n") or ord(c) == 127]
    if bad:
        raise UsageError(
            f"cannot write the environment variable {name}: systemd refuses the control character {bad[0]!r}",
            hint="remove it, or keep the value in a file and give the program the file's path",
        )
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return f'{name}="{escaped}"'


def nginx_string(value: str) -> str:
    """A double-quoted nginx parameter. nginx has no escape for `$`, so a value with one is refused."""
    if "$" in value or any(ord(c) < 32 for c in value):
        raise UsageError(
            f"cannot write {value!r} into nginx's configuration", hint="use no $ and no control characters"
        )
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refuse_nul(value: str, what: str) -> None:
    if "\0" in value:
        raise UsageError(f"cannot use a NUL character in {what}", hint="remove the character")
