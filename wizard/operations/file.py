"""Files, directories and symbolic links: content, mode, owner. Content reaches the server as a blob."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Blob, Foreign, Operation, State, not_journalled
from wizard.operations.quoting import sh
from wizard.secret import Secret
from wizard.text import text as words


@dataclass(frozen=True)
class FileState(State):
    """type: absent, file, directory, symlink or other; sha256 of a file's content; target of a symlink."""

    type: str = "absent"
    mode: str = ""
    owner: str = ""
    group: str = ""
    sha256: str = ""
    target: str = ""
    size: int = 0


OBSERVE = """\
if [ -L {path} ]; then printf 'symlink|||||%s|0\\n' "$(readlink {path})"
elif [ -d {path} ]; then stat -c 'directory|%a|%U|%G|||0' {path}
elif [ -f {path} ]; then stat -c 'file|%a|%U|%G|'"$(sha256sum <{path} | cut -d' ' -f1)"'||%s' {path}
elif [ -e {path} ]; then echo 'other||||||0'
else echo 'absent||||||0'; fi"""

# Somebody's own work is not just dropped, not even where they said so.
SAVE_EDITED = """\
if [ -f {path} ] && [ ! -L {path} ] && ! sha256sum <{path} | grep -qE '^({ours}) '; then
    begin_save {name} ''
    cat {path} >"$saved.part"
    # a new one has its own secrets in it: it is compared, and not replaced
    end_save {path} "[ ! -e "{word}" ] || exec diff -u "{word}" \\"\\$saved\\"
install $(stat -c '-m %a -o %U -g %G' {path}) \\"\\$saved\\" "{word}
fi"""

REMOVE_EMPTY = """\
if [ -d {path} ] && [ ! -L {path} ]; then
    rm -f {path}/.wizard.???????? # what an interrupted put_file left in it
    rmdir --ignore-fail-on-non-empty {path}
    # what somebody put there, or chose to keep, stays; and so does the folder
    [ ! -d {path} ] || echo {path}" stays: it is not empty"
else rm -f {path}; fi"""

SAVE_FOLDER = """\
begin_save {name} .tar.gz
tar -C {folder} {leave_out}-czf "$saved.part" .
end_save {what} {back}
"""


def save_folder(folder: str, what: str, *, leave_out: str = "") -> str:
    """Shell text that packs a folder into an archive for root alone, and says so."""
    name = folder.strip("/").replace("/", "-")
    options = f"--exclude {sh(leave_out)} " if leave_out else ""
    back = sh(f'mkdir -p {sh(folder)}; tar -C {sh(folder)} -xpzf "$saved"')
    return SAVE_FOLDER.format(name=sh(name), folder=sh(folder), what=sh(what), leave_out=options, back=back)


@dataclass(frozen=True)
class Path(Operation):
    """What files, directories and links share: one path, looked at without following a link."""

    path: str
    notify: str = ""  # a script that runs after each change, also when it is undone: reload what reads the file
    on_undo: str = ""  # one that runs only on the way back
    state = FileState
    atomic: ClassVar[bool] = True

    @property
    def identity(self) -> str:
        return self.path

    def observe(self) -> str:
        return OBSERVE.format(path=sh(self.path))

    def foreign(self, found: FileState) -> Iterable[Foreign]:
        if found.type == "directory" and isinstance(self, Directory):
            does = "used"
        else:
            does = {"absent": "", "directory": "in_the_way", "other": "in_the_way"}.get(found.type, "replaced")
        if does and (found.type == "directory" or not self.satisfied(found)):
            what = words(f"operations.file.what.{found.type}", path=self.path)
            yield Foreign(self.path, what, words(f"operations.file.does.{does}"), adoptable=does != "in_the_way")

    def parse(self, text: str) -> FileState:
        kind, mode, owner, group, sha256, rest = text.strip("\n").split("|", 5)
        target, _, size = rest.rpartition("|")
        return FileState(kind, mode and f"{int(mode, 8):04o}", owner, group, sha256, target, int(size or 0))

    def apply(self, before: FileState, after: FileState) -> str:
        path = sh(self.path)
        lines = []
        if before.type == "file" and after.sha256 != before.sha256 and not self._was_made_by_us(after):
            lines.append(f"keep_blob {path}")
        if "directory" not in (before.type, after.type) and after != self.wanted(before):
            ours = "|".join(s.sha256 or "none" for s in (before, after))
            lines.append(SAVE_EDITED.format(path=path, ours=ours, name=sh(self._saved_as), word=sh(path)))
        if after.type in ("file", "symlink") and after != self.wanted(before):
            lines.append(f"mkdir -p {sh(posixpath.dirname(self.path))} # somebody may have taken it away since")
        match after.type:
            case "absent":
                if before.type == "directory":
                    lines.append(REMOVE_EMPTY.format(path=path))
                else:
                    lines.append(f"if [ -d {path} ] && [ ! -L {path} ]; then rmdir {path}; else rm -f {path}; fi")
            case "directory":
                lines.append(f"[ -d {path} ] || mkdir {path}")
                lines.append(f"chown {sh(after.owner)}:{sh(after.group)} {path}; chmod {after.mode} {path}")
            case "symlink":
                lines.append(f"put_link {sh(after.target)} {path}")
            case "file":
                lines.append(f"put_file {after.sha256} {path} {after.mode} {sh(after.owner)}:{sh(after.group)}")
        if self.notify:
            lines.append(self.notify)
        if self.on_undo and after != self.wanted(before):
            lines.append(self.on_undo)
        return "\n".join(lines)

    @property
    def _saved_as(self) -> str:
        return self.path.strip("/").replace("/", "-")

    def _was_made_by_us(self, after: FileState) -> bool:
        """Undoing a secret file that was not there before leaves no copy of the secret behind."""
        return after.type == "absent" and getattr(self, "secret", False)

    def verify(self, after: FileState) -> str:
        path = sh(self.path)
        match after.type:
            case "absent":
                return f"[ ! -e {path} ] && [ ! -L {path} ]"
            case "file":
                return f'[ "$(sha256sum <{path} | cut -d" " -f1)" = {after.sha256} ]'
            case "symlink":
                return f'[ "$(readlink {path})" = {sh(after.target)} ]'
            case _:
                return f"[ -d {path} ]"


