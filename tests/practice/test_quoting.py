"""Hostile values through the real shell, systemd, PostgreSQL, nginx and account tools: what comes out is what went in.

About a thousand of them in every run, over ten thousand in the matrix. Each tries to leave a file in CANARIES.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hostile import CANARIES, LETTERS, accepted, texts
from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from tests.practice.matrix.results import tried
from wizard import catalog
from wizard.engine.remote.prelude import prelude
from wizard.errors import UsageError
from wizard.operations.file import FileState, file
from wizard.operations.postgres import database, role
from wizard.operations.quoting import heredoc, nginx_string, sh, sql_identifier, sql_literal, systemd_environment
from wizard.operations.user import user
from wizard.recipe import Answers
from wizard.secret import Secret
from wizard.server import Server
from wizard.transport.ssh import SshTransport

MANY = pytest.param(12, marks=pytest.mark.matrix)
Sizes = pytest.mark.parametrize("size", [1, MANY])
OnlyMany = pytest.mark.parametrize("size", [MANY])  # what needs packages, which take a minute
PREPARE = f"mkdir -p -m 1777 {CANARIES}"
INSTALL = """\
dpkg -s postgresql nginx >/dev/null 2>&1 ||
    { apt-get -q update && apt-get -q -y --no-install-recommends install postgresql nginx; } >/dev/null"""


@pytest.fixture(scope="module")
def cycle(server_factory: ServerFactory) -> Cycle:
    cycle = Cycle(server_factory())
    cycle.run(PREPARE)
    return cycle


@pytest.fixture(scope="module")
def installed(cycle: Cycle) -> None:
    cycle.run(INSTALL)


@pytest.fixture
def server(cycle: Cycle) -> Iterator[SshTransport]:
    """A connection; afterwards no value may have done anything."""
    with cycle.transport() as transport:
        yield transport
        assert transport.run(f"ls -A {CANARIES}").out == ""


def out(transport: SshTransport, script: str) -> bytes:
    """The bytes that the script prints; it must end well."""
    result = transport.run(f"set -e\n{{\n{script}\n}} >/run/said\nbase64 -w0 /run/said", silence=120)
    assert result.status == 0, result.err[-2000:]
    return base64.b64decode(result.out)


def same(read: bytes, taken: list[tuple[str, str]], end: bytes = b"\0") -> None:
    values = read.split(end)[:-1]
    wrong = [(v, got) for (v, _), got in zip(taken, values, strict=True) if v.encode() != got]
    assert wrong == []


@Sizes
def test_the_shell_reads_words_and_here_documents_as_they_were_given(server: SshTransport, size: int) -> None:
    taken, refused = accepted(texts(250 * size, seed=1), sh)
    assert refused < len(taken)
    with tried("hostile values: shell", 2 * len(taken) + refused):
        script = "\n".join(f"printf '%s\\0' {word}" for _, word in taken)
        same(out(server, script), taken)
        documents = "\n".join(f"cat {heredoc(value)}\nprintf '\\0'" for value, _ in taken)
        same(out(server, documents).replace(b"\n\0", b"\0"), taken)


# -- the env file ------------------------------------------------------------------------------------------------------

SITE = "fuzzed"
RECIPES = catalog.load(())
DUMP = "import os, sys; sys.stdout.buffer.write(open('/proc/self/environ', 'rb').read())\n"
LAY_OUT = f"""\
id {SITE} >/dev/null 2>&1 || useradd --system {SITE}
mkdir -p /srv/{SITE}/current/.venv/bin /etc/{SITE}
ln -sf /usr/bin/python3 /srv/{SITE}/current/.venv/bin/python
cat >/srv/{SITE}/current/manage.py {heredoc(DUMP)}
"""
READ_BY_SYSTEMD = f"""\
systemd-run --quiet --wait --pipe -p User={SITE} -p EnvironmentFile=/etc/{SITE}/env \\
    python3 /srv/{SITE}/current/manage.py"""


def answers(**tables: dict[str, object]) -> Answers:
    filled = {name: dict(values) for name, values in tables.items()}
    return Answers(filled, server=Server(version="12"), recipes=RECIPES)


def manage() -> str:
    """The site's own manage.py, as the recipe writes it."""
    recipe = next(r for r in RECIPES if r.name == "env_vars")
    return recipe.template("manage", answers(project={"name": SITE, "subdirectory": "."}))


