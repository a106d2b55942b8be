"""The project's code on the server: one folder per release, and `next`, the link to the newest, which goes live later."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from wizard.api import (
    HOST_NAME,
    Answers,
    Check,
    Operation,
    Question,
    Recipe,
    Secret,
    clone,
    data_directory,
    directory,
    file,
    git_host,
    on_server,
    packages,
    release_from_folder,
    release_from_git,
    sh,
    starting_media,
)

# Names that can be refused before any server is seen; which are free on a server, it says itself (site_name).
TAKEN = frozenset(
    re.findall(
        r"\S+",
        "root daemon bin sys backup list irc games mail news proxy nobody sshd postgres nginx redis www-data "
        "messagebus sudo staff users ssh dbus cron networking network docker postgresql mysql mariadb apache2 caddy fail2ban "
        "ufw nftables unattended-upgrades apt-daily default system user getty init rsyslog polkit udev wizard",
    )
)

recipe = Recipe("project", needs=["deploy_user"])


def from_git(source: str) -> bool:
    return re.match(r"[a-z+]+://|[\w.-]+@[\w.-]+:", source) is not None


def source_refused(source: str) -> str | None:
    if source.startswith("-") or not source.isprintable():
        return recipe.text("source_refused")
    if re.match(r"https?://[^/]*@", source):
        return recipe.text("source_secret")
    return clone.refused(source)


def is_remote(source: str) -> bool:
    """A repository somewhere, and no folder of one computer."""
    return bool(re.match(r"(https|ssh)://|[\w.-]+@[\w.-]+:", source))


# Letters that Unicode does not take apart into a plain one and a mark
PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)


def name_of(a: Answers) -> str | None:
    """A name that is always acceptable, from the folder's or the repository's: `Olá Mundo` is `ola-mundo`."""
    if not a[source]:
        return None
    path = a[source].rstrip("/")
    last = re.split(r"[/:]", path)[-1] if from_git(path) else Path(path).expanduser().resolve().name
    letters = unicodedata.normalize("NFKD", last.removesuffix(".git").lower().translate(PLAIN_LETTERS))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    slug = slug if re.match(r"[a-z]", slug) else f"site-{slug}"
    slug = slug[:24].strip("-")
    return f"{slug[:19].strip('-')}-site" if taken(slug) else slug


def taken(name: str) -> str | None:
    reserved = name in TAKEN or name.startswith("systemd-")
    return recipe.text("taken") if reserved else None


source = recipe.ask(
    Question(
        "source",
        str,
        valid=source_refused,
        example="https://git.example.org/me/guestbook.git or ~/code/guestbook",
        portable=is_remote,
    )
)
branch = recipe.ask(Question("branch", str, "", optional=True, pattern=r"[\w][\w./+-]*", example="main"))
deploy_key = recipe.ask(
    Question("deploy_key", Secret, optional=True, example='{ file = "~/.ssh/guestbook_deploy" }', made_up=False)
)
git_host_key = recipe.ask(
    Question(
        "git_host_key", tuple, lambda a: git_host.accepted(a[source] or ""), optional=True, pattern=git_host.FINGERPRINT,
        example="SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU", portable=lambda _: False,
    )
)  # fmt: skip
name = recipe.ask(
    Question(
        "name", str, name_of, pattern=r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?", example="guestbook",
        valid=taken,
    )
)  # fmt: skip
domain = recipe.ask(
    Question("domain", str, lambda a: a.server.address or None, pattern=HOST_NAME, example="guestbook.example.org")
)  # fmt: skip
subdirectory = recipe.ask(
    Question("subdirectory", str, lambda a: a.found.root if a.found else ".", pattern=r"\.|(?!.*\.\.)[\w][\w./-]*",
             example="backend")
)  # fmt: skip
settings_module = recipe.ask(
    Question("settings_module", str, lambda a: a.found.settings_module if a.found else None, pattern=r"\w+(\.\w+)*",
             example="config.settings")
)  # fmt: skip
written = recipe.ask(
    Question("written", tuple, lambda a: a.found.written if a.found else (), optional=True,
             pattern=r"(?!.*(\.\.|//|/\.))\w[\w./-]*", example="logs")
)  # fmt: skip
content = recipe.ask(
    Question("content", str, lambda a: (a.found.content if a.found else None) or "", optional=True,
             pattern=r"(?!.*\.\.)[\w][\w./-]*", example="db.sqlite3")
)  # fmt: skip


def entry(a: Answers) -> str | None:
    """What the app server imports. Where the project's own wsgi.py chooses the settings whatever it is told, one in front of it
    loads those of the server first (see the template server_wsgi of env_vars)."""
    if a.found is None:
        return None
    return "server_wsgi:application" if a.found.wsgi and a.found.entry_sets_settings else a.found.wsgi


wsgi = recipe.ask(
    Question("wsgi", str, entry, optional=True, pattern=r"\w+(\.\w+)*:\w+",
             example="config.wsgi:application")
)  # fmt: skip


def manage_py_is_there(a: Answers) -> Iterator[Check]:
    site, file = a.site, f'"$link"/{sh(a[subdirectory])}/manage.py'
    yield on_server(
        recipe.text("readable"),
        f"link={site.next}; [ -e $link ] || link={site.current}\n"
        f"runuser -u {sh(site.user)} -- test -r {file} && ! runuser -u nobody -- test -r {file} && "
        'basename "$(readlink $link)"',
        wanted=recipe.text("readable_wanted", user=site.user),
        set_in=recipe.text("readable_set_in"),
    )


@recipe.step("folders")
def folders(a: Answers) -> Iterator[Operation]:
    yield directory(a.site.config)
    yield directory(a.site.root)
    yield directory(a.site.releases)
    yield directory(a.site.shared)
    yield data_directory(a.site.static, owner=a.site.user)
    yield data_directory(a.site.media, owner=a.site.user)
    if a[written]:
        yield data_directory(a.site.written, owner=a.site.user)


@recipe.step("code", check=manage_py_is_there)
def code(a: Answers) -> Iterator[Operation]:
    root, group, paths = a.site.root, a.site.user, tuple(path.rstrip("/") for path in a[written])
    if not from_git(a[source]):
        yield release_from_folder(root, a[source], group=group, written=paths, also=(a[content],) if a[content] else ())
        return
    yield packages("git", "ca-certificates", *(["openssh-client"] if git_host.address(a[source]) else []))
    key = ""
    if a[deploy_key]:
        key = a.site.deploy_key
        yield file(key, Secret(a[deploy_key].reveal().strip() + "\n"), mode=0o600)
    yield release_from_git(root, a[source], group=group, branch=a[branch], key=key, host_keys=a[git_host_key],
                           written=paths)  # fmt: skip


def media_of_code(a: Answers) -> str:
    return (a.found.media_folder if a.found else None) or ""


@recipe.step("media", when=lambda a: bool(media_of_code(a)))
def media(a: Answers) -> Iterator[Operation]:
    yield starting_media(a.site.root, media_of_code(a), a.site.media, site=a.site.user)


recipe.output("code", lambda a: a.site.current, afterwards=True)
