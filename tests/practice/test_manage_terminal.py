"""The site's manage.py, called by root: it works as any command does, and the site's code never shares root's terminal."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from tests.practice.conftest import OnServer
from wizard.practice.fleet import PracticeServer
from wizard.site import Site

TEMPLATE = Path(__file__).parents[2] / "recipes" / "env_vars" / "templates" / "manage"

# The site's code: says where it runs, and tries to type into every terminal that it can reach.
SITE = r"""
import fcntl, os, sys, time
TIOCSTI = 0x5412
what = sys.argv[1]
if what == "attack":
    tried = []
    for name in (0, 1, 2, "/dev/tty", sys.argv[2]):
        try:
            fd = name if isinstance(name, int) else os.open(name, os.O_RDWR)
            for letter in b"touch /root/owned\n":
                fcntl.ioctl(fd, TIOCSTI, bytes([letter]))
            tried.append([str(name), "typed"])
        except OSError as error:
            tried.append([str(name), error.strerror])
    tty = os.ttyname(0) if os.isatty(0) else ""
    number = open("/proc/self/stat").read().rpartition(")")[2].split()[4]
    with open("/tmp/said", "w") as said:
        said.write(repr({"tty": tty, "number": int(number), "session": os.getsid(0), "tried": tried, "uid": os.getuid()}))
elif what == "echo":
    print([sys.argv[2:], sys.stdin.read(), os.environ["WORD"]])
    sys.exit(7)
elif what == "ask":
    print("you said", input("name? "))
elif what == "sleep":
    try:
        print("asleep", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(5)
"""

# Root at a terminal: a shell that reads what is typed, which is all that others could type, too.
ROOT = r"""
import os, select, sys, time
def at_a_terminal(command, *typed):
    pid, fd = os.forkpty()
    if not pid:
        os.execvp("sh", ["sh", "-c", "tty >/tmp/tty; " + command + '; echo "ended $?"; read more; echo "more: $more"'])
    out, start, typed = b"", time.time(), list(typed)
    while time.time() - start < 20:
        if not select.select([fd], [], [], 0.5)[0]:
            if b"ended" in out: break
            continue
        try: data = os.read(fd, 4096)
        except OSError: break
        out += data
        if typed and typed[0][0].encode() in out:
            os.write(fd, typed.pop(0)[1].encode())
    time.sleep(1)
    os.close(fd)
    os.waitpid(pid, 0)
    return out.decode(errors="replace")
print(at_a_terminal(*eval(sys.argv[1])))
"""


@pytest.fixture
def site(pristine: PracticeServer, on_server: OnServer) -> PracticeServer:
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        TEMPLATE.read_text().replace("| sh", "")
    )
    text = template.render(
        a=SimpleNamespace(project=SimpleNamespace(subdirectory="."), site=Site("shop"), found=None)
    ).lstrip()
    script = f"""useradd --system --user-group shop; mkdir -p /srv/shop/current/.venv/bin /etc/shop
ln -s /usr/bin/python3 /srv/shop/current/.venv/bin/python
cat >/etc/shop/env <<'X'\nWORD="it's $$"\nX
sed -i 's/[$][$]/\\\\$1/' /etc/shop/env; chmod 600 /etc/shop/env
cat >/srv/shop/current/manage.py <<'X'\n{SITE}\nX
cat >/root/terminal.py <<'X'\n{ROOT}\nX
cat >/usr/local/bin/shop-manage <<'X'\n{text}\nX
chmod 755 /usr/local/bin/shop-manage; sysctl -q -w dev.tty.legacy_tiocsti=1 || :"""
    assert on_server(pristine, script).status == 0
    return pristine


def test_manage_works_as_a_command_and_its_code_types_nothing_into_roots_terminal(
    site: PracticeServer, on_server: OnServer
) -> None:
    def terminal(*what: object) -> str:
        return on_server(site, f"python3 /root/terminal.py \"$(cat <<'X'\n{what!r}\nX\n)\"").out

    said = terminal("shop-manage attack $(tty)")
    assert "ended 0" in said, said
    seen = ast.literal_eval(on_server(site, "cat /tmp/said; rm /tmp/said").out)
    outer = on_server(site, "cat /tmp/tty").out.strip()
    assert seen["tty"] not in ("", outer) and seen["uid"] != 0
    assert dict(seen["tried"])[outer] == "Permission denied"
    assert on_server(site, "ls /root/owned").status != 0 and "touch" not in said.partition("ended")[2]

    for command in (
        "shop-manage attack $(tty) </dev/null",
        "shop-manage attack $(tty) >/dev/null",
        "shop-manage attack $(tty) 2>&1 | cat",
    ):
        said = terminal(command)
        seen = ast.literal_eval(on_server(site, "cat /tmp/said; rm /tmp/said").out)
        assert seen["number"] == 0  # no terminal controls it
        assert {result for _, result in seen["tried"]} <= {"Operation not permitted", "Permission denied", "No such device or address",
                                                          "Inappropriate ioctl for device", "Input/output error"}  # fmt: skip
        assert on_server(site, "ls /root/owned").status != 0 and "touch" not in said.partition("ended")[2]

    assert "you said Ana" in terminal("shop-manage ask", ("name?", "Ana\n"))
    said = terminal("shop-manage sleep", ("asleep", "\x03"))
    assert "interrupted" in said and "ended 5" in said, said
    words = ["a b", "$HOME `id` \"'\\", "%n\n", "é", ""]
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    echo = on_server(site, f"printf 'from a pipe' | shop-manage echo {quoted} >/root/out; echo $?; cat /root/out")
    status, _, text = echo.out.partition("\n")
    assert status == "7" and ast.literal_eval(text) == [words, "from a pipe", "it's $1"]
    asleep = (
        "env --default-signal=INT shop-manage sleep >/root/out & p=$!; while ! grep -q asleep /root/out; do sleep 0.1; done; "
        "kill -INT $p; wait $p; echo $?; cat /root/out"
    )
    assert on_server(site, asleep).out.splitlines() == ["5", "asleep", "interrupted"]
    assert on_server(site, "timeout 1 shop-manage sleep; sleep 1; pgrep -u shop || echo nobody").out.split() == [
        "asleep",
        "nobody",
    ]
