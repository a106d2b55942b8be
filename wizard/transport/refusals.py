"""Why a login that was let in does not reach a shell: by its exit status first, and by what was printed in its place.

Must not know how a script is sent.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.errors import ConnectError
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
        f"cannot use sudo: the sudo password of {login.user} on {login.host} is not the right one",
        hint="give the right one; it is the password of that user, not of root",
        wants="sudo_password",
    )


def shell_refused(login: Login, said: str, status: int | None) -> ConnectError:
    """The command was not run by a shell. status: how what ran in its place ended; None where it went on and on."""
    details = "\n".join(filter(None, [said, "" if status is None else f"exit status {status}"]))
    if "expired" in said or "assword change required" in said:
        return ConnectError(
            f"cannot run commands as {login.user}: the password of {login.user} is expired, and must be changed first",
            details=details,
            hint=f"log in once with `ssh {where(login)}`, set a new password, and start again",
        )
    message = f"cannot run commands as {login.user} on {login.host}: the login works, but its shell does not"
    if match := _WHOM.search(said):
        return _told_whom(login, match["user"], message, details)
    if status == 1 and (not said or "not available" in said):
        return ConnectError(
            message,
            details=details,
            hint=f"see what `ssh {where(login)} true` says; an account whose shell is /usr/sbin/nologin or /bin/false "
            f"gets one with: usermod -s /bin/bash {login.user}; or does a start file (~/.bashrc) end with `exit`?",
        )
    ends = "goes on in its place and takes no commands" if status is None else "ends it or runs in its place"
    return ConnectError(
        message,
        details=f"{details}\nsomething else {ends}: nothing of ours was run".strip(),
        hint=f"does a start file of {login.user} there (~/.bashrc, ~/.profile, ~/.zshenv, /etc/profile.d) start another "
        f"shell, tmux or a menu, or end with `exit`? Let it do so for terminals only, with this as its first line: {_GUARD} "
        "— or is it a forced command (command= in authorized_keys, ForceCommand in sshd_config)? "
        f"`ssh {where(login)} true` shows it",
    )


def _told_whom(login: Login, user: str, message: str, details: str) -> ConnectError:
    if user.lower() in _NO_USER or user == login.user:
        return ConnectError(
            f"{message}: the server does not want this account to be used",
            details=details,
            hint=f"log in as the account that was made with the server (your provider's page names it): "
            f"{target(replace(login, user='USER'))}",
        )
    return ConnectError(
        f"{message}: the server says to log in as {user}",
        details=details,
        hint=f"use {target(replace(login, user=user))}: that account has the same key, and becomes root by sudo",
    )


def sudo_refused(login: Login, said: str, status: int | None) -> ConnectError:
    """sudo was reached, and did not start the shell."""
    if "expired" in said or "assword change required" in said:
        return shell_refused(login, said, status)
    details = "\n".join(filter(None, [said, "" if status is None else f"exit status {status}"]))
    if status is None:
        return ConnectError(
            f"cannot use sudo as {login.user} on {login.host}: it waits for something",
            details=details,
            hint="does it ask for more than a password there (a code, a touch)? Use an account whose sudo does not",
        )
    if status == 127:
        return ConnectError(
            "cannot use sudo: it is not installed", details=details, hint="log in as root, or install sudo as root"
        )
    if "must have a tty" in said:
        return ConnectError(
            f"cannot use sudo as {login.user} on {login.host}: sudo wants a terminal there",
            details=details,
            hint="take the line `Defaults requiretty` out of /etc/sudoers as root, with visudo",
        )
    hint = f"allow it as root with: adduser {login.user} sudo"
    if not login.sudo_password:
        hint = f"give the sudo password of {login.user}; if it may not use sudo at all, {hint}"
    message = f"cannot use sudo as {login.user} on {login.host}"
    return ConnectError(message, details=details, hint=hint, wants="sudo_password")