def variables(environ: bytes) -> dict[bytes, bytes]:
    pairs = (pair.partition(b"=") for pair in environ.split(b"\0"))
    return {name: value for name, _, value in pairs if name.startswith(b"V_")}


@Sizes
def test_systemd_and_manage_py_read_the_env_file_alike_and_as_it_was_given(server: SshTransport, size: int) -> None:
    names = iter(range(10**6))
    taken, refused = accepted(texts(200 * size, seed=2), lambda v: systemd_environment(f"V_{next(names)}", v))
    for start in range(0, len(taken), 1000):  # a process has room for 2 MiB of variables
        part = taken[start : start + 1000]
        with tried("hostile values: env file, by systemd and by manage.py", 2 * len(part) + (0 if start else refused)):
            wanted = {line.partition("=")[0].encode(): value.encode() for value, line in part}
            env = heredoc("\n".join(line for _, line in part))
            out(server, f"{LAY_OUT}\n(umask 077; cat >/etc/{SITE}/env {env}\n)\ncat >/run/manage {heredoc(manage())}")
            assert variables(out(server, READ_BY_SYSTEMD)) == wanted
            assert variables(out(server, "sh /run/manage dump")) == wanted


def test_a_variable_of_the_longest_kind_starts_and_a_longer_one_is_refused(server: SshTransport) -> None:
    line = systemd_environment("V_x", "y" * (128 * 1024 - 1 - len("V_x=")))
    out(server, f"{LAY_OUT}\ncat >/etc/{SITE}/env {heredoc(line)}\ncat >/run/manage {heredoc(manage())}")
    assert len(variables(out(server, READ_BY_SYSTEMD))[b"V_x"]) == len(variables(out(server, "sh /run/manage"))[b"V_x"])
    with pytest.raises(UsageError, match="more than"):
        systemd_environment("V_x", "y" * (128 * 1024 - len("V_x=")))


def test_no_variable_of_the_site_acts_on_root(server: SshTransport) -> None:
    evil = [("PATH", "/srv/evil"), ("LD_PRELOAD", "/srv/evil/none.so"), ("IFS", "/x"), ("ENV", f"$(>{CANARIES}/env)")]
    lines = "\n".join(systemd_environment(name, value) for name, value in evil)
    script = (
        f"{LAY_OUT}\nmkdir -p /srv/evil; printf '#!/bin/sh\\n>{CANARIES}/setpriv\\n' >/srv/evil/setpriv\n"
        f"chmod 755 /srv/evil/setpriv; cat >/etc/{SITE}/env {heredoc(lines)}\ncat >/run/manage {heredoc(manage())}"
    )
    out(server, script)
    environ = out(server, "sh /run/manage").split(b"\0")
    assert b"PATH=/srv/evil" in environ and b"IFS=/x" in environ


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

PSQL = "cd /; runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1"


@OnlyMany
@pytest.mark.usefixtures("installed")
def test_postgresql_reads_literals_and_names_as_they_were_given(server: SshTransport, size: int) -> None:
    taken, refused = accepted(texts(200 * size, seed=3), sql_literal)
    with tried("hostile values: PostgreSQL literals", len(taken) + refused):
        queries = "\n".join(f"SELECT encode(convert_to({quoted}, 'UTF8'), 'hex');" for _, quoted in taken)
        read = out(server, f"{PSQL} {heredoc(queries)}").decode().splitlines()
        assert [bytes.fromhex(line).decode() for line in read] == [value for value, _ in taken]
    pieces = (value[:40] for value in texts(120 * size, seed=4, longest=3))
    named, refused = accepted(iter(dict.fromkeys(pieces)), sql_identifier)
    with tried("hostile values: PostgreSQL names", len(named) + refused):
        made = "\n".join(f"CREATE ROLE {name};" for _, name in named)
        gone = "\n".join(f"DROP ROLE {name};" for _, name in named)
        listed = "SELECT encode(convert_to(rolname, 'UTF8'), 'hex') FROM pg_roles WHERE oid > 16383;"
        read = out(server, f"{PSQL} {heredoc(f'BEGIN;{made}{listed}{gone}COMMIT;')}").decode().split()
        assert {bytes.fromhex(line).decode() for line in read} == {value for value, _ in named}


