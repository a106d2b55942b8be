"""Releases: one folder of code per version, and a link to the newest one: `next`, until it has shown that it works.

Which one is live is decided elsewhere (live.py, by the link `current`); journals of before know `current` alone.
Code arrives by `git clone` on the server or as an archive from this computer. Must not know Django, nor what is
installed beside the code.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

from wizard.operations import git_host
from wizard.operations.base import Blob, Operation, State, not_journalled
from wizard.operations.file import Directory, FileState, save_folder
from wizard.operations.quoting import sh
from wizard.operations.user import run_as
from wizard.text import text as words

NEWEST = "newest"  # stands for a commit that only the server can name, once it has git and the network
ID_LENGTH = 12


@dataclass(frozen=True)
class ReleaseState(State):
    """current: the release that the link names, "" for none; releases: all that are there; head: where the branch is now.

    `head` is a fact of the git server and not of this one, so it is not journalled; "" where it could not be learned.
    superseded: the link `current`, which an earlier version turned, is turned by a LiveRelease now.
    """

    current: str = ""
    releases: tuple[str, ...] = ()
    head: str = ""
    superseded: bool = False
    unlinked: bool = False  # the newest release lacks a link to what it writes

    def to_json(self) -> dict[str, Any]:
        return {"current": self.current, "releases": self.releases}


@dataclass(frozen=True)
class Release(Operation):
    """What both ways of arrival share. Code belongs to root; only the site's group may read it.

    link: its name beside `releases`. notify: a script that runs when it goes back to a release that was there before, its
    surroundings complete. written: folders and files (a name with a dot) that the code writes beside itself: each is a link to
    its place in shared/written, where the site may write.
    """

    root: str
    group: str
    notify: str = ""
    link: str = "current"  # what the versions before knew
    written: tuple[str, ...] = ()
    state = ReleaseState

    def __post_init__(self) -> None:
        for path in self.written:
            if path.startswith("/") or {"", ".", ".."} & set(path.split("/")):
                raise ValueError(f"no path below a release: {path!r}")

    @property
    def identity(self) -> str:
        return f"{self.root}/{self.link}"

    def observe(self) -> str:
        return (
            f"root={sh(self.root)}; link={sh(self.identity)}\n"
            'printf "current=%s\\n" "$(basename "$(readlink "$link")")"\n'
            '[ "$link" != "$root/current" ] || [ ! -L "$root/next" ] || echo superseded=yes\n'
            'ls "$root/releases" | sed "s/^/release=/"'
            + "".join(f'\n[ ! -e "$link" ] || [ -L "$link"/{sh(path)} ] || echo unlinked=yes' for path in self.written)
        )

    def parse(self, text: str) -> ReleaseState:
        pairs = [line.partition("=")[::2] for line in text.splitlines()]
        values = dict(pairs)
        releases = tuple(sorted(value for name, value in pairs if name == "release"))
        return ReleaseState(
            values["current"], releases, values.get("head", ""), "superseded" in values, "unlinked" in values
        )

    def by_hand(self, found: ReleaseState) -> bool:
        return not found.superseded

    def target(self, found: ReleaseState) -> str:
        """The id of the release that should be live."""
        raise TypeError(f"{type(self).__name__} has no target")

    def fetch(self, target: str) -> str:
        """Shell text that fills `$new`, an empty folder, and sets `$id`."""
        raise TypeError(f"{type(self).__name__} fetches nothing")

    def wanted(self, found: ReleaseState) -> ReleaseState:
        target = self.target(found)
        if found.current == target and not found.unlinked:
            return found
        return replace(found, current=target, releases=tuple(sorted({*found.releases, target})), unlinked=False)

    def apply(self, before: ReleaseState, after: ReleaseState) -> str:
        lines = [
            f"root={sh(self.root)}; link={sh(self.identity)}; group={sh(self.group)}",
            'new="$root/releases/.new"',
        ]
        lines.append('rm -rf "$new" # of an arrival that a power cut ended')
        if not after.current:
            lines.append('rm -f "$link"')
        elif after.current in before.releases:
            lines.append(self._links(after.current) + f'put_link releases/{sh(after.current)} "$link"')
            lines.append(self.notify or ":")
        else:
            arrived = ARRIVE.format(links=self._links("$id", quoted=False))
            lines.append(f'umask 027\nmkdir "$new"\n{self.fetch(after.current)}\n{arrived}')
        lines += [self._remove(old) for old in before.releases if old not in after.releases]
        return "\n".join(lines)

    def _links(self, release: str, *, quoted: bool = True) -> str:
        if not self.written:
            return ""
        as_site = f'as_site() {{ {run_as(self.group)} "$@"; }}\n'
        id_ = sh(release) if quoted else f'"{release}"'
        lines = [f'link_written "$root/releases/"{id_} {sh(path)} "$root/shared/written"' for path in self.written]
        return as_site + LINK_WRITTEN + "\n".join(lines) + "\n"

    def _remove(self, release: str) -> str:
        folder = f"{self.root}/releases/{release}"
        save = save_folder(folder, words("operations.release.changed_files", folder=folder), leave_out="./.venv")
        edited = (
            f'find {sh(folder)} -path {sh(folder)}/.venv -prune -o ! -type d -cnewer "$change/arrived" -print -quit'
        )
        live = f'[ "$(readlink {sh(self.root)}/current)" != {sh(f"releases/{release}")} ]'
        return (
            f'if {live}; then\nif [ -e "$change/arrived" ] && [ -n "$({edited})" ]; then\n{save}fi\n'
            f"rm -rf {sh(folder)}\nfi"
        )

    def verify(self, after: ReleaseState) -> str:
        link = sh(self.identity)
        if not after.current:
            return f"[ ! -e {link} ] && [ ! -L {link} ]"
        return f'[ -n "$(ls {link}/)" ]\ncase $(readlink {link}) in releases/*) ;; *) false ;; esac'


LINK_WRITTEN = resources.files("wizard.operations").joinpath("shell/written.sh").read_text(encoding="utf-8")
# -h: a link in somebody's code could point at any file of the server, which must keep its own group
ARRIVE = """\
chown -hR root:"$group" "$new"
chmod -R u=rwX,g=rX,o= "$new"
sync -f "$new"
if [ -d "$root/releases/$id" ]; then rm -rf "$new"; else mv -T "$new" "$root/releases/$id"; fi
{links}touch "$change/arrived" # what changes in it from now on is somebody's own work
put_link "releases/$id" "$link\""""


