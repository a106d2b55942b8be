"""Hostile values: generated texts that any reader might take for more than a text, each of which tries to leave a trace.

A trace is a file in CANARIES; none may be there when everything was read. Must not know who reads them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from wizard.errors import UsageError

CANARIES = "/run/canaries"
TOUCH = f">{CANARIES}/sh"
ATTACKS = [  # by the reader that they are meant for
    f"$({TOUCH})", f"`{TOUCH}`", f"';{TOUCH};'", f'";{TOUCH};"', f"\n{TOUCH}\n", f"|{TOUCH}", f"&&{TOUCH}", f"&{TOUCH}",
    f"${{x:-$({TOUCH})}}", f"\nEOF\n{TOUCH}\n", f"\nSQL\n{TOUCH}\n", f"\nBUILD\n{TOUCH}\n", f"\\';{TOUCH};\\'", f";{TOUCH}#",
    f"'; COPY (SELECT 1) TO PROGRAM 'touch {CANARIES}/sql'; --", f"\\! touch {CANARIES}/psql\n", f"\n\\! touch {CANARIES}/psql\n",
    f'"; COPY (SELECT 1) TO PROGRAM $$touch {CANARIES}/sql$$; --', "$$;", ":'verifier'", "\\gexec", "\\g",
    f"\nExecStartPre=/usr/bin/touch {CANARIES}/unit\n", "%n", "%h", "%%", "%i", f"; error_log {CANARIES}/nginx; #",
    f'"; error_log {CANARIES}/nginx; "', "} server {", "$host", "${document_root}", "{{ a }}", "{% raw %}", "{0}", "%(x)s",
    f"__import__('os').system('touch {CANARIES}/py')", f"'+__import__('os').system('touch {CANARIES}/py')+'",
    f"/e;s/x/{TOUCH}/e", "ext::sh", "--upload-pack=sh", "-oProxyCommand=sh", "--help", "-", "--", "-n", "-e",
    "../../../etc/passwd", "/etc/shadow", "~root", "*", "?", "[a-z]", "{a,b}", "!x", "!!", "#x", " #", "=", "a=b",
]  # fmt: skip
SIGNS = [*" \t\n'\"\\`$&|;<>(){}[]*?!#~%^=:,@/.-+_", "\r", "\x1b[31m", "\x1b]0;t\x07", "\x7f", "\x01", "\x9b", "\0"]
LETTERS = [
    *"abcxyzABZ019",
    "é",
    "ß",
    "☃",
    "𝄞",
    "\u202e",
    "\u2066",
    "e\u0301\u0323",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\u0085",
    "ı",
    "Ǆ",
    "٣",
]
RARE = ["\ufffe", "\uffff", "\ufdd0", "\U0010ffff", "\udc80", "\ud800", "x" * 4096]
HUGE = 65536


def texts(count: int, seed: int, *, longest: int = 10) -> Iterator[str]:
    """So many values, the same ones for the same seed: attacks, signs, letters and rarities, mixed."""
    chance = random.Random(seed)
    yield from ("", "x" * HUGE, "$(id)" * (HUGE // 5), *ATTACKS[: count - 3])
    for _ in range(count - 3 - len(ATTACKS)):
        kinds = chance.choices([ATTACKS, SIGNS, LETTERS, RARE], [4, 6, 6, 0.2], k=chance.randint(1, longest))
        yield "".join(chance.choice(kind) for kind in kinds)


def accepted(values: Iterator[str], quote: Callable[[str], str]) -> tuple[list[tuple[str, str]], int]:
    """Those that are taken, each with its quoted form; and how many were refused, each with words for a person."""
    taken, refused = [], 0
    for value in values:
        try:
            taken.append((value, quote(value)))
        except UsageError as error:
            assert error.message.startswith("cannot ")
            refused += 1
    return taken, refused
