"""Accounts of people and of services, their authorised keys and their sudo rules.

Must not know what a password is once it is set: observations tell only whether there is one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations.base import Blob, Foreign, Operation, State, not_journalled
from wizard.operations.file import File, FileState
from wizard.operations.quoting import sh
from wizard.secret import Secret
from wizard.text import text as in_words

# A person's password is short: its bare hash, which names the blob, could be guessed from. This goes in front of it.
SALT = secrets.token_hex(16)
NONE, SET = "none", "set"
PEOPLE = 1000  # the first number of a person's account (FIRST_UID of adduser.conf)
PASSWORD_BYTES = 255  # sudo 1.8 reads no more of a password, PAM no more than 511


@dataclass(frozen=True)
class UserState(State):
    """password: "none" (no password logs in), "locked" (one is there, switched off), "empty" or "set"; never its hash.

    Where the user does not exist, gid is that of a group of its name, and home is set if something is there already.
    """

    exists: bool = False
    uid: int = -1
    gid: int = -1
    home: str = ""
    shell: str = ""
    groups: tuple[str, ...] = ()
    password: str = NONE


# One awk over the local files: no name service is asked, and no hash is printed.
OBSERVE = """\
awk -F: -v user={name} '
FILENAME == "/etc/passwd" && $1 == user {{ found = 1; uid = $3; gid = $4; home = $6; shell = $7 }}
FILENAME == "/etc/group" && $1 == user && !found {{ gid = $3 }}
FILENAME == "/etc/group" {{ n = split($4, m, ","); for (i = 1; i <= n; i++) if (m[i] == user) groups = groups " " $1 }}
FILENAME == "/etc/shadow" && $1 == user {{ hash = $2 }}
END {{ if (!found) {{ printf "absent|%s|", gid; exit }}
    password = hash == "" ? "empty" : hash ~ /^[!*]+$/ ? "none" : hash ~ /^!/ ? "locked" : "set"
    printf "user|%s|%s|%s|%s|%s|%s", gid, uid, home, shell, password, groups }}' /etc/passwd /etc/group /etc/shadow
