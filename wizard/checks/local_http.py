"""Asks a site over HTTP from the server itself: at a unix socket or at a port, under any name. Needs python3 there.

Must not know recipes, nor what is behind the address.
"""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.quoting import sh
from wizard.text import text

ASK = """\
import http.client, socket, sys, time
address, host, path, mark, *allowed = sys.argv[1:]

def ask():
    connection = http.client.HTTPConnection(*address.split(":"), timeout=60)
    if address.startswith("/"):
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(address)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        if mark and answer.getheader("X-Site") != mark:
            return answer.status, "other_site", ""
        return answer.status, "seen", answer.getheader("Content-Type", "")
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return "closed", "closed", ""

for attempt in range(10): # a web server that has been told to read its files anew still answers with the old ones for a moment
    try:
        status, code, kind = ask()
    except OSError as error:
        status, code, kind = error, "nothing", ""
    good = str(status) in allowed and code != "other_site"
    if good:
        break
    time.sleep(0.5)
print(f"::checks.local_http.{code}\\tpath={path}\\tstatus={status}\\tkind={kind}")
sys.exit(not good)"""

ALIVE = ("200", "301", "302", "303", "307", "308", "401", "403", "404")
"""What a working site may say at any path; 400 is Django's answer to a name that it does not know, 5xx are faults."""


def answers(
    name: str,
    address: str,
    host: str,
    path: str = "/",
    allowed: tuple[str, ...] = ALIVE,
    marked: str = "",
    *,
    set_in: str = "",
) -> Check:
    """`address` (a socket's path or host:port) answers a GET under the name `host` with one of these statuses.

    marked: what the header X-Site must say, which the site's own web server adds for whoever asks from the server itself.
    The status "closed" stands for a connection that is closed without an answer.
    """
    words = " ".join(map(sh, (address, host, path, marked, *allowed)))
    return on_server(
        name,
        f"python3 - {words} 2>&1 <<'PYTHON'\n{ASK}\nPYTHON",
        wanted=text("checks.local_http.wanted", allowed=allowed),
        set_in=set_in,
    )