@dataclass(frozen=True)
class File(Path):
    """A file with this content. `secret` keeps the content off every screen and out of the journal's blobs."""

    kind: ClassVar[str] = "file"
    content: bytes = not_journalled(default=b"", repr=False)
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"
    secret: bool = False

    def wanted(self, found: FileState) -> FileState:
        sha = hashlib.sha256(self.content).hexdigest()
        return FileState("file", self.mode, self.owner, self.group, sha, size=len(self.content))

    def blobs(self, found: FileState) -> tuple[Blob, ...]:
        return (Blob(self.content, self.secret),)


@dataclass(frozen=True)
class Directory(Path):
    """A directory (its parent exists). Undo removes it only when it was made by us and is empty."""

    kind: ClassVar[str] = "directory"
    atomic: ClassVar[bool] = False
    mode: str = "0755"
    owner: str = "root"
    group: str = "root"

    def wanted(self, found: FileState) -> FileState:
        return FileState("directory", self.mode, self.owner, self.group)

    def verify(self, after: FileState) -> str:
        path = sh(self.path)
        return f'[ ! -d {path} ] || [ -n "$(ls -A {path})" ]' if after.type == "absent" else super().verify(after)


@dataclass(frozen=True)
class Symlink(Path):
    """A symbolic link to a target, made or replaced atomically."""

    kind: ClassVar[str] = "symlink"
    target: str = ""

    def wanted(self, found: FileState) -> FileState:
        return FileState("symlink", target=self.target)


@dataclass(frozen=True)
class Absent(Path):
    """No file or link here: what is there is kept as a blob and comes back on undo."""

    kind: ClassVar[str] = "absent"

    def wanted(self, found: FileState) -> FileState:
        return FileState()


def file(
    path: str,
    content: str | bytes | Secret,
    *,
    mode: int = 0o644,
    owner: str = "root",
    group: str | None = None,
    notify: str = "",
    on_undo: str = "",
) -> File:
    """A file with this content; a Secret as content is never shown and is refused a mode that others can read.

    notify: a script that runs after each change, and when it is undone; on_undo: one that runs only then.
    """
    secret = isinstance(content, Secret)
    text = content.reveal() if isinstance(content, Secret) else content
    if secret and mode & 0o007:
        raise ValueError(f"{path}: a secret file must not be readable by others (mode {mode:04o})")
    return File(
        path,
        notify,
        on_undo,
        content=text.encode() if isinstance(text, str) else text,
        mode=f"{mode:04o}",
        owner=owner,
        group=group or owner,
        secret=secret,
    )


def directory(path: str, *, mode: int = 0o755, owner: str = "root", group: str | None = None) -> Directory:
    """A directory; its parent must exist. Undo removes it only when it was made by us and is empty."""
    return Directory(path, mode=f"{mode:04o}", owner=owner, group=group or owner)


def symlink(path: str, target: str, *, notify: str = "") -> Symlink:
    """A symbolic link at `path` to `target`."""
    return Symlink(path, notify, target=target)


def absent(path: str, *, notify: str = "") -> Absent:
    """No file or link at this path; what was there comes back on undo."""
    return Absent(path, notify)
