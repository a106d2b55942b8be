"""Text that came from elsewhere (a server, a project, another program), made harmless for a terminal.

A sequence of signs can retitle, recolour or remote-control a terminal, or show other words than are there. Must not import
any other part of the program.
"""

from __future__ import annotations

import re
from typing import Any

SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*[0-Z\\-~])")
# C0 but for tab and newline, DEL, C1 (of which U+009B begins a sequence, too), and what turns the direction of writing round
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HALF = re.compile("[\ud800-\udfff]")  # bytes that were no UTF-8 (PEP 383): writing them to a terminal would fail


def printable(text: str) -> str:
    """The text without what a terminal would act on; of a progress bar, each line shows what it showed last."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    shown = HALF.sub("\ufffd", CONTROL.sub("", SEQUENCE.sub("", "\n".join(lines))))
    return text if shown == text else shown  # words from the catalogue stay what they are


def all_printable(value: Any) -> Any:
    """The same for every text in tuples, lists and dictionaries."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {all_printable(k): all_printable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(all_printable(v) for v in value)
    return value
