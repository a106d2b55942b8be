"""What a server says may be anything, damaged or made up: making it out either works, or is an error in words."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from wizard.errors import WizardError

JOURNAL_LIMIT = 64 * 2**20  # bytes; no set-up writes a hundredth of it


@contextmanager
def decoding(server: object) -> Iterator[None]:
    """WizardError for whatever making out goes wrong with in the block. server: as the error names it."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, zlib.error, EOFError) as error:
        raise WizardError(
            "engine.decode.unreadable",
            server=server,
            details=f"{type(error).__name__}: {error}"[:300],
        ) from error


def unzipped(data: bytes) -> bytes:
    """The content of a file that came through gzip. ValueError beyond JOURNAL_LIMIT: a little data can unfold to a lot."""
    if not data:
        return b""
    unzip = zlib.decompressobj(wbits=31)  # 31: with gzip's header (zlib.h, inflateInit2)
    content = unzip.decompress(data, JOURNAL_LIMIT)
    if unzip.unconsumed_tail or not unzip.eof:
        raise ValueError("the journal is cut off, or too large")
    return content
