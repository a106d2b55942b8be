"""What answers at port 80 of a server already, and what its nginx is told by others. Looked at, and never changed.

Must not know what a site of ours says to nginx, but for the names of its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from wizard.operations.base import Foreign, State
from wizard.operations.claims import Look
from wizard.operations.quoting import sh
from wizard.text import text as words

DEFAULT = "/etc/nginx/sites-enabled/default"
OTHERS = (
    "apache2 lighttpd caddy haproxy varnish traefik openresty h2o"  # services that would be at port 80 after a restart
)

EVERY = ("", "*", "0.0.0.0", "[::]")  # noqa: S104  (as nginx writes it)

LOOK = """\
ss -Hltnp 'sport = :80' | while read -r line; do
    who=$(echo "$line" | sed -n 's/.*users:(("\\([^"]*\\)".*/\\1/p')
    echo "port|${{who:-?}}|"
done | sort -u
for unit in {others}; do if systemctl is-enabled --quiet $unit.service; then echo "unit|$unit|"; fi; done
for file in /etc/nginx/sites-available/unknown-names /etc/nginx/sites-enabled/unknown-names; do
    if [ -e $file ] || [ -L $file ]; then echo "file|$file|"; fi
done
if command -v nginx >/dev/null; then
    if ! nginx -t -q >/dev/null; then echo "broken|$(nginx -t 2>&1 | grep -m 1 emerg)|"; fi
    nginx -T | awk '
        /^# configuration file / {{ sub(/^# configuration file /, ""); sub(/:$/, ""); print "in|" $0 "|"; rest = ""; next }}
        {{ sub(/(^|[[:space:]])#.*/, ""); rest = rest " " $0 }}
        {{ while (match(rest, /[;{{}}]/)) {{
            said = substr(rest, 1, RSTART - 1); rest = substr(rest, RSTART + 1)
            gsub(/[[:space:]]+/, " ", said); sub(/^ /, "", said)
            if (said ~ /^(listen|server_name|include) /) print "says|" said "|"
        }} }}'
    if [ -e {default} ]; then
        sum=$(md5sum </etc/nginx/sites-available/default | cut -d' ' -f1)
        own=$(dpkg-query -W -f='${{Conffiles}}\\n' nginx-common nginx |
            awk '$1 == "/etc/nginx/sites-available/default" {{ print $2 }}')
        if [ "$(readlink -f {default})" != /etc/nginx/sites-available/default ] || [ "$sum" != "$own" ]; then
            echo "changed|{default}|"
        fi
    fi
fi
:"""


@dataclass(frozen=True)
class WebState(State):
    """said: what was found, in order: a word for its kind, and its text."""

    said: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class WebServer(Look):
    """Port 80 is nginx's or nobody's, and its configuration leaves room for a site of these names.

    default: ours is to answer whatever name nobody else has.
    """

    kind: ClassVar[str] = "web_server"
    state = WebState
    site: str
    names: tuple[str, ...]
    default: bool = True

    @property
    def identity(self) -> str:
        return self.site

    def observe(self) -> str:
        return LOOK.format(others=OTHERS, default=sh(DEFAULT))

    def parse(self, text: str) -> WebState:
        lines = [line.rsplit("|", 1)[0].split("|", 1) for line in text.splitlines() if line.count("|") >= 2]
        return WebState(tuple((kind, said) for kind, said in lines))

    def foreign(self, found: WebState) -> Iterable[Foreign]:
        where = ""
        statements: list[tuple[str, str]] = []
        for kind, said in found.said:
            match kind:
                case "in":
                    where = said
                case "says":
                    statements.append((where, said))
                case "port" if said != "nginx":
                    yield self._no(
                        "port:80",
                        words("operations.claims_nginx.port_used", said=said),
                        words("operations.claims_nginx.cannot_listen"),
                    )
                case "unit":
                    off = f"switch it off (systemctl disable --now {said}), or use another server"
                    yield self._no(
                        f"unit:{said}",
                        words("operations.claims_nginx.at_boot", said=said),
                        words("operations.claims_nginx.takes_port", off=off),
                    )
                case "broken":
                    yield self._no(
                        "nginx",
                        words("operations.claims_nginx.broken", said=said),
                        words("operations.claims_nginx.mend_first"),
                    )
                case "file":
                    does = words("operations.claims_nginx.file_replaced")
                    yield Foreign(
                        said,
                        words("operations.claims_nginx.file", said=said),
                        does,
                        keys=(f"file:{said}", f"symlink:{said}"),
                    )
                case "changed" if self.default:
                    yield Foreign(
                        DEFAULT, words("operations.claims_nginx.default_site", default=DEFAULT),
                        words("operations.claims_nginx.switched_off"), keys=(f"absent:{DEFAULT}",),
                        instead="nginx.default_site = false",
                    )  # fmt: skip
        if statements:
            yield from self._configuration(statements)

    def _configuration(self, statements: list[tuple[str, str]]) -> Iterator[Foreign]:
        if not any(re.match(r"include (/etc/nginx/)?sites-enabled/", said) for _, said in statements):
            yield self._no(
                "nginx", words("operations.claims_nginx.other_layout"),
                words("operations.claims_nginx.use_debians"),
            )  # fmt: skip
        ours = {f"/etc/nginx/sites-enabled/{name}" for name in (self.site, "unknown-names")}
        for where, said in statements:
            if where in ours:
                continue
            word, *values = said.split()
            if word == "server_name" and (same := set(self.names) & set(values)):
                yield self._no(
                    where,
                    words("operations.claims_nginx.same_name", where=where, same=min(same)),
                    words("operations.claims_nginx.one_site"),
                    "project.domain",
                )
            if word == "listen":
                yield from self._listen(where, values)

    def _listen(self, where: str, values: list[str]) -> Iterator[Foreign]:
        address, port = _split(values[0])
        if port != "80" or address.startswith("unix:"):
            return
        if address not in EVERY:
            does = words("operations.claims_nginx.takes_visitors")
            yield self._no(where, words("operations.claims_nginx.one_address", where=where, address=address), does)
        elif self.default and where != DEFAULT and {"default_server", "default"} & set(values):
            yield self._no(
                where, words("operations.claims_nginx.other_default", where=where),
                words("operations.claims_nginx.no_default"),
                "nginx.default_site = false",
            )  # fmt: skip

    def _no(self, name: str, what: str, does: str, instead: str = "") -> Foreign:
        return Foreign(name, what, does, adoptable=False, keys=("none",), instead=instead)


def _split(listen: str) -> tuple[str, str]:
    """Address and port of a `listen` (ngx_http_core_module): either may be missing, and the port is then 80."""
    if listen.isdecimal():
        return "", listen
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[]*):(\d+)", listen)
    return (match[1], match[2]) if match else (listen, "80")


def web_server(site: str, names: tuple[str, ...], *, default: bool) -> WebServer:
    """What would be in the way of this site's file, and of the one for unknown names where `default` is true."""
    return WebServer(site, names, default)
