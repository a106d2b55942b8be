"""sshd as a step needs it: how it takes up what its files say, and what in them stands against a set-up.

All is said before anything is changed, with the file and the line. Must not know recipes.
"""

from __future__ import annotations

from wizard.errors import StoppedError
from wizard.operations.base import Operation
from wizard.operations.command import command
from wizard.sshd import CONFIG, Setting, Sshd, applies
from wizard.text import text

TAKE_UP = """\
by=$(systemctl show -P TriggeredBy ssh.service)
if [ -n "$by" ] && systemctl is-active --quiet ssh.service && systemctl is-active --quiet $by; then
    # it got its ports from a socket of systemd: a reload would make it open those of its own files
    systemctl restart ssh.service
elif systemctl is-active --quiet ssh.service; then
    systemctl reload ssh.service
else
    # started by hand; where each login starts one, there is none
    for pid in $(ss -Hltnp | grep -v '"systemd",pid=1,' | grep -o '"sshd",pid=[0-9]*' | cut -d= -f2 | sort -u); do
        kill -HUP "$pid"
    done
fi"""
"""For `then=` of sshd's files: whoever accepts SSH reads them anew and goes on listening where it does."""

KEYS = (".ssh/authorized_keys", "%h/.ssh/authorized_keys")
OPENING = {
    "passwordauthentication": "passwords",
    "kbdinteractiveauthentication": "passwords",
    "permitrootlogin": "root",
}


def read_first(path: str, server: Sshd, content: str) -> list[Operation]:
    """Makes sshd read this file before a drop-in that says otherwise and has a name that sorts before it; else nothing.

    sshd takes the first value that it finds (sshd_config(5)).
    """
    names = {words[0].lower() for line in content.splitlines() if (words := line.split()) and words[0][0] not in "#{"}
    folder = path.rpartition("/")[0]
    before = [s for s in server.settings if s.file.startswith(f"{folder}/") and s.file < path and not s.match]
    if not any(s.name in names for s in before):
        return []
    line = f"Include {path}"
    return [
        command(
            "sshd reads the set-up's file before others",
            f"sed -i '1i {line}' {CONFIG}",
            test=f"grep -vE '^[[:space:]]*(#|$)' {CONFIG} | head -n 1 | grep -xF '{line}'",
            undo=f"sed -i '1{{\\#^{line}$#d}}' {CONFIG}",
        )
    ]


def must_stay_at_its_port(server: Sshd) -> None:
    """StoppedError where sshd would leave the port that we came by once it reads its files anew."""
    port = server.port_that_would_go()
    if not port:
        return
    lines = [s for s in server.settings if s.name in ("port", "listenaddress")]
    where = ", ".join(sorted({str(door.port) for door in server.upcoming})) or "another port"
    said = "; ".join(f"{s.text} ({s.place})" for s in lines)
    if server.by_socket:
        raise StoppedError(
            "operations.sshd.beside_socket",
            port=port,
            details=text("operations.sshd.leaves_port"),
        )
    raise StoppedError(
        "operations.sshd.other_port",
        port=port,
        where=where,
        details=text("operations.sshd.not_read_yet", said=said).rstrip(": "),
    )


def must_let_in(server: Sshd, user: str, *groups: str) -> None:
    """StoppedError where sshd's files keep this account out, though it has a key: what they say, where, and what to do."""
    who = server.someone(user, *groups)
    shut = server.shut_to(who)
    if shut is not None:
        names = (
            text("operations.sshd.add_user", user=user) if shut.name == "allowusers" else text("operations.sshd.change")
        )
        if shut.name == "allowgroups":
            names = text("operations.sshd.add_group", user=user, groups=", ".join(dict.fromkeys(who.groups)))
        raise _against(user, shut, text("operations.sshd.then_reload", names=names))
    for name in (
        "pubkeyauthentication",
        "authenticationmethods",
        "authorizedkeysfile",
        "forcecommand",
        "chrootdirectory",
    ):
        for line in server.said(name, who):
            if _keeps_out(line):
                raise _against(user, line, text("operations.sshd.change_and_reload"))


def _keeps_out(line: Setting) -> bool:
    values = tuple(value.lower() for value in line.values)
    if line.name == "pubkeyauthentication":
        return values[:1] == ("no",)
    if line.name == "authenticationmethods":
        return not {"any", "publickey"} & set(values)
    if line.name == "authorizedkeysfile":
        return not set(KEYS) & set(line.values)
    return values[:1] != ("none",)


def _against(user: str, line: Setting, advice: str) -> StoppedError:
    return StoppedError(
        "operations.sshd.keeps_out",
        user=user,
        text=line.text,
        advice=advice,
        details=text("operations.sshd.place", place=line.place),
    )


def must_not_open_again(server: Sshd, user: str) -> None:
    """StoppedError where a Match block lets in by password, or root, though all else says no: blocks go before what is outside."""
    for line in opened_again(server):
        ours = [applies(line.match, server.someone(name)) for name in ("root", user)]
        if any(ours) or not _for_named_users(line):
            raise StoppedError(
                "operations.sshd.lets_in_again",
                opening=text(f"operations.sshd.opening.{OPENING[line.name]}"),
                text=line.text,
                details=text("operations.sshd.place", place=line.place),
            )


def opened_again(server: Sshd) -> list[Setting]:
    """The lines of Match blocks that let in by password, or root."""
    return [s for s in server.settings if s.match and s.name in OPENING and s.values[:1] not in (("no",), ())]


def _for_named_users(line: Setting) -> bool:
    words = [word.lower().partition("=")[0] for word in line.match]
    return "user" in words or "group" in words


def reads_these(user: str, wanted: dict[str, str]) -> str:
    """A check's script: sshd's files say this to root and to this account; else which value is wrong, and which lines set it."""
    pairs = " ".join(f"'{name} {value}'" for name, value in wanted.items())
    return f"""\
from=$(ssh_connection | sed 's/.* //; s/:[0-9]*$//; s/[][]//g; s/^::ffff://')
wrong=''
for user in root {user}; do
    values=$(sshd -T -C "user=$user,host=${{from:-127.0.0.1}},addr=${{from:-127.0.0.1}}") || exit 1
    for wanted in {pairs}; do
        name=${{wanted%% *}}
        if echo "$values" | grep -qxF "$wanted"; then continue; fi
        lines=$(sshd_lines | grep -iE "^[^:]*:[0-9]+:[[:space:]]*$name[[:space:]=]" | grep -v '/00-wizard.conf:' |
            sed -E 's/^([^:]*):([0-9]*):.*/\\1, line \\2/' | paste -sd ' ')
        wrong="$wrong$(echo "$values" | grep "^$name ") for $user, wanted: $wanted${{lines:+, set by $lines}}; "
    done
done
echo "${{wrong:-{", ".join(f"{name} {value}" for name, value in wanted.items())}}}"
[ -z "$wrong" ]"""