if [ -e {home} ] || [ -L {home} ]; then echo '|there'; else echo '|'; fi"""

# Every account tool rewrites some of these, and keeps the generation before in a file with a dash.
ACCOUNT_FILES = "passwd group shadow gshadow subuid subgid passwd- group- shadow- gshadow- subuid- subgid-"

REMEMBER = f"""\
# the account files as they were, so that going back can leave them byte for byte so
if [ ! -d "$change/accounts" ]; then
    rm -rf "$change/accounts.new"
    mkdir "$change/accounts.new"
    for f in {ACCOUNT_FILES}; do if [ -e "/etc/$f" ]; then cp -p "/etc/$f" "$change/accounts.new/$f"; fi; done
    sync "$change/accounts.new"/* "$change/accounts.new"
    mv "$change/accounts.new" "$change/accounts"
fi"""

REMEMBER_DONE = f"""\
(cd /etc; for f in {ACCOUNT_FILES}; do if [ -e "$f" ]; then sha256sum "$f"; else echo "absent $f"; fi; done) \
>"$change/accounts.done\""""

# Which of them nobody has touched since: looked at before the first account tool of the undo touches them.
UNTOUCHED = """\
if [ -f "$change/accounts.done" ] && [ ! -e "$change/accounts.same" ]; then
    (cd /etc; while read -r sum f; do
        if [ "$sum" = absent ]; then [ -e "$f" ] || echo "$f"
        elif [ -e "$f" ] && [ "$(sha256sum <"$f")" = "$sum  -" ]; then echo "$f"; fi
    done) <"$change/accounts.done" >"$change/accounts.list"
    mv "$change/accounts.list" "$change/accounts.same"
fi"""

PUT_BACK = """\
# account files that nobody else changed since are put back exactly as they were
if [ -e "$change/accounts.same" ]; then
    while read -r f; do
        if [ ! -e "$change/accounts/$f" ]; then case $f in sub* | *-) rm -f "/etc/$f" ;; esac
        else restore_account_file "$change/accounts/$f" "$f"; fi
    done <"$change/accounts.same"
fi
rm -f "$change/accounts.same" "$change/accounts.done"
sync "$change"
rm -rf "$change/accounts\""""

REMOVE = """\
if [ "${{SUDO_USER:-}}" = {name} ]; then
    say operations.user.logged_in name={name} >&2; exit 1
fi
uid=$(getent passwd {name} | cut -d: -f3)
if [ "$uid" = 0 ]; then say operations.user.is_root name={name} >&2; exit 1; fi
if [ -n "$uid" ]; then
    # nobody may be logged in as it, and nothing may run as it
    loginctl terminate-user {name} 2>/dev/null || :
    pkill -KILL -u "$uid" || :
    systemctl stop "user@$uid.service" "user-$uid.slice" 2>/dev/null || :
    n=0; while pgrep -u "$uid" >/dev/null && [ "$n" -lt 50 ]; do sleep 0.2; n=$((n + 1)); done
    # what it wrote elsewhere is not ours to remove, but has no owner from now on
    find / -xdev -uid "$uid" ! -path {home} ! -path {home}/'*' ! -path '/var/mail/*' ! -path '/var/spool/mail/*' \
-print 2>/dev/null | head -n 50 | while read -r path; do say operations.user.left_behind name={name} path="$path"; done
fi
{remove_home}
if [ -n "$uid" ]; then userdel {name}; fi
rm -f /var/mail/{name}"""

REMOVE_HOME = """\
owner=$(stat -c %u {home} 2>/dev/null || :)
# root's or nobody's, where making the account was interrupted: there was no home before
if [ -d {home} ] && [ ! -L {home} ] &&
    {{ [ "$owner" = "$uid" ] || [ "$owner" = 0 ] || ! getent passwd "$owner" >/dev/null; }}; then
    # sudo leaves an empty stamp in the home of whoever uses it
    if [ -n "$(diff -rq --no-dereference --exclude=.sudo_as_admin_successful /etc/skel {home} 2>&1)" ]; then
        begin_save home-{name} .tar.gz
        tar -C {home} --one-file-system -czf "$saved.part" .
        end_save {saved} {back}
    fi
    rm -rf --one-file-system {home}
fi"""


@dataclass(frozen=True)
class User(Operation):
    """An account. Of one that is there already only groups are added, and a password is set where it has none."""

    kind: ClassVar[str] = "user"
    state = UserState
    name: str
    system: bool = False
    shell: str = "/bin/bash"
    home: str = ""
    groups: tuple[str, ...] = ()
    password_blob: str = ""  # its name: a change is finished from the journal alone, where the password is not
    password: Secret | None = not_journalled(default=None, repr=False)

    @property
    def identity(self) -> str:
        return self.name

    def observe(self) -> str:
        return OBSERVE.format(name=sh(self.name), home=sh(self.home))

    def parse(self, text: str) -> UserState:
        kind, gid, *rest, there = text.strip("\n").split("|")
        if kind == "absent":
            return UserState(gid=int(gid or -1), home=self.home if there else "")
        uid, home, shell, password, groups = rest[:5]
        return UserState(True, int(uid), int(gid), home, shell, tuple(sorted(groups.split())), password)

    def foreign(self, found: UserState) -> Iterable[Foreign]:
        if not found.exists and found.gid >= 0:
            yield Foreign(
                f"group:{self.name}",
                in_words("operations.user.group", name=self.name, gid=found.gid),
                in_words("operations.user.group_rights"), adoptable=False,
            )  # fmt: skip
        if not found.exists:
            return
        groups = ", ".join(g for g in found.groups if g != self.name) or "-"
        what = in_words(
            "operations.user.account",
            name=self.name,
            uid=found.uid,
            shell=found.shell,
            groups=groups,
            password=found.password,
        )
        unfit = self._unfit(found)
        added = ", ".join(g for g in self.groups if g not in found.groups)
        kind = "site" if self.system else "person_in_groups" if added else "person"
        does = unfit or in_words(f"operations.user.adopted.{kind}", added=added)
        yield Foreign(f"user:{self.name}", what, does, adoptable=not unfit)

    def _unfit(self, found: UserState) -> str:
        """Why this account can be neither a site's nor a person's, as the operation would have it; "" where it can."""
        no_shell = found.shell.endswith(("/nologin", "/false"))
        if not self.system:
            if found.uid < PEOPLE:
                return in_words("operations.user.system_account")
            return in_words("operations.user.no_shell") if no_shell else ""
        if not no_shell or found.password in (SET, "empty") or found.uid == 0:
            return in_words("operations.user.site_can_log_in")
        if set(found.groups) - {self.name}:
            return in_words("operations.user.site_in_groups")
        return ""

    def wanted(self, found: UserState) -> UserState:
        password = SET if self.password_blob and found.password == NONE else found.password
        groups = tuple(sorted({*found.groups, *self.groups}))
        if found.exists:
            return replace(found, groups=groups, password=password)
        return UserState(True, -1, found.gid, self.home, self.shell, groups, password)

    def blobs(self, found: UserState) -> tuple[Blob, ...]:
        sets_password = SET == self.wanted(found).password != found.password
        return (_password_line(self.name, self.password),) if sets_password and self.password else ()

    def apply(self, before: UserState, after: UserState) -> str:
        if not after.exists:
            return "\n".join([UNTOUCHED, self._remove(before, after), PUT_BACK])
        sets_password = SET == after.password != before.password
        changes = [*([] if before.exists else self._create(before)), *self._regroup(before, after)]
        if sets_password:
            changes.append(f"tail -n +2 $blobs/{self.password_blob} | chpasswd")
        elif after.password != before.password:
            changes.append(f"usermod --password '*' {sh(self.name)}")
        if not before.exists or sets_password or set(after.groups) > set(before.groups):
            return "\n".join([REMEMBER, *changes, REMEMBER_DONE])
        return "\n".join([UNTOUCHED, *changes, PUT_BACK])

    def _create(self, before: UserState) -> list[str]:
        name, home = sh(self.name), sh(self.home)
        options = ["--system --no-create-home" if self.system else "--create-home --key HOME_MODE=0700"]
        options.append(f"--gid {name}" if before.gid >= 0 else "--user-group")
        options.append(f"--home-dir {home} --shell {sh(self.shell)}")
        # '*' is no password: a key still logs in, which '!' would forbid where sshd does not use PAM
        lines = [f"id -u {name} >/dev/null 2>&1 || useradd {' '.join(options)} --password '*' {name}"]
        if not self.system:
            if before.home:
                lines.insert(0, f"id -u {name} >/dev/null 2>&1 || {{ echo {self._in_the_way()} >&2; exit 1; }}")
            lines.append("# a useradd that was interrupted leaves the account without its home")
            lines.append(f"[ -d {home} ] || mkdir -m 0700 {home}")
            lines.append("# and a power cut leaves empty files in it")
            lines.append(f"find {home} -xdev -type f -empty -delete; cp -rnT /etc/skel {home}; chown -R {name}: {home}")
        return lines

    def _in_the_way(self) -> str:
        return sh(in_words("operations.user.home_there", name=self.name, home=self.home))

    def _regroup(self, before: UserState, after: UserState) -> list[str]:
        name = sh(self.name)
        return [f"gpasswd --add {name} {sh(g)}" for g in after.groups if g not in before.groups] + [
            f"if {_member(self.name, g)}; then gpasswd --delete {name} {sh(g)}; fi"
            for g in before.groups
            if g not in after.groups
        ]

    def _remove(self, before: UserState, after: UserState) -> str:
        home = before.home or self.home
        saved = in_words("operations.user.home", home=home)
        words = {
            "name": self.name,
            "home": sh(home),
            "back": sh(f'tar -C {sh(home)} -xpzf "$saved"'),
            "saved": sh(saved),
        }
        keep_home = self.system or after.home or home != self.home
        text = REMOVE.format(**words, remove_home="" if keep_home else REMOVE_HOME.format(**words))
        if after.gid >= 0:
            return f"{text}\ngetent group {self.name} >/dev/null || groupadd --gid {after.gid} {self.name}"
        return f"{text}\nif getent group {self.name} >/dev/null; then groupdel {self.name}; fi"

    def verify(self, after: UserState) -> str:
        name = sh(self.name)
        if not after.exists:
            return f"! getent passwd {name}"
        lines = [f"id {name}", *(_member(self.name, g) for g in after.groups)]
        if after.password == SET:
            lines.append(f"passwd --status {name} | grep -q '^{self.name} P'")
        return "\n".join(lines)


def run_as(name: str) -> str:
    """The words in front of a command that is to run as a system user, which can't become root again."""
    return f"setpriv --reuid={sh(name)} --regid={sh(name)} --init-groups --no-new-privs"


def user_name(name: str) -> str:
    """The name, which Debian's account tools will take and no shell can take for something else; UsageError for another."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", name):
        raise UsageError(
            "operations.user.name",
            name=repr(name),
        )
    return name


def _check_password(name: str, password: str) -> None:
    if re.search(r"[\n\r\0\ud800-\udfff]", password):
        reason = in_words("operations.user.line_break")
        raise UsageError("operations.user.password", name=name, reason=reason)
    if len(password.encode()) > PASSWORD_BYTES:
        raise UsageError("operations.user.password_too_long", name=name, password_bytes=PASSWORD_BYTES)


def _password_line(name: str, password: Secret) -> Blob:
    return Blob(f"{SALT}\n{name}:{password.reveal()}\n".encode(), secret=True)


def _member(user: str, group: str) -> str:
    return f"id -nG {sh(user)} | tr ' ' '\\n' | grep -qxF {sh(group)}"


def user(
    name: str,
    *,
    system: bool = False,
    shell: str = "",
    home: str = "",
    groups: tuple[str, ...] = (),
    password: Secret | None = None,
) -> User:
    """An account with a group of its own. A person gets a home closed to others; a system user has none, and no shell.

    UsageError for a name that Debian's account tools would not take (adduser's NAME_REGEX), or an impossible password.
    """
    user_name(name)
    if password:
        _check_password(name, password.reveal())
    shell = shell or ("/usr/sbin/nologin" if system else "/bin/bash")
    home = home or ("/nonexistent" if system else f"/home/{name}")
    blob = _password_line(name, password).name if password else ""
    return User(name, system, shell, home, tuple(sorted(groups)), blob, password or None)


@dataclass(frozen=True)
class SudoRule(File):
    """A drop-in of sudo. visudo reads it before it is put in place: one broken line switches sudo off for all."""

    kind: ClassVar[str] = "sudo_rule"
    ours: str = ""  # SHA-256 of the content: an older file that comes back is not judged

    def apply(self, before: FileState, after: FileState) -> str:
        check = f"visudo --check --file=$blobs/{after.sha256}\n" if self.ours and after.sha256 == self.ours else ""
        return check + super().apply(before, after)


def sudo_rule(name: str, rule: str) -> SudoRule:
    """A rule in /etc/sudoers.d/name (sudo skips files there with a dot in their name)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise UsageError("operations.user.sudo_rule", name=repr(name))
    content = f"{rule}\n".encode()
    return SudoRule(f"/etc/sudoers.d/{name}", content=content, mode="0440", ours=Blob(content).name)
