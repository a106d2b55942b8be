"""What a project keeps in an SQLite database that comes with its code, copied once into the site's own database.

Must not know where the code came from. The copying is Django's work (see copy_content.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

from wizard.operations.base import State
from wizard.operations.django import Managed, dumped_first, in_django, restored
from wizard.operations.mariadb_dumps import of_mariadb
from wizard.operations.quoting import sh
from wizard.site import Site


@dataclass(frozen=True)
class ContentState(State):
    """copied: it was, at some time; what the site has made of it since counts."""

    copied: bool = False


@dataclass(frozen=True)
class Content(Managed):
    """The rows of the SQLite file `path` of the newest release are in the site's database, which had none of its own.

    `database` is dumped first, and undo puts it back.
    """

    kind: ClassVar[str] = "content"
    long: ClassVar[bool] = True
    state = ContentState
    path: str = ""
    database: str = ""
    account: str = ""  # as in Migrations

    @property
    def identity(self) -> str:
        return self.site

    @property
    def mark(self) -> str:
        return f"{Site(self.site).config}/content"

    def observe(self) -> str:
        return f"if [ -s {sh(self.mark)} ]; then echo copied; fi"

    def parse(self, text: str) -> ContentState:
        return ContentState(text.strip() == "copied")

    def wanted(self, found: ContentState) -> ContentState:
        return ContentState(True)

    def apply(self, before: ContentState, after: ContentState) -> str:
        mark = sh(self.mark)
        if not after.copied:
            return f"{restored(self.database, self.site, self.account)}\nrm -f {mark}"
        program = resources.files("wizard.operations").joinpath("copy_content.py").read_text(encoding="utf-8")
        code = f"{program}\nmain({f'{self.root}/next/{self.path}'!r})"
        copy = in_django(self.manage, code)
        return f"{dumped_first(self.database, self.account)}{copy}\nprintf '%s\\n' {sh(self.path)} | write_whole {mark}"

    def verify(self, after: ContentState) -> str:
        return f"[ -s {sh(self.mark)} ]" if after.copied else f"[ ! -e {sh(self.mark)} ]"


def content(site: str, path: str, *, database: str = "", engine: str = "", account: str = "") -> Content:
    """The rows of an SQLite file of the project (relative to its top), copied into the site's database, once."""
    return Content(site, path, database, of_mariadb(engine, account))