@OnlyMany
@pytest.mark.usefixtures("installed")
def test_a_role_logs_in_to_its_database_whatever_both_and_the_password_are(server: SshTransport, size: int) -> None:
    import psycopg

    chance, made, refused = random.Random(5), [], 0
    names = list(dict.fromkeys(value[:30] for value in texts(600, seed=6, longest=3) if value))
    for name in chance.sample(names, 3 * size):
        password = "".join(chance.choices([chr(c) for c in range(32, 127)], k=chance.randint(1, 60)))
        try:
            made.append((name, password, role(name, Secret(password)), database(name, name)))
        except UsageError:
            refused += 1
    assert len(made) > refused
    with tried("hostile values: PostgreSQL logins", len(made) * 2 + refused):
        lines = [prelude(), "mkdir -p $blobs /run/c; change=/run/c"]
        for _, _, login, data in made:
            lines += [
                f"printf %s {sh(base64.b64encode(b.content).decode())} | put_blob {b.name}" for b in login.secrets
            ]
            steps = (
                login.apply(login.parse(""), login.wanted(login.parse(""))),
                data.apply(data.parse(""), data.wanted(data.parse(""))),
                login.verify(login.wanted(login.parse(""))),
                data.verify(data.wanted(data.parse(""))),
            )
            lines += [f"( set -e\n{step}\n) >/run/said 2>&1 || {{ cat /run/said; exit 1; }}" for step in steps]
        result = server.run("\n".join(lines), silence=120)
        assert result.status == 0, result.out[-2000:]
        with server.tunnel(5432) as port:
            for name, password, *_ in made:
                with psycopg.connect(
                    host="127.0.0.1", port=port, user=name, password=password, dbname=name
                ) as connection:
                    row = connection.execute("SELECT current_user, current_database()").fetchone()
                assert row == (name, name)
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(host="127.0.0.1", port=port, user=made[0][0], password="wrong", dbname="postgres")
        drop = "\n".join(f"DROP DATABASE {sql_identifier(n)}; DROP ROLE {sql_identifier(n)};" for n, *_ in made)
        out(server, f"{PSQL} {heredoc(drop)}")


# -- nginx -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def configured(server: SshTransport, text: str) -> Iterator[None]:
    """nginx with this in its http section; taken away afterwards."""
    path = "/etc/nginx/conf.d/fuzz.conf"
    tested = server.run(f"cat >{path} {heredoc(text)}\nnginx -t 2>&1 && systemctl restart nginx")
    try:
        assert tested.status == 0, tested.out[-2000:]
        yield
    finally:
        server.run(f"rm {path}")


def asked(server: SshTransport, requests: list[tuple[str, str]]) -> list[tuple[int, str, bytes]]:
    """Status, the header X-Said and the body of each (host, path)."""
    answers = []
    with server.tunnel(8100) as port:
        for host, path in requests:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Host": host, "Connection": "close"})
            answer = connection.getresponse()
            answers.append((answer.status, answer.getheader("X-Said", ""), answer.read()))
    return answers


@OnlyMany
@pytest.mark.usefixtures("installed")
def test_nginx_says_strings_as_they_were_given(server: SshTransport, size: int) -> None:
    taken, refused = accepted(texts(120 * size, seed=7, longest=6), nginx_string)
    places = "\n".join(f"location = /{i} {{ return 200 {quoted}; }}" for i, (_, quoted) in enumerate(taken))
    with (
        tried("hostile values: nginx strings", len(taken) + refused),
        configured(server, f"server {{ listen 8100 default_server; {places} }}"),
    ):
        said = asked(server, [("x", f"/{i}") for i in range(len(taken))])
        assert [body.decode() for _, _, body in said] == [value for value, _ in taken]


