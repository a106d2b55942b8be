"""A requirements file and those that it includes as one, without some packages.

Runs on the server, too, as a program (its arguments are the file and the packages' names, the lines go to stdout): so nothing
but the standard library is imported. https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import os
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r"\s*(?:-r\s*|--requirement[\s=]+)(\S+)")
CONSTRAINT = re.compile(r"\s*(?:-c\s*|--constraint[\s=]+)(\S+)")
NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
URL = re.compile(r"[a-z+]+://")


def flattened(path: Path, names: set[str], seen: set[Path] | None = None) -> list[str]:
    """The lines, without those of the packages `names` (PEP 503), without comments, and without hashes: what takes the place of
    a line has none, and pip wants a hash of all or of none. OSError where a file cannot be read.
    """
    seen = set() if seen is None else seen
    if path in seen:
        return []
    seen.add(path)
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    lines: list[str] = []
    for written in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*$", "", written).rstrip()
        if (match := INCLUDE.match(line) or CONSTRAINT.match(line)) and not URL.match(match[1]):
            below = Path(os.path.normpath(path.parent / match[1]))
            included = INCLUDE.match(line) is not None
            lines += flattened(below, names, seen) if included else [f"--constraint {below.absolute()}"]
        elif not (match := NAME.match(line)) or re.sub(r"[-_.]+", "-", match[1]).lower() not in names:
            lines.append(re.sub(r"\s+--hash[\s=]\S+", "", line).rstrip())
    return [line for line in lines if line.strip()]


if __name__ == "__main__":
    print(*flattened(Path(sys.argv[1]), set(sys.argv[2:])), sep="\n")
