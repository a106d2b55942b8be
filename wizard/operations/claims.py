"""What a site's name and the web's port stand for on a server: looked at before anything is touched, and never changed.

These operations make no change and so stand in no journal; what they find that is not ours stops a run, or is asked about.
Must not know what a recipe puts there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from wizard.operations.base import Foreign, Operation, State
from wizard.operations.quoting import sh
from wizard.operations.user import user_name
from wizard.site import Site
from wizard.text import text as words


class Look(Operation):
    """Looks, and is content with whatever it finds."""

    def wanted(self, found: Any) -> Any:
        return found

    def apply(self, before: Any, after: Any) -> str:
        return ":"


# systemd.unit(5), "Unit File Load Path": a unit's name may be taken in any of these, by a drop-in, or by a unit that runs only
LOOK_FOR_NAME = """\
n={name}
{{ systemctl list-unit-files --no-legend --full "$n.*" "$n@.*"; systemctl list-units --all --plain --no-legend --full "$n.*" "$n@*"
}} | awk '{{ print $1 }}' | sort -u | while read -r unit; do
    path=$(systemctl show -P FragmentPath "$unit") state=$(systemctl show -P ActiveState "$unit")
    for folder in /etc /run /usr/local/lib /usr/lib /lib; do
        file=$folder/systemd/system/$unit
        if [ -e "$file" ] || [ -L "$file" ]; then
            [ -n "$path" ] || path=$file
            case $folder in /etc) [ ! -L "$file" ] || path=$(readlink -f "$file") ;; *) path=$file ;; esac
        fi
    done
    echo "unit|$unit|$path|$state"
done
for folder in /etc /run /usr/local/lib /usr/lib; do
    for unit in "$n.service" "$n.socket"; do
        if [ -e "$folder/systemd/system/$unit.d" ]; then echo "unit|$unit|$folder/systemd/system/$unit.d|"; fi
    done
done
if getent passwd "$n" >/dev/null || getent group "$n" >/dev/null; then
    if grep -qsw -e "$n" /var/lib/dpkg/info/*.postinst /usr/lib/sysusers.d/*.conf /usr/share/base-passwd/*.master ||
        ! grep -qs "^$n:" /etc/passwd /etc/group; then echo "account|$n||"; fi
fi
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
path=$(command -v "$n-manage" || echo {manage})
[ "$path" = {manage} ] || echo "command|$n-manage|$path|"
for path in {folders}; do
    if [ -e "$path" ] || [ -L "$path" ]; then
        owner=$(dpkg-query -S "$path" 2>/dev/null | head -n 1 | cut -d: -f1)
        if [ -n "$owner" ] || [ "$path" = {run} ]; then echo "folder|$owner|$path|"; fi
    fi
done
:"""


@dataclass(frozen=True)
class NameState(State):
    """uses: kind, name, path and state of each thing that has the name already."""

    uses: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class SiteName(Look):
    """A name that a site's units, account, command and folders can have."""

    kind: ClassVar[str] = "site_name"
    state = NameState
    name: str

    @property
    def identity(self) -> str:
        return self.name

    @property
    def site(self) -> Site:
        return Site(self.name)

    def observe(self) -> str:
        return LOOK_FOR_NAME.format(
            name=sh(self.name),
            folders=" ".join(map(sh, self.site.folders)),
            run=sh(self.site.run),
            manage=sh(self.site.manage),
        )

    def parse(self, text: str) -> NameState:
        return NameState(tuple(tuple(line.split("|", 3)) for line in text.splitlines() if line.count("|") >= 3))

    def foreign(self, found: NameState) -> Iterable[Foreign]:
        for kind, name, path, state in found.uses:
            match kind:
                case "unit":
                    yield self._unit(name, path, state)
                case "account":
                    yield self._taken(
                        f"account:{name}",
                        words("operations.claims.account", name=name),
                        f"user:{name}",
                    )
                case "command":
                    yield self._taken(path, words("operations.claims.command", path=path), f"file:{self.site.manage}")
                case "folder":
                    code = "operations.claims.folder_of_package" if name else "operations.claims.folder_in_use"
                    socket = f"file:{self.site.socket_unit_file}"
                    yield self._taken(path, words(code, path=path, name=name), *([socket] if not name else []))

    def _unit(self, unit: str, path: str, state: str) -> Foreign:
        own = {self.site.unit_file, self.site.socket_unit_file}
        if path not in own:
            keys = [f"file:{file}" for file in own if file.endswith(f"/{unit}")]
            return self._taken(
                f"unit:{unit}",
                words("operations.claims.unit_file" if path else "operations.claims.unit", unit=unit, path=path),
                *keys,
            )
        if state == "active":
            return Foreign(
                path, words("operations.claims.unit_runs", unit=unit, path=path),
                words("operations.claims.stop_it_first", unit=unit),
                adoptable=False, keys=(f"file:{path}",), instead="project.name",
            )  # fmt: skip
        return Foreign(
            path, words("operations.claims.unit_file", unit=unit, path=path),
            words("operations.claims.unit_replaced"),
            keys=(f"file:{path}",), instead="project.name",
        )  # fmt: skip

    def _taken(self, name: str, what: str, *keys: str) -> Foreign:
        does = words("operations.claims.not_ours")
        return Foreign(name, what, does, adoptable=False, keys=keys or ("none",), instead="project.name")


def site_name(name: str) -> SiteName:
    """Whether this name is free for a site. UsageError for one that cannot be a name."""
    return SiteName(user_name(name))
