"""A small recipe for the engine's own tests: files, a long command, a secret, a guarded step."""

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Operation,
    Question,
    Recipe,
    Secret,
    WayIn,
    command,
    directory,
    file,
    on_server,
    symlink,
)

recipe = Recipe("demo")

greeting = recipe.ask(Question("greeting", str, default="hello"))
seconds = recipe.ask(Question("seconds", int, default=1, minimum=0))
password = recipe.ask(Question("password", Secret, optional=True))
guarded_user = recipe.ask(Question("guarded_user", str, default=lambda a: a.server.login_user))
guarded = recipe.ask(Question("guarded", bool, default=False))


def greets(a: Answers) -> list[Check]:
    return [on_server("greeting", "cat /etc/demo/greeting")]


@recipe.step("files", check=greets)
def files(a: Answers) -> Iterator[Operation]:
    yield a.keep("demo_token")
    yield directory("/etc/demo")
    yield file("/etc/demo/greeting", a[greeting] + "\n")
    yield file("/etc/motd", "this server is a demonstration\n")
    yield symlink("/etc/demo/link", "greeting")
    yield file("/etc/demo/secret", Secret("token=" + a.secret("demo_token").reveal()), mode=0o600)
    if a[password]:
        yield file("/etc/demo/password", a[password], mode=0o600)


@recipe.step("slow")
def slow(a: Answers) -> Iterator[Operation]:
    work = f"i=0; while [ $i -lt {a[seconds] * 5} ]; do echo tick $i; sleep 0.2; i=$((i + 1)); done"
    yield command(
        "slow", f"echo begun >>/etc/demo/begun\n{work}\ntouch /etc/demo/slow", test="[ -e /etc/demo/slow ]",
        undo="rm -f /etc/demo/slow /etc/demo/begun", long=True,
    )  # fmt: skip


@recipe.step("door", way_in=lambda a: WayIn(a[guarded_user]), when=lambda a: a[guarded])
def door(a: Answers) -> Iterator[Operation]:
    yield file("/etc/demo/door", "open to " + a[guarded_user] + "\n")


@recipe.step("end")
def end(a: Answers) -> Iterator[Operation]:
    yield file("/etc/demo/end", "the end\n")
