"""Media files that come with the code (a default picture, say), copied to where the site keeps its uploads.

What the site has by that name is left as it is. Must not know Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any, ClassVar

from wizard.operations.base import Operation, State
from wizard.operations.quoting import sh
from wizard.operations.user import run_as, user_name

FUNCTIONS = resources.files("wizard.operations").joinpath("shell/media.sh").read_text(encoding="utf-8")
MISSING = "media_missing {source} {target}"
# The list is kept first, whole: undo takes away just these.
COPY = """\
if [ ! -e "$change/media" ]; then
    media_missing {source} {target} | media_sums {source} | write_whole "$change/media"
fi
umask 022
cut -d' ' -f2- "$change/media" | media_copy {source} {target}
"""
REMOVE = """\
if [ -e "$change/media" ] && [ -d {target} ]; then media_remove {target} <"$change/media"; fi
"""


@dataclass(frozen=True)
class StartingMediaState(State):
    """status: "there", "missing", or "unknown" where there is no release yet; missing: the files' names, which follow from the
    code and are not journalled."""

    status: str = "unknown"
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"status": self.status}


@dataclass(frozen=True)
class StartingMedia(Operation):
    """Every file of `folder` in the newest release under `root` is in `directory`, or something else of its name is."""

    kind: ClassVar[str] = "starting_media"
    state = StartingMediaState
    root: str
    site: str
    folder: str
    directory: str

    @property
    def identity(self) -> str:
        return self.directory

    def __post_init__(self) -> None:
        user_name(self.site)

    def _with_functions(self, script: str) -> str:
        source, target = sh(f"{self.root}/next/{self.folder}"), sh(self.directory)
        as_site = f'as_site() {{ {run_as(self.site)} "$@"; }}\n'
        return as_site + FUNCTIONS + script.format(source=source, target=target, next=sh(f"{self.root}/next"))

    def observe(self) -> str:
        return self._with_functions(
            "if [ -e {next} ]; then\n    echo known\n    if [ -d {source} ]; then " + MISSING + "; fi\nfi"
        )

    def parse(self, text: str) -> StartingMediaState:
        known, *missing = text.splitlines() or [""]
        if known != "known":
            return StartingMediaState()
        return StartingMediaState("missing" if missing else "there", tuple(missing))

    def by_hand(self, found: StartingMediaState) -> bool:
        return False  # the site itself may take such a file away

    def wanted(self, found: StartingMediaState) -> StartingMediaState:
        return StartingMediaState("there")

    def apply(self, before: StartingMediaState, after: StartingMediaState) -> str:
        return self._with_functions(COPY if after.status == "there" else REMOVE)

    def verify(self, after: StartingMediaState) -> str:
        return self._with_functions(f'[ -z "$({MISSING})" ]') if after.status == "there" else ":"


def starting_media(root: str, folder: str, directory: str, *, site: str) -> StartingMedia:
    """The files of `folder` in the newest release, copied to `directory`; `site` is the user whose files these become."""
    return StartingMedia(root, site, folder, directory)
