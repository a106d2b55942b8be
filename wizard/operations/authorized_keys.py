"""The keys that may log in as a user: lines of ~/.ssh/authorized_keys, added to those that are there.

Must not know whose keys they are. Everything is written *as the user*, so that a link planted in the user's own
folder reaches nothing that the user could not reach anyway.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar

from wizard.errors import UsageError
from wizard.operations.base import Operation, State
from wizard.operations.quoting import sh
from wizard.operations.user import user_name
from wizard.text import text as in_words


@dataclass(frozen=True)
class AuthorizedKeysState(State):
    """directory, file: "absent", "link" or "mode owner" (`0700 deploy`); keys: those of ours that are in the file."""

    directory: str = "absent"
    file: str = "absent"
    keys: tuple[str, ...] = ()


OBSERVE = """\
home=$(getent passwd {user} | cut -d: -f6)
for path in "${{home:-/nonexistent}}/.ssh" "${{home:-/nonexistent}}/.ssh/authorized_keys"; do
    if [ -L "$path" ]; then echo link; elif [ -e "$path" ]; then stat -c '0%a %U' "$path"; else echo absent; fi
done
if [ -f "$path" ] && [ ! -L "$path" ]; then grep -xF {patterns} "$path" | sort -u; fi"""

AS_USER = """\
home=$(getent passwd {user} | cut -d: -f6)
[ -d "$home" ] || {{ say operations.authorized_keys.no_home user={user} >&2; exit 1; }}
as_user() {{ runuser -u {user} -- sh -euc "cd \\"\\$1/.ssh\\"; shift; $1" sh "$home" {keys}; }}
if [ -L "$home/.ssh" ] || [ -L "$home/.ssh/authorized_keys" ]; then
    say operations.authorized_keys.link user={user} home="$home" >&2
    exit 1
fi"""

ADD = """\
if [ ! -e "$change/keys.known" ]; then
    # what was there, so that it can be put back as it was
    if [ -f "$home/.ssh/authorized_keys" ]; then as_user 'cat authorized_keys' >"$change/keys.before"; fi
    touch "$change/keys.known"
    sync "$change"
fi
runuser -u {user} -- mkdir -p -m 0700 "$home/.ssh"
as_user '
    chmod 0700 .
    new=$(mktemp .authorized_keys.XXXXXXXX)
    if [ -f authorized_keys ]; then sed -e "\\$a\\\\" authorized_keys >"$new"; fi
    for key; do grep -qxF -e "$key" "$new" || printf "%s\\n" "$key" >>"$new"; done
    chmod 0600 "$new"; sync "$new"; mv -fT "$new" authorized_keys; sync .'
sha256sum <"$home/.ssh/authorized_keys" >"$change/keys.after\""""

TAKE_BACK = """\
if [ ! -f "$home/.ssh/authorized_keys" ]; then :
elif [ "$(sha256sum <"$home/.ssh/authorized_keys")" = "$(cat "$change/keys.after")" ]; then
    {put_back}
else
    # somebody changed the file since: only the lines that we added go
    as_user '
        for key; do
            grep -qxF -e "$key" authorized_keys || continue
            new=$(mktemp .authorized_keys.XXXXXXXX)
            grep -vxF -e "$key" authorized_keys >"$new" || :
            chmod {mode} "$new"; sync "$new"; mv -fT "$new" authorized_keys
        done
        {leftover}'
fi
rm -f "$change/keys.known"
"""


@dataclass(frozen=True)
class AuthorizedKeys(Operation):
    """These lines are in the user's authorized_keys; other lines stay as they are."""

    kind: ClassVar[str] = "authorized_keys"
    state = AuthorizedKeysState
    user: str
    keys: tuple[str, ...]

    @property
    def identity(self) -> str:
        # other keys are another thing: what is found of these says nothing about those
        return f"{self.user} {hashlib.sha256(repr(self.keys).encode()).hexdigest()[:8]}"

    def observe(self) -> str:
        return OBSERVE.format(user=sh(self.user), patterns=" ".join(f"-e {sh(k)}" for k in self.keys))

    def parse(self, text: str) -> AuthorizedKeysState:
        directory, file, *lines = text.splitlines()
        return AuthorizedKeysState(directory, file, tuple(k for k in self.keys if k in lines))

    def wanted(self, found: AuthorizedKeysState) -> AuthorizedKeysState:
        return AuthorizedKeysState(f"0700 {self.user}", f"0600 {self.user}", self.keys)

    def apply(self, before: AuthorizedKeysState, after: AuthorizedKeysState) -> str:
        added = [k for k in self.keys if (k in after.keys) != (k in before.keys)]
        words = {"user": self.user, "keys": " ".join(sh(k) for k in added)}
        if after == self.wanted(before):
            return "\n".join([AS_USER.format(**words), ADD.format(**words)])
        mode = after.file.split()[0] if after.file[0] == "0" else "0600"
        if after.file == "absent":
            put_back, leftover = "as_user 'rm -f authorized_keys'", "[ -s authorized_keys ] || rm -f authorized_keys"
        else:
            leftover = ":"
            put_back = f"""as_user 'new=$(mktemp .authorized_keys.XXXXXXXX); cat >"$new"; chmod {mode} "$new"; sync "$new"
        mv -fT "$new" authorized_keys' <"$change/keys.before\""""
        lines = [AS_USER.format(**words), TAKE_BACK.format(put_back=put_back, mode=mode, leftover=leftover)]
        if after.directory == "absent":
            lines.append(
                '[ ! -d "$home/.ssh" ] || rmdir "$home/.ssh" 2>/dev/null || say operations.authorized_keys.folder_stays home="$home"'
            )
        else:
            lines.append(f'runuser -u {sh(self.user)} -- chmod {after.directory.split()[0]} "$home/.ssh"')
        return "\n".join(lines)

    def verify(self, after: AuthorizedKeysState) -> str:
        home = f'"$(getent passwd {sh(self.user)} | cut -d: -f6)"'
        return "\n".join(f"grep -qxF -e {sh(k)} {home}/.ssh/authorized_keys" for k in after.keys)


def refusal(text: str) -> str | None:
    """Why these lines cannot be public keys, in a phrase that follows "…:"; None when they can."""
    for line in text.splitlines():
        if line.strip() and not any(re.fullmatch("AAAA[A-Za-z0-9+/=]+", word) for word in line.split()):
            return in_words("operations.authorized_keys.must_be_keys")
    return None if text.strip() else in_words("operations.authorized_keys.must_be_given")


def authorized_keys(user: str, keys: tuple[str, ...]) -> AuthorizedKeys:
    """Lines for the user's authorized_keys. UsageError for what isn't lines that hold a public key each."""
    lines = tuple(dict.fromkeys(line.strip() for key in keys for line in key.splitlines() if line.strip()))
    if reason := refusal("\n".join(lines)):
        raise UsageError("operations.authorized_keys.refused", user=user, reason=reason)
    return AuthorizedKeys(user_name(user), lines)
