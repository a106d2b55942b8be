"""Why a login that was let in does not reach a shell: by its exit status first, and by what was printed in its place.

Must not know how a script is sent.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.errors import ConnectError
from wizard.text import text
from wizard.transport.base import Login

# Cloud images let root's key in only to say whom to log in as: cloud-init's disable_root_opts (Debian, Ubuntu, Amazon,
# Google, Oracle …), and what providers have made of it.
_WHOM = re.compile(
    r"(?:log ?in|connect) (?:as|with) (?:the )?(?:user(?:name)? )?[\"'`“]?(?P<user>[\w.-]{1,32})[\"'`”]?", re.IGNORECASE
)
_NO_USER = {"none", "a", "an", "another", "root", "user", "non-root"}
_GUARD = "case $- in *i*) ;; *) return ;; esac"


def where(login: Login) -> str:
    """The words for ssh(1) that lead to this login; an address of IPv6 stands there without brackets."""
    return f"{f'-p {login.port} ' if login.port != 22 else ''}{login.user}@{login.host}"


def target(login: Login) -> str:
    """The same as a target of this program."""
    host = f"[{login.host}]" if ":" in login.host else login.host
    return f"{login.user}@{host}" + (f":{login.port}" if login.port != 22 else "")


def wrong_sudo_password(login: Login) -> ConnectError:
    """sudo has asked again."""
    return ConnectError(
        "transport.refusals.sudo_password",
        user=login.user,
        host=login.host,
        wants="sudo_password",
    )


def shell_refused(login: Login, said: str, status: int | None) -> ConnectError:
    """The command was not run by a shell. status: how what ran in its place ended; None where it went on and on."""
    details = "\n".join(
        filter(None, [said, "" if status is None else text("transport.refusals.exit_status", status=status)])
    )
    if "expired" in said or "assword change required" in said:
        return ConnectError(
            "transport.refusals.password_expired",
            user=login.user,
            login=where(login),
            details=details,
        )
    message = text("transport.refusals.no_commands", user=login.user, host=login.host)
    if match := _WHOM.search(said):
        return _told_whom(login, match["user"], message, details)
    if status == 1 and (not said or "not available" in said):
        return ConnectError(
            message,
            details=details,
            hint=text("transport.refusals.no_shell", login=where(login), user=login.user),
        )
    ends = text("transport.refusals.in_its_place" if status is None else "transport.refusals.ended")
    return ConnectError(
        message,
        details=f"{details}\n{ends}".strip(),
        hint=text("transport.refusals.start_file", user=login.user, guard=_GUARD, login=where(login)),
    )


def _told_whom(login: Login, user: str, message: str, details: str) -> ConnectError:
    if user.lower() in _NO_USER or user == login.user:
        return ConnectError(
            "transport.refusals.account_closed",
            message=message,
            login=target(replace(login, user="USER")),
            details=details,
        )
    return ConnectError(
        "transport.refusals.other_account",
        message=message,
        user=user,
        login=target(replace(login, user=user)),
        details=details,
    )


def sudo_refused(login: Login, said: str, status: int | None) -> ConnectError:
    """sudo was reached, and did not start the shell."""
    if "expired" in said or "assword change required" in said:
        return shell_refused(login, said, status)
    details = "\n".join(
        filter(None, [said, "" if status is None else text("transport.refusals.exit_status", status=status)])
    )
    if status is None:
        return ConnectError(
            "transport.refusals.sudo_waits",
            user=login.user,
            host=login.host,
            details=details,
        )
    if status == 127:
        return ConnectError("transport.refusals.sudo_missing", details=details)
    if "must have a tty" in said:
        return ConnectError(
            "transport.refusals.sudo_terminal",
            user=login.user,
            host=login.host,
            details=details,
        )
    hint = text("transport.refusals.allow_sudo", user=login.user)
    if not login.sudo_password:
        hint = text("transport.refusals.give_sudo_password", user=login.user, hint_=hint)
    message = text("transport.refusals.sudo", user=login.user, host=login.host)
    return ConnectError(message, details=details, hint=hint, wants="sudo_password")
