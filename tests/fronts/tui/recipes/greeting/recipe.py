"""A small recipe for the full-screen front's tests: files, something slow, a step that fails when it is told to."""

from __future__ import annotations

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
)

recipe = Recipe("greeting")

text = recipe.ask(Question("text", str, "hello", pattern=r"[\w ]+", example="good morning"))
lines = recipe.ask(Question("lines", int, 3, minimum=0, maximum=1_000_000))
password = recipe.ask(Question("password", Secret))
tone = recipe.ask(Question("tone", str, "warm", choices=("warm", "dry")))
loud = recipe.ask(Question("loud", bool, False))
trouble = recipe.ask(Question("trouble", str, "", optional=True, pattern=r"[^']*", example="No space left on device"))


def said(a: Answers) -> Iterator[Check]:
    yield on_server("the greeting can be read", "cat /etc/greeting/text")


@recipe.step("words", check=said)
def words(a: Answers) -> Iterator[Operation]:
    yield directory("/etc/greeting")
    yield file("/etc/greeting/text", f"{a[text]}\n{a[tone]}\n")
    yield file("/etc/greeting/password", a[password], mode=0o600)


@recipe.step("talk")
def talk(a: Answers) -> Iterator[Operation]:
    work = f"seq 1 {a[lines]} | sed 's/^/said it /'\ntouch /etc/greeting/said"
    yield command("talk", work, test="[ -e /etc/greeting/said ]", undo="rm -f /etc/greeting/said", long=True)


@recipe.step("risk")
def risk(a: Answers) -> Iterator[Operation]:
    if a[trouble]:
        fails = f"[ -e /etc/greeting/mended ] || {{ echo '{a[trouble]}'; exit 7; }}\ntouch /etc/greeting/risk"
        yield command("risk", fails, test="[ -e /etc/greeting/risk ]", undo="rm -f /etc/greeting/risk")


@recipe.step("upgrade")
def upgrade(a: Answers) -> Iterator[Operation]:
    yield command("upgrade", "touch /etc/greeting/upgraded", test="[ -e /etc/greeting/upgraded ]", irreversible=True)


@recipe.step("door", way_in=lambda a: WayIn(a.server.login_user))
def door(a: Answers) -> Iterator[Operation]:
    yield file("/etc/greeting/door", "open\n")


recipe.output("login", lambda a: f"ssh {a.server.login_user}@{a.server.address}", afterwards=True)
recipe.output("address", lambda a: f"http://{a.server.address}/", afterwards=True)
recipe.output("password", lambda a: a[password], afterwards=True)