@dataclass(frozen=True)
class GitRelease(Release):
    """The newest commit of a branch (or a tag), cloned without history. `deploy_key`: its path on the server.

    host_keys: the fingerprints of which a git server that is reached over ssh must show one (see git_host).
    """

    kind: ClassVar[str] = "git_release"
    long: ClassVar[bool] = True
    source: str = ""
    branch: str = ""
    deploy_key: str = ""
    host_keys: tuple[str, ...] = ()

    @property
    def known_hosts(self) -> str:
        """Where the git server's host key is kept, on the server."""
        return f"{self.deploy_key or self.root + '/git'}.known_hosts"

    def observe(self) -> str:
        names = [f"refs/{kind}/{self.branch}" for kind in ("heads", "tags")] if self.branch else ["HEAD"]
        names += [f"{names[-1]}^{{}}"] if self.branch else []  # the commit that an annotated tag stands for
        return (
            f"{super().observe()}\n"
            "if command -v git >/dev/null; then\n"
            f"{self._git_environment()}\n"
            f'printf "head=%s\\n" "$(timeout 20 git ls-remote {self._options()} -- {sh(self.source)} '
            f"{' '.join(map(sh, names))} | awk '{{ id = $1 }} $2 ~ /heads/ {{ exit }} "
            f"END {{ print substr(id, 1, {ID_LENGTH}) }}')\"\n"
            "fi"
        )

    def target(self, found: ReleaseState) -> str:
        return found.head or found.current or NEWEST

    def fetch(self, target: str) -> str:
        branch = f"--branch {sh(self.branch)} " if self.branch else ""
        return (
            f"{self._git_environment()}\n{self._hold_to_host_key()}\n"
            f'git clone --quiet --depth 1 {branch}{self._options()} -- {sh(self.source)} "$new"\n'
            f'id=$(git -C "$new" rev-parse HEAD | cut -c1-{ID_LENGTH})'
        )

    def apply(self, before: ReleaseState, after: ReleaseState) -> str:
        forget = f"\nrm -f {sh(self.known_hosts)}" if self._over_ssh and not after.current else ""
        return super().apply(before, after) + forget

    @property
    def _over_ssh(self) -> bool:
        return git_host.address(self.source) is not None

    def _hold_to_host_key(self) -> str:
        others = () if self.deploy_key else ("/root/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
        return git_host.hold_to(self.source, self.host_keys, self.known_hosts, *others)

    def _git_environment(self) -> str:
        """git and ssh never wait for an answer; nothing is fetched unencrypted, and from no other server than the right one.

        A repository's own configuration names no program to run (git-config(1)): neither a hook nor a lazy fetch.
        """
        known = self.known_hosts if self.deploy_key else f"{self.known_hosts} /root/.ssh/known_hosts"
        ssh = f"ssh -F none -i {sh(self.deploy_key)} -o IdentitiesOnly=yes" if self.deploy_key else "ssh"
        ssh += f" -o BatchMode=yes -o UserKnownHostsFile={sh(known)} -o StrictHostKeyChecking=yes"
        return (
            f"export GIT_TERMINAL_PROMPT=0 GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=https:ssh:file GIT_SSH_COMMAND={sh(ssh)}\n"
            "export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null "
            "GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false"
        )

    def _options(self) -> str:
        # git refuses a repository that belongs to somebody else, unless told on the command line
        return "--upload-pack=\"git -c safe.directory='*' upload-pack\"" if self.source.startswith("file://") else ""


@dataclass(frozen=True)
class UploadedRelease(Release):
    """A folder of this computer, as a tar archive. `id` and `sha256` are of its content."""

    kind: ClassVar[str] = "uploaded_release"
    id: str = ""
    sha256: str = ""
    archive: bytes = not_journalled(default=b"", repr=False)

    def target(self, found: ReleaseState) -> str:
        return self.id

    def fetch(self, target: str) -> str:
        tar = f'tar --extract --no-same-owner --no-same-permissions --file "$blobs/{self.sha256}" --directory "$new"'
        # what has its name is whole: an interrupted run may have got so far, and the archive is gone by then
        return f'id={sh(self.id)}\n[ -d "$root/releases/$id" ] || {tar}'

    def blobs(self, found: ReleaseState) -> tuple[Blob, ...]:
        # secret, so that no second copy of the code stays behind
        return () if self.id in found.releases else (Blob(self.archive, secret=True),)


@dataclass(frozen=True)
class DataDirectory(Directory):
    """A directory for data that the site makes. Undo saves what is in it to /var/backups/wizard before it goes."""

    kind: ClassVar[str] = "data_directory"

    def apply(self, before: FileState, after: FileState) -> str:
        if after.type != "absent":
            return super().apply(before, after)
        there = f'[ -n "$(ls -A {sh(self.path)} 2>/dev/null)" ]'
        save = save_folder(self.path, words("operations.release.files", folder=self.path))
        return f"if {there}; then\n{save}fi\nrm -rf {sh(self.path)}"

    def verify(self, after: FileState) -> str:
        return f"[ ! -e {sh(self.path)} ]" if after.type == "absent" else super().verify(after)


@dataclass(frozen=True)
class ServingState(State):
    """The folder that the service's main process works in ("" when it isn't running), and the one that is live."""

    running: str = ""
    current: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"running": self.running}


