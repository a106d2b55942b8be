"""The host keys of git servers: which are accepted, and the shell text that holds a server to them.

A git server that is reached over ssh is compared like the server that is set up: never is a key taken unseen.
"""

from __future__ import annotations

import re
from pathlib import Path

from wizard.errors import HostKeyError
from wizard.operations.quoting import sh
from wizard.transport.host_keys import known_keys

FINGERPRINT = r"SHA256:[A-Za-z0-9+/]{43}"

# As the forges publish them: docs.github.com "GitHub's SSH key fingerprints", docs.gitlab.com "GitLab.com settings",
# support.atlassian.com "Configure SSH and two-step verification", docs.codeberg.org "Verify SSH fingerprints".
FORGES = {
    "github.com": (
        "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",  # Ed25519
        "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",  # ECDSA
        "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",  # RSA
    ),
    "gitlab.com": (
        "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8",
        "SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw",
        "SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ",
    ),
    "bitbucket.org": (
        "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM",
        "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
        "SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
    ),
    "codeberg.org": (
        "SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g",
        "SHA256:T9FYDEHELhVkulEKKwge5aVhVTbqCW0MIRwAfpARs/E",
        "SHA256:6QQmYi4ppFS4/+zSZ5S4IU+4sa6rwvQ4PbhCtPEBekQ",
    ),
}

_URL = re.compile(
    r"(?:git\+)?ssh(?:\+git)?://(?:[^@/]*@)?(?:\[(?P<six>[^]/]+)\]|(?P<host>[^:/\[\]]+))(?::(?P<port>\d+))?/"
)
_SCP = re.compile(r"(?:[\w.-]+@)(?:\[(?P<six>[^]/]+)\]|(?P<host>[^:/\[\]]+)):(?!//)")


def address(source: str) -> tuple[str, int] | None:
    """Host and port of a repository that is reached over ssh (git-clone(1), GIT URLS); None for every other one."""
    match = _URL.match(source) or _SCP.match(source)
    if match is None or source.startswith("-"):
        return None
    port = int(match.groupdict().get("port") or 22)
    host = match["six"] or match["host"]
    return (host, port) if 1 <= port <= 65535 and not host.startswith("-") else None


def known_name(host: str, port: int) -> str:
    """The name in a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    return host if port == 22 else f"[{host}]:{port}"


def accepted(source: str) -> tuple[str, ...]:
    """The fingerprints that are known to be right: those that a large forge publishes, or that this person accepted before.

    Empty for what is not reached over ssh, and where nothing is known. Reads ~/.ssh/known_hosts.
    """
    where = address(source)
    if where is None:
        return ()
    host, port = where
    if host.lower() in FORGES and port == 22:
        return FORGES[host.lower()]
    try:
        keys = known_keys(Path.home() / ".ssh" / "known_hosts", known_name(host, port))
    except HostKeyError:
        return ()
    return tuple(dict.fromkeys(key.fingerprint for key in keys if not key.marker))


def hold_to(source: str, fingerprints: tuple[str, ...], known_hosts: str, *others: str) -> str:
    """Shell text that writes the accepted host keys to the file, or ends with status 1 and says what is offered.

    Without a fingerprint, a key that is in that file or in one of the `others` counts as accepted.
    """
    where = address(source)
    if where is None:
        return ":"
    host, port = where
    return _HOLD.format(
        host=sh(host), port=port, name=sh(known_name(host, port)), known=sh(known_hosts),
        accepted=sh(" ".join(fingerprints)), files=" ".join(map(sh, (known_hosts, *others))),
    )  # fmt: skip


_HOLD = """\
host={host} port={port} known={known} accepted={accepted} found=
if [ -z "$accepted" ]; then
    for file in {files}; do
        if ssh-keygen -F {name} -f "$file" >/dev/null 2>&1; then found=yes; fi
    done
fi
if [ -z "$found" ]; then
    ssh-keyscan -T 15 -p "$port" "$host" 2>/dev/null | grep -v '^#' >"$known.offered" || :
    : >"$known.new"
    shown=
    while IFS= read -r line; do
        print=$(printf '%s\\n' "$line" | ssh-keygen -lf - | cut -d ' ' -f 2)
        shown="$shown $print"
        case " $accepted " in *" $print "*) printf '%s\\n' "$line" >>"$known.new" ;; esac
    done <"$known.offered"
    rm "$known.offered"
    if [ ! -s "$known.new" ]; then
        rm "$known.new"
        if [ -z "$shown" ]; then
            say operations.git_host.unreachable host="$host" port="$port"
        elif [ -z "$accepted" ]; then
            say operations.git_host.unknown host="$host" shown="${{shown# }}"
            say operations.git_host.compare
        else
            say operations.git_host.other host="$host"
            say operations.git_host.expected accepted="$accepted"
            say operations.git_host.offered shown="${{shown# }}"
            say operations.git_host.changed_or_intercepted
        fi >&2
        exit 1
    fi
    mv -fT "$known.new" "$known"
fi"""
