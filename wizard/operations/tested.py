"""Files and links that their reader must accept: what it refuses is taken back at once, so that nothing broken is live.

Must not know who the reader is: its test is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.file import File, FileState, Path, Symlink


class _Tested(Path):
    """test: a command that fails when the reader refuses its configuration. then: a script that makes it read anew."""

    test: str
    then: str

    def apply(self, before: FileState, after: FileState) -> str:
        change = super().apply(before, after)
        if after != self.wanted(before):
            # on the way back nothing is refused: somebody else's fault must not keep ours alive
            return f"{change}\nif {self.test}; then {self.then}; fi"
        back = super().apply(after, before)
        return f"{change}\nif ! {self.test}; then\n{back}\nexit 1\nfi\n{self.then}"


@dataclass(frozen=True)
class TestedFile(_Tested, File):
    """A file that its reader has accepted."""

    kind: ClassVar[str] = "tested_file"
    test: str = "true"
    then: str = ":"


@dataclass(frozen=True)
class TestedSymlink(_Tested, Symlink):
    """A link that the reader of what it leads to has accepted."""

    kind: ClassVar[str] = "tested_symlink"
    test: str = "true"
    then: str = ":"


def tested_file(path: str, content: str, *, test: str, then: str) -> TestedFile:
    """A file that the command `test` must accept; otherwise what was there before is put back."""
    return TestedFile(path, content=content.encode(), test=test, then=then)


def tested_symlink(path: str, target: str, *, test: str, then: str) -> TestedSymlink:
    """A symbolic link with which the command `test` must succeed; otherwise it is taken back."""
    return TestedSymlink(path, target=target, test=test, then=then)
