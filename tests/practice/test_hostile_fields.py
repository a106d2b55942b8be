"""No kind of operation lets a hostile text through to a shell: each text that one takes is tried, and its scripts are run.

On a server where every program does nothing: what is left is the shell, and what it makes of the texts.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.hostile import ATTACKS, CANARIES, TOUCH
from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from tests.practice.matrix.results import tried
from wizard.errors import UsageError
from wizard.operations import base, tested
from wizard.operations.apt import packages, upgrade
from wizard.operations.authorized_keys import authorized_keys
from wizard.operations.base import Operation
from wizard.operations.claims import site_name
from wizard.operations.claims_mariadb import one_mariadb
from wizard.operations.claims_nginx import web_server
from wizard.operations.claims_postgres import one_postgres
from wizard.operations.claims_redis import one_redis
from wizard.operations.command import command
from wizard.operations.content import content
from wizard.operations.django import migrations, static_files, superuser
from wizard.operations.file import absent, directory, file, symlink
from wizard.operations.firewall import firewall
from wizard.operations.live import live_release
from wizard.operations.mariadb import mariadb_account, mariadb_database
from wizard.operations.media import starting_media
from wizard.operations.postgres import database, role
from wizard.operations.postgres_cluster import cluster, settings
from wizard.operations.quoting import heredoc
from wizard.operations.reboot import reboot
from wizard.operations.release import UploadedRelease, data_directory, release_from_git, serving
from wizard.operations.service import service
from wizard.operations.system import generated_locale, kernel_settings, swap
from wizard.operations.user import sudo_rule, user
from wizard.operations.virtualenv import virtualenv
from wizard.secret import Secret
from wizard.transport.ssh import SshTransport

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA "
PASSWORD = Secret("x" * 20)
MYSQL = "django.db.backends.mysql"
# A text for each argument that takes one: each is tried in turn, the others stay as they are.
MAKE: list[tuple[Callable[..., Operation], list[str]]] = [
    (lambda p, c, o, g: file(p, c, owner=o, group=g), ["/x", "c", "root", "root"]),
    (lambda p, o, g: directory(p, owner=o, group=g), ["/x", "root", "root"]),
    (symlink, ["/x", "/y"]),
    (absent, ["/x"]),
    (lambda p, c: tested.tested_file(p, c, test="true", then=":"), ["/x", "c"]),
    (lambda p, t: tested.tested_symlink(p, t, test="true", then=":"), ["/x", "/y"]),
    (lambda p, o: data_directory(p, owner=o), ["/x", "site"]),
    (lambda n: packages("one", n), ["two"]),
    (service, ["x"]),
    (lambda r, s, g, b, k: release_from_git(r, s, group=g, branch=b, key=k), ["/srv/x", "u@h:r", "x", "b", "/k"]),
    (lambda r, g, i: UploadedRelease(r, g, id=i, sha256="0" * 64), ["/srv/x", "x", "id"]),
    (lambda r, g, i, w: UploadedRelease(r, g, id=i, sha256="0" * 64, written=(w,)), ["/srv/x", "x", "id", "logs"]),
    (lambda r, f, d, s: starting_media(r, f, d, site=s), ["/srv/x", "media", "/srv/x/media", "x"]),
    (serving, ["x.service", "/srv/x"]),
    (live_release, ["/srv/x", "x.service", "example.org"]),
    (lambda d, r, u, e, i, p: virtualenv(d, r, user=u, extra=(e,), imports=(i,), programs=(p,)),
     ["/srv/x", "requirements.txt", "x", "gunicorn", "django", "gunicorn"]),
    (lambda d, r, u: virtualenv(d, f"{r}/pyproject.toml", user=u), ["/srv/x", "backend", "x"]),
    (lambda d, r, u: virtualenv(d, f"{r}/uv.lock", user=u), ["/srv/x", "backend", "x"]),
    (lambda d, r: virtualenv(d, "requirements.txt", user="x", replaced=(r,)), ["/srv/x", "django==2.2"]),
    (lambda s, d: migrations(s, database=d), ["x", "x"]),
    (lambda s, d, a: migrations(s, database=d, engine=MYSQL, account=a), ["x", "x", "x"]),
    (lambda s, p, d: content(s, p, database=d), ["x", "db.sqlite3", "x"]),
    (lambda s, p, d, a: content(s, p, database=d, engine=MYSQL, account=a), ["x", "db.sqlite3", "x", "x"]),
    (lambda n, p, d: mariadb_account(n, Secret(p), database=d), ["x", "p", "x"]),
    (lambda d, a: mariadb_database(d, account=a), ["x", "y"]),
    (static_files, ["x", "/srv/x"]),
    (lambda s, n, e, p, d: superuser(s, n, e, Secret(p), database=d), ["x", "admin", "a@b.org", "p", "x"]),
    (lambda n, p: role(n, Secret(p)), ["x", "p"]),
    (database, ["x", "y"]),
    (settings, ["x.conf", "c"]),
    (lambda n, s, h, g, p: user(n, shell=s, home=h, groups=(g,), password=Secret(p)), ["x", "/bin/sh", "/h", "g", "p"]),
    (lambda u, c: authorized_keys(u, (KEY + c,)), ["x", "you@laptop"]),
    (sudo_rule, ["x", "x ALL=(ALL) ALL"]),
    (firewall, ["80/tcp"]),
    (lambda p: swap(p, size=1), ["/swapfile"]),
    (lambda p, n, v: kernel_settings(p, {n: v}), ["/x", "net.ipv4.conf.default.x", "1"]),
    (generated_locale, ["de_DE.UTF-8"]),
    (lambda n: reboot(n, needed="true"), ["x"]),
    (site_name, ["x"]),
    (lambda s, n: web_server(s, (n,), default=False), ["x", "example.org"]),
]  # fmt: skip
OTHERS = [
    cluster(),
    one_postgres(),
    one_redis(packages="redis-server"),
    one_mariadb(packages="mariadb-server"),
    upgrade(),
    command("x", "true", test="true", undo="true"),
]  # take no text but shell by contract
OTHERS += [
    command("y", "true", test="true", undo="true", long=True),
    command("z", "true", test="true", irreversible=True),
]


def scripts(operation: Operation) -> Iterator[str]:
    """Everything that it would have a shell run: looking, doing, undoing, and proving both."""
    yield operation.observe()
    before = operation.state()
    after = operation.wanted(before)
    for one, other in ((before, after), (after, before)):
        yield operation.apply(one, other)
        yield operation.verify(other)


def test_every_kind_of_operation_is_tried() -> None:
    base._load_all_kinds()
    made = [make(*plain_texts) for make, plain_texts in MAKE] + OTHERS
    # other tests have kinds of their own
    assert {one.kind for one in made} == {
        kind for kind, its in base.KINDS.items() if its.__module__.startswith("wizard.")
    }


# PATHs on which every program does nothing and succeeds, or is not there: each condition is met, and then none.
TRUE = "/run/true"
PREPARE = f"""\
mkdir -p -m 1777 {CANARIES}; mkdir -p {TRUE} /run/work
for folder in /usr/bin /usr/sbin; do (cd $folder; for name in [a-z]*; do ln -sf /bin/true {TRUE}/$name; done); done"""
SHELL = [attack for attack in ATTACKS if TOUCH in attack]  # those that are meant for a shell
DOUBLES = "id=0001 change=/run/work blobs=/run/work W=/run/work\n" + "".join(
    f"{name}() {{ :; }}\n" for name in ("put_file", "put_link", "keep_blob", "if_unit", "begin_save", "end_save")
)


@pytest.fixture(scope="module")
def server(server_factory: ServerFactory) -> Iterator[SshTransport]:
    with Cycle(server_factory()).transport() as transport:
        transport.run(PREPARE)
        yield transport


@pytest.mark.parametrize("path", ["/nonexistent", pytest.param(TRUE, marks=pytest.mark.matrix)])
@pytest.mark.parametrize(("make", "fields"), MAKE, ids=[make(*fields).kind for make, fields in MAKE])
def test_hostile_texts_in_an_operation_are_refused_or_only_texts(
    make: Callable[..., Operation], fields: list[str], path: str, server: SshTransport
) -> None:
    batch = []
    for place, attack in itertools.product(range(len(fields)), SHELL):
        values = [*fields]
        values[place] = f"{fields[place]}{attack}"
        with contextlib.suppress(UsageError, ValueError):
            batch += [f"(:\n{script}\n)" for script in scripts(make(*values))]
    with tried("hostile values: fields of operations", len(fields) * len(SHELL)):
        text = heredoc(DOUBLES + "\n".join(batch))
        done = server.run(f"cat >/run/batch {text}\ncd /run/work; PATH={path} /bin/dash /run/batch >/dev/null")
        assert "yntax error" not in done.err, done.err[-500:]
        assert server.run(f"ls -A {CANARIES}").out == ""