def question(recipe: str, name: str) -> Any:
    return next(q for r in catalog.load(()) for q in r.questions if (r.name, q.name) == (recipe, name))


@OnlyMany
@pytest.mark.usefixtures("installed")
def test_a_host_name_that_is_accepted_is_one_that_nginx_answers_to(server: SshTransport, size: int) -> None:
    chance, domain = random.Random(8), question("project", "domain")
    labels = [
        "a",
        "b-c",
        "x" * 63,
        "0",
        "1a",
        "xn--bcher-kva",
        "-a",
        "a-",
        "",
        "_",
        "é",
        "y" * 64,
        "~x",
        "*",
        "A",
        "a b",
    ]
    names = [".".join(chance.choices(labels, [9] * 6 + [1] * 10, k=chance.randint(1, 5))) for _ in range(20 * size)]
    names += [value[:100] for value in texts(20 * size + 60, seed=9, longest=2)]
    good = [name for name in dict.fromkeys(names) if domain.refusal(name) is None]
    assert 10 < len(good) < len(names)
    recipe = next(r for r in RECIPES if r.name == "nginx")
    with tried("hostile values: host names in nginx", len(set(names))):
        sites = []
        for i, name in enumerate(good):
            tables = answers(
                project={"name": f"s{i}", "domain": name}, env_vars={"more_hosts": ()}, gunicorn={"timeout": 30},
                nginx={"upload_mb": 1 + i, "static_url": "/static/", "media_url": "/media/"},
            )  # fmt: skip
            text = recipe.template("site", tables, names=[name], longest=0, before="", inside="")
            mark = f"add_header X-Said s{i} always;"
            sites.append(text.replace("listen 80;", f"listen 8100; {mark}").replace("listen [::]:80;", ""))
        with configured(
            server, "server_names_hash_bucket_size 512; server_names_hash_max_size 8192;" + "\n".join(sites)
        ):
            said = asked(server, [(name, "/") for name in good])
            assert [answer[:2] for answer in said] == [(502, f"s{i}") for i in range(len(good))]


@pytest.mark.matrix
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["short.example", ".".join(["x" * 63] * 3)])
def test_one_long_host_name_fits_into_nginxs_table(server: SshTransport, name: str) -> None:
    recipe = next(r for r in RECIPES if r.name == "nginx")
    tables = answers(
        project={"name": "s", "domain": name}, env_vars={"more_hosts": ()}, gunicorn={"timeout": 30},
        nginx={"upload_mb": 10_000, "static_url": "/static/", "media_url": "/media/"},
    )  # fmt: skip
    with configured(server, recipe.template("site", tables, names=[name], longest=len(name), before="", inside="")):
        pass


# -- files and accounts ------------------------------------------------------------------------------------------------


@Sizes
def test_files_get_their_content_and_their_path_whatever_both_are(server: SshTransport, size: int) -> None:
    folder = f"/srv/{SITE}-files"
    values = list(dict.fromkeys(v.replace("/", "")[:60].strip("\n") for v in texts(60 * size, seed=10)))
    taken, refused = accepted(iter([v for v in values if v not in ("", ".", "..")]), lambda v: sh(f"{folder}/{v}"))
    taken = [(name, word) for name, word in taken if len(name.encode()) < 240]
    with tried("hostile values: paths and contents", 2 * len(taken) + refused):
        lines = [prelude(), f"mkdir -p $blobs; rm -rf {folder}; mkdir {folder}; set -e"]
        contents = [value.encode(errors="surrogatepass") for value in texts(len(taken), seed=11)]
        for (name, _), content in zip(taken, contents, strict=True):
            one = file(f"{folder}/{name}", content)
            lines.append(f"put_blob {one.blobs(FileState())[0].name} {heredoc(base64.b64encode(content).decode())}")
            lines += [one.apply(FileState(), one.wanted(FileState())), one.verify(one.wanted(FileState()))]
        result = server.run("\n".join(lines), silence=120)
        assert result.status == 0, result.err[-2000:]
        read = out(
            server, f'cd {folder}\nfor f in ./* ./.[!.]* ./..?*; do [ ! -f "$f" ] || printf \'%s\\0\' "${{f#./}}"; done'
        )
        assert {name.decode() for name in read.split(b"\0")[:-1]} == {name for name, _ in taken}
        sums = out(server, "\n".join(f"sha256sum <{word}" for _, word in taken)).decode().split("  -\n")[:-1]
        assert sums == [file("/x", content).wanted(FileState()).sha256 for content in contents]


