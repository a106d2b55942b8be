"""A release of a site tried beside the live one: the site's own unit, in its own sandbox, on a socket of its own.

Shell text only. Must not know recipes: what is tried is whatever the installed unit starts.
"""

from __future__ import annotations

from wizard.operations.quoting import heredoc, sh

# Prints the last line of the last traceback with, in brackets, where its chain began; or else the last line: what a person
# would look for. It is others' text: one line, and not a long one.
LAST_ERROR = (
    "awk '/^The above exception was|^During handling of/ {chained = 1} "
    '/^Traceback/ {began = chained ? (began == "" ? error : began) : ""; chained = 0; inside = 1; next} '
    "inside && /^[^ \\t]/ {error = $0; inside = 0} NF {last = $0} "
    'END {text = error == "" ? last : error (began == "" ? "" : " (" began ")"); print substr(text, 1, 500)}\''
)

# $site, $unit, $root, $release, $host are set, and $old, the release that is live, or empty.
TRIAL = """\
trial=wizard-trial-$site; units=/run/systemd/system
trial_over() {{
    systemctl stop "$trial.socket" "$trial.service" || true
    systemctl reset-failed "$trial.socket" "$trial.service" || true
    rm -f "$units/$trial.socket" "$units/$trial.service"
    systemctl daemon-reload
}}
trial_failed() {{ # WHAT: says it last, after what the site said
    journalctl --sync || true
    journalctl -o cat --no-pager -n 60 -u "$trial.service" --since "@$began" >"$change/said" || true
    cat "$change/said"
    case $old in
        '') new=first ;;
        "$release") new=changed ;;
        *) new=code ;;
    esac
    if [ -n "$1" ]; then printf '%s\\n' "$1"; else say "operations.trial.fails_$new" reason="$({last_error} "$change/said")"; fi
    [ $new = first ] || say "operations.trial.stays_$new" old="$old"
    exit 1
}}
trial_over 2>/dev/null
trap 'trial_over 2>/dev/null' EXIT
began=$(date +%s)
cat >"$units/$trial.socket" <<UNIT
[Unit]
Description=A release of $site on trial
[Socket]
ListenStream=/run/$site/trial.sock
SocketMode=0600
RemoveOnStop=true
UNIT
# the installed unit with what somebody added to it; what dies stays dead
systemctl cat "$unit" >"$units/$trial.service"
sed -i -e "s#$root/current#$root/releases/$release#g" -e "s#$site\\.socket#$trial.socket#g" "$units/$trial.service"
printf '%s\\n' '' '[Service]' Restart=no TimeoutStartSec=90 {lines}>>"$units/$trial.service"
systemctl daemon-reload
systemctl start "$trial.socket"
systemctl start "$trial.service" || trial_failed ''
said=$(python3 - "/run/$site/trial.sock" "$host" "$trial.service" <<'PYTHON'
{ask}
PYTHON
) || trial_failed "$said"
say operations.trial.answers release="$release" said="$said"
trial_over 2>/dev/null
trap - EXIT
"""

ASK = """\
import http.client, socket, subprocess, sys, threading
path, host, unit = sys.argv[1:]
said = []

def ask():
    connection = http.client.HTTPConnection("localhost", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(60)
    try:
        connection.sock.connect(path)
        connection.request("GET", "/", headers={"Host": host, "X-Forwarded-Proto": "http"})
        said.append(connection.getresponse().status)
    except TimeoutError:
        said.append("silent")
    except (OSError, http.client.HTTPException):
        said.append("closed")

asking = threading.Thread(target=ask, daemon=True)
asking.start()
while asking.is_alive(): # the socket is systemd's: it stays open when the site has died
    if subprocess.run(["systemctl", "is-active", "--quiet", unit]).returncode:
        sys.exit(1)
    asking.join(0.5)
if not isinstance(said[0], int):
    print(f"::operations.trial.{said[0]}")
elif said[0] == 400:
    print(f"::operations.trial.refuses\thost={host}")
elif said[0] >= 500:
    print(f"::operations.trial.broken\tstatus={said[0]}")
else: # a redirect or a page that is not there is an answer
    print(f"/: {said[0]}")
    sys.exit(0)
sys.exit(1)"""


def trial(root: str, unit: str, release: str, host: str, *, lines: tuple[str, ...] = ()) -> str:
    """Shell text that fails, having said why, unless this release starts and answers. Uses `$change`; `$old` must be set.

    lines: for [Service] of the unit that is tried.
    """
    site = unit.removesuffix(".service")
    words = f"site={sh(site)}; unit={sh(unit)}; root={sh(root)}; release={sh(release)}; host={sh(host)}\n"
    return words + TRIAL.format(ask=ASK, last_error=LAST_ERROR, lines="".join(f"{sh(line)} " for line in lines))


# The unit once more, but python loads what the app server would load, looks at it, and ends. $site, $unit, $root, $link,
# $server are set.
LOOK = """\
look=wizard-look-$site; units=/run/systemd/system; place=/run/wizard-look-$site
look_over() {{
    systemctl stop "$look.service"; systemctl reset-failed "$look.service"
    rm -rf "$units/$look.service" "$place"; systemctl daemon-reload
}}
trap 'look_over 2>/dev/null' EXIT
rm -rf "$place"; mkdir -m 0755 "$place"; : >"$place/out"
cat >"$place/look.py" {program}
chmod 0644 "$place/look.py"
release=$(basename "$(readlink "$root/$link" || readlink "$root/current" || readlink "$root/next")")
systemctl cat "$unit" | sed -e "s#$root/current#$root/releases/$release#g" -e '/^Requires=.*\\.socket/d' \\
    -e "s#^ExecStart=\\(.*/bin/\\)$server #ExecStart=\\1python $place/look.py #" >"$units/$look.service"
if ! grep -q "^ExecStart=.*$place/look.py" "$units/$look.service"; then
    say operations.trial.no_unit unit="$unit" server="$server"; exit 1
fi
printf '\\n[Service]\\nType=oneshot\\nRestart=no\\nTimeoutStartSec=60\\n' >>"$units/$look.service"
printf 'Standard%s=append:%s/out\\n' Output "$place" Error "$place" >>"$units/$look.service"
systemctl daemon-reload
systemctl start "$look.service" 2>/dev/null; ended=$?
head -c 200000 "$place/out" >"$place/said"
grep -v '^looked: ' "$place/said" | tail -n 30
if ! grep -q '^looked: ' "$place/said"; then
    say operations.trial.fails_first reason="$({last_error} "$place/said")"; exit 1
fi
sed -n 's/^looked: //p' "$place/said" | tail -n 1
[ $ended = 0 ]
"""


def look(root: str, unit: str, program: str, *, server: str, link: str = "current") -> str:
    """Shell text that runs a Python program as the site is run, with the app server's own words as its arguments.

    unit: its user, variables, folder and sandbox. server: what its ExecStart= starts in the virtual environment. The program
    prints a line that begins with "looked: " at its end; that is what the script prints last, and it fails where the program
    failed.
    """
    words = f"site={sh(unit.removesuffix('.service'))}; unit={sh(unit)}; root={sh(root)}; "
    words += f"link={sh(link)}; server={sh(server)}\n"
    return words + LOOK.format(program=heredoc(program), last_error=LAST_ERROR)
