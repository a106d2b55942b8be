"""The packages that a Pipfile, its lock or a setup.cfg names, as lines of a requirements file, which pip can read.

Runs on the server, too, as a program (its argument is the file, the lines go to stdout): so nothing but the standard library
is imported, and nothing of what the files say is run. ValueError says what is wrong with a file.
"""

import configparser
import json
import sys
import tomllib
from typing import Any

# https://pipenv.pypa.io/en/latest/pipfile.html: markers may also be keys of their own
MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_system",
           "python_version", "python_full_version", "implementation_name")  # fmt: skip


def requirements(path: str, text: str) -> list[str]:
    """The lines for the file of this path, of which the name decides how it is read."""
    lines = FILES[path.rpartition("/")[2]](text)
    if any("\n" in line or "\r" in line for line in lines):
        raise ValueError(f"{path} has a line break inside a requirement")
    return lines


def python_of(path: str, text: str) -> str:
    """The Python that the file asks for, as a version specifier; "" for any."""
    name = path.rpartition("/")[2]
    if name == "setup.cfg":
        return _ini(text).get("options", "python_requires", fallback="").strip()
    data = tomllib.loads(text) if name == "Pipfile" else _table(json.loads(text or "{}"), "_meta")
    requires = _table(data, "requires")
    full, short = requires.get("python_full_version"), requires.get("python_version")
    return f"=={full}" if isinstance(full, str) else f"=={short}.*" if isinstance(short, str) and short != "3" else ""


def _pipfile(text: str) -> list[str]:
    data = tomllib.loads(text)
    return [*_indexes(data.get("source")), *(_line(name, wanted) for name, wanted in _table(data, "packages").items())]


def _pipfile_lock(text: str) -> list[str]:
    data = json.loads(text)
    packages = _table(data, "default")
    # pip wants a hash of all or of none, and a git repository has none
    hashed = all(isinstance(one, dict) and _texts(one.get("hashes")) for one in packages.values())
    lines = _indexes(_table(data, "_meta").get("sources"))
    for name, wanted in packages.items():
        hashes = "".join(f" --hash={one}" for one in _texts(wanted["hashes"])) if hashed else ""
        lines.append(_line(name, wanted) + hashes)
    return lines


def _setup_cfg(text: str) -> list[str]:
    value = _ini(text).get("options", "install_requires", fallback="")
    return [line.strip() for line in value.replace(";\n", "\n").splitlines() if line.strip()]


def _ini(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    return parser


def _line(name: str, wanted: Any) -> str:
    """One package of a Pipfile: a version, or a table."""
    if not isinstance(wanted, str | dict):
        raise ValueError(f"{name} is neither a version nor a table")
    table = wanted if isinstance(wanted, dict) else {"version": wanted}
    extras = f"[{','.join(_texts(table.get('extras')))}]" if _texts(table.get("extras")) else ""
    version = table["version"] if isinstance(table.get("version"), str) and table["version"] != "*" else ""
    markers = [str(table["markers"])] if table.get("markers") else []
    markers += [f"{key} {table[key]}" for key in MARKERS if key in table]
    end = " ; " + " and ".join(f"({one})" for one in markers) if markers else ""
    for kind in ("git", "hg", "svn", "bzr"):
        if kind in table:
            ref = f"@{table['ref']}" if table.get("ref") else ""
            where = f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
            return f"{name}{extras} @ {kind}+{str(table[kind]).removeprefix(f'{kind}+')}{ref}{where}{end}"
    if address := table.get("file") or table.get("url"):
        return f"{name}{extras} @ {address}{end}"
    if path := table.get("path"):
        return f"{path}{extras}{end}"
    return f"{name}{extras}{version}{end}"


def _indexes(sources: Any) -> list[str]:
    """Indexes beside the first: that one is the server's own, which may not reach the one that the file was made with."""
    urls = (
        [str(one["url"]) for one in sources if isinstance(one, dict) and "url" in one]
        if isinstance(sources, list)
        else []
    )
    return [f"--extra-index-url {url}" for url in urls[1:]]


def _texts(data: Any) -> list[str]:
    return [one for one in data if isinstance(one, str)] if isinstance(data, list) else []


def _table(data: Any, name: str) -> dict[str, Any]:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


FILES = {"Pipfile": _pipfile, "Pipfile.lock": _pipfile_lock, "setup.cfg": _setup_cfg}
"""How each file is read, by its name."""


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8-sig") as file:  # noqa: PTH123  (no import more than is needed)
            print(*requirements(sys.argv[1], file.read()), sep="\n")
    except (ValueError, OSError) as error:
        sys.exit(f"::project.list_unreadable\tfile={sys.argv[1]}\treason={error}")  # the client has the words (text.py)