@dataclass(frozen=True)
class Serving(Operation):
    """A running service works with the release that is live. Made by the versions before; now it is a LiveRelease."""

    kind: ClassVar[str] = "serving"
    state = ServingState
    service: str
    directory: str

    @property
    def identity(self) -> str:
        return self.service

    def observe(self) -> str:
        return (
            f"pid=$(systemctl show --property=MainPID --value {sh(self.service)})\n"
            'readlink "/proc/${pid:-0}/cwd" || echo\n'
            f"readlink -f {sh(self.directory)}"
        )

    def parse(self, text: str) -> ServingState:
        running, current = text.split("\n")[:2]
        return ServingState(running, current)

    def wanted(self, found: ServingState) -> ServingState:
        return replace(found, running=found.current) if found.running else found

    def apply(self, before: ServingState, after: ServingState) -> str:
        # the same both ways: which release is live has been settled by then
        return f"if_unit {sh(self.service)} systemctl try-restart {sh(self.service)}"

    def verify(self, after: ServingState) -> str:
        unit = sh(self.service)
        return (
            f"! systemctl --quiet is-active {unit} || "
            f'[ "$(readlink "/proc/$(systemctl show --property=MainPID --value {unit})/cwd")" = '
            f'"$(readlink -f {sh(self.directory)})" ]'
        )


def release_from_git(
    root: str,
    source: str,
    *,
    group: str,
    branch: str = "",
    key: str = "",
    notify: str = "",
    host_keys: tuple[str, ...] = (),
    link: str = "next",
    written: tuple[str, ...] = (),
) -> GitRelease:
    """The newest commit of `source` (https, ssh, or file:// on the server) in `root`/releases, and the link to it.

    host_keys: fingerprints (SHA256:…) of a git server that is reached over ssh; without one it must be known there already.
    """
    return GitRelease(root, group, notify, link, written, source, branch, key, host_keys)


def release_from_folder(
    root: str, folder: str, *, group: str, notify: str = "", link: str = "next", written: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> UploadedRelease:  # fmt: skip
    """A folder of this computer in `root`/releases, named by its content. UsageError when it cannot be packed.

    also: files that go along although others of their kind stay at home (a database with the site's content).
    """
    from wizard.project.upload import pack

    packed = pack(Path(folder).expanduser(), also)
    with packed.file as file:
        archive = file.read()
    sha256 = hashlib.sha256(archive).hexdigest()
    return UploadedRelease(
        root, group, notify, link, written, id=packed.content_id[:ID_LENGTH], sha256=sha256, archive=archive
    )


def data_directory(path: str, *, owner: str, group: str | None = None, mode: int = 0o755) -> DataDirectory:
    """A directory for data that the site makes; undo saves what is in it before it goes."""
    return DataDirectory(path, mode=f"{mode:04o}", owner=owner, group=group or owner)


def serving(service: str, directory: str) -> Serving:
    return Serving(service, directory)
