"""Text files of this person's own: read as UTF-8, whatever the language settings (locale) of this computer are.

Must not know what is in them.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from wizard.errors import UsageError

LARGEST = 8 * 2**20  # bytes; a file that a person writes is far smaller
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NoTextError(ValueError):
    """The file is no text in UTF-8; its words name the line and say what to do."""


def text_of(path: Path, *, largest: int = LARGEST) -> str:
    """The file's text, without the mark (BOM) that some editors put first. OSError; NoTextError, which is a ValueError."""
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise NoTextError(f"it has more than {largest} bytes")
    return decoded(data)


def checked_text_of(path: Path, what: str) -> str:
    """The same, as a UsageError that names the file: `cannot read WHAT PATH: …`."""
    try:
        return text_of(path)
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}", hint="make it readable for you") from error
    except NoTextError as error:
        raise UsageError(f"cannot read {what} {path}: {error}") from error


def decoded(data: bytes) -> str:
    """Bytes of a file as text; NoTextError names the first line that is not UTF-8."""
    if data.startswith(_UTF_16):
        raise NoTextError("line 1: it is in UTF-16; save it as UTF-8 (your editor's “Save as” offers it)")
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise NoTextError(f"line {_line(data, data.index(0))}: it is no text")
    try:
        return re.sub("\r\n?", "\n", data.decode())
    except UnicodeDecodeError as error:
        raise NoTextError(
            f"line {_line(data, error.start)} is not in UTF-8 (byte {data[error.start]:#04x}); save the file as UTF-8 "
            "(your editor's “Save as” offers it)"
        ) from error


def lenient(data: bytes) -> str:
    """For files that other programs read byte by byte (ssh's): a name in another encoding stays what it is (PEP 383)."""
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
