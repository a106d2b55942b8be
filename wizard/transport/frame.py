"""How a script is handed to a server's shell: the command in argv, and what goes over stdin around the script.

Nothing that is secret or long stands in the command: the script, a password and a file's content travel over stdin.
This module must not know how bytes get there (paramiko), nor what a script means.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from wizard.transport.base import Login

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# All that a script gets of its login's environment (/etc/environment, shell start files, sshd's PermitUserEnvironment):
# where it came from, and the proxies, without which apt and pip reach nothing on a closed network. Everything else could
# change what a program does: POSIXLY_CORRECT, PGHOST, LD_PRELOAD, TMPDIR, PYTHONPATH, GIT_DIR, GREP_OPTIONS …
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
_PROXIES = (*PROXIES, *(name.upper() for name in PROXIES))
_KEPT = (*_PROXIES, "HOME", "SSH_CONNECTION", "SUDO_USER")
_FIXED = f"PATH={PATH} LC_ALL=C.UTF-8"
_FRESH = f"exec /usr/bin/env -i {_FIXED} " + " ".join(f'{n}="${n}"' for n in _KEPT) + ' /bin/sh -c "$0"'
# one that is not set must not be there as an empty one
_CLEAN = " ".join(f'[ -n "${n}" ] || unset {n};' for n in (*_PROXIES, "SUDO_USER")) + " umask 022; cd /"
_READ_ALL = 'eval "$(cat)"'
# mktemp makes the file 0600 before there is content; a content that was cut off lacks the mark and never gets the name.
_STORE = """\
IFS= read -r path; t=$(mktemp "$path.XXXXXX") && {{ chmod {mode:04o} "$t" && cat >"$t" && \
[ "$(tail -c {size} "$t")" = {mark} ] && truncate -s -{size} "$t" && sync "$t" && mv -fT "$t" "$path" && \
sync "$(dirname "$path")" || {{ rm -f "$t"; exit 1; }}; }}"""


@dataclass(frozen=True)
class Frame:
    """One script's way to the shell.

    command: for sshd to execute; mark: the line that stdout and stderr carry when the right shell is there, before which
    nothing may be sent: a start file may have put another program in its place; prompt: what sudo writes to stderr each
    time it wants a password, before which none may be sent; password: that one, as a line.
    """

    command: str
    mark: bytes
    prompt: bytes
    sudo: bool
    password: bytes = field(default=b"", repr=False)


def script_frame(login: Login, *, root: bool) -> Frame:
    """A frame whose remaining stdin is one script, as `wrapped` makes it."""
    return _frame(login, root, secrets.token_hex(16), _READ_ALL)


def wrapped(script: str) -> bytes:
    """The script as one compound command, so that the shell runs nothing of it if the connection cuts it short."""
    return f"{{ :\n{script}\n\n}}\n".encode()


def store_frame(login: Login, mode: int) -> Frame:
    """A frame whose remaining stdin is the path, a newline, the content and the mark."""
    mark = secrets.token_hex(16)
    return _frame(login, True, mark, _STORE.format(mode=mode, size=len(mark), mark=mark))


def _frame(login: Login, root: bool, mark: str, program: str) -> Frame:
    """No quote, backslash or exclamation mark inside the quotes: the login shell may be a csh or fish."""
    sudo = root and login.user != "root"
    password = login.sudo_password if sudo else None
    prompt = f"password-{mark}:"
    command = f"/bin/sh -c '{_FRESH}' '{_CLEAN}; echo {mark} >&2; echo {mark}; {program}'"
    if sudo:
        asks = f"-k -S -p {prompt}" if password else "-n"
        command = f"env LC_ALL=C sudo {asks} -- {command}"
    line = f"{password.reveal()}\n".encode() if password else b""
    return Frame(command, mark.encode(), prompt.encode(), sudo=sudo, password=line)