PASSWORDS = """\
perl -e 'my %h = map { (split /:/)[0, 1] } do { open F, "/etc/shadow"; <F> };
for (<STDIN>) { chomp; my ($user, $hex) = split; my $p = pack "H*", $hex;
    print crypt($p, $h{$user}) eq $h{$user} ? "same\\n" : "other $user\\n"; }'"""


@Sizes
def test_an_accounts_password_is_the_one_that_was_given(server: SshTransport, size: int) -> None:
    made, refused = [], 0
    for i, value in enumerate(v for v in texts(20 * size + 80, seed=12) if v):
        try:
            made.append(user(f"u{i}", system=True, password=Secret(value)))
        except UsageError as error:
            assert f"u{i}" in error.message and value not in error.message
            refused += 1
    made = made[-20 * size :]
    with tried("hostile values: passwords of accounts", len(made) + refused):
        script = ["set -e"]
        for one in made:
            (blob,) = one.blobs(one.parse("absent||\n"))
            script.append(
                f"useradd --system {one.name}; printf %s {base64.b64encode(blob.content).decode()} >/run/line"
            )
            script.append("base64 -d /run/line | tail -n +2 | chpasswd -c SHA256 -s 1000")
        assert (result := server.run("\n".join(script))).status == 0, result.err
        listed = "\n".join(f"{u.name} {u.password.reveal().encode().hex()}" for u in made if u.password)
        assert set(out(server, f"{PASSWORDS} {heredoc(listed)}").decode().split("\n")) == {"same", ""}
        server.run("\n".join(f"userdel {u.name}" for u in made))


# -- systemd units -----------------------------------------------------------------------------------------------------


@Sizes
def test_what_a_units_questions_accept_stands_in_it_as_it_was_given(server: SshTransport, size: int) -> None:
    """A percent sign would be a specifier, a space another argument, a newline another line."""
    recipe, chance = next(r for r in RECIPES if r.name == "gunicorn"), random.Random(13)
    wsgi, folder = question("project", "wsgi"), question("project", "subdirectory")
    values = [v[:50] for v in texts(100 * size, seed=14, longest=3)]
    values += ["".join(chance.choices(LETTERS, k=5)) for _ in range(100 * size)]
    pairs = [(f"{v}.wsgi:app", v) for v in dict.fromkeys(values)]
    good = [(w, f) for w, f in pairs if wsgi.refusal(w) is None and folder.refusal(f) is None]
    assert good
    with tried("hostile values: systemd units", 2 * len(pairs)):
        lines = []
        for i, (app, path) in enumerate(good):
            tables = answers(project={"name": f"f{i}", "wsgi": app, "subdirectory": path}, gunicorn={"timeout": 30})
            unit = recipe.template("app.service", tables, configuration="/etc/f/gunicorn.conf.py", closed="")
            lines.append(f"cat >/run/systemd/system/fuzz{i}.service {heredoc(unit)}")
        lines.append("systemctl daemon-reload")
        lines += [
            f"systemctl show -P WorkingDirectory fuzz{i}; systemctl show -P ExecStart fuzz{i}" for i in range(len(good))
        ]
        read = out(server, "\n".join(lines)).decode().splitlines()
        server.run("rm /run/systemd/system/fuzz*.service; systemctl daemon-reload")
        for i, (app, path) in enumerate(good):
            assert read[2 * i] == f"/srv/f{i}/current/{path}"
            assert f"gunicorn.conf.py {app} ;" in read[2 * i + 1]
