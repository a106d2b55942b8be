"""Text files of this person's own: read as UTF-8, whatever the language settings (locale) of this computer are.

Must not know what is in them.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from wizard.errors import UsageError
from wizard.text import text

LARGEST = 8 * 2**20  # bytes; a file that a person writes is far smaller
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NoTextError(ValueError):
    """The file is no text in UTF-8; its words name the line and say what to do."""


def text_of(path: Path, *, largest: int = LARGEST) -> str:
    """The file's text, without the mark (BOM) that some editors put first. OSError; NoTextError, which is a ValueError."""
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise NoTextError(text("files.too_large", bytes=largest))
    return decoded(data)


def checked_text_of(path: Path, what: str) -> str:
    """The same, as a UsageError that names the file: `cannot read WHAT PATH: …`."""
    try:
        return text_of(path)
    except OSError as error:
        raise UsageError("files.unreadable", what=what, path=path, reason=error.strerror) from error
    except NoTextError as error:
        raise UsageError("files.no_text", what=what, path=path, reason=error) from error


def decoded(data: bytes) -> str:
    """Bytes of a file as text; NoTextError names the first line that is not UTF-8."""
    if data.startswith(_UTF_16):
        raise NoTextError(text("files.utf16"))
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise NoTextError(text("files.binary", line=_line(data, data.index(0))))
    try:
        return re.sub("\r\n?", "\n", data.decode())
    except UnicodeDecodeError as error:
        raise NoTextError(
            text("files.not_utf8", line=_line(data, error.start), byte=f"{data[error.start]:#04x}")
        ) from error


def lenient(data: bytes) -> str:
    """For files that other programs read byte by byte (ssh's): a name in another encoding stays what it is (PEP 383)."""
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
