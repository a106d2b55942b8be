"""A recipe that makes a person decide: data that going back takes away, a point of no return, a step that fails at first."""

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Operation,
    Question,
    Recipe,
    Secret,
    command,
    data_directory,
    file,
)

recipe = Recipe("trials")

word = recipe.ask(Question("word", str, pattern="[a-z]{2,9}", example="hello"))
password = recipe.ask(Question("password", Secret, optional=True))


@recipe.step("data")
def data(a: Answers) -> Iterator[Operation]:
    yield data_directory("/srv/trials", owner="root")
    yield file("/etc/trials", a[word] + "\n")
    if a[password]:
        yield file("/etc/trials-password", a[password], mode=0o600)


@recipe.step("once")
def once(a: Answers) -> Iterator[Operation]:
    yield command("once and for all", "touch /etc/trials-once", test="[ -e /etc/trials-once ]", irreversible=True)


@recipe.step("mended")
def mended(a: Answers) -> Iterator[Operation]:
    yield command(
        "mended", "echo 'No space left on device' >&2; [ -e /etc/trials-mended ] && touch /etc/trials-done",
        test="[ -e /etc/trials-done ]", undo="rm -f /etc/trials-done",
    )  # fmt: skip


recipe.output("where", lambda a: "/etc/trials", afterwards=True)
recipe.output("password", lambda a: a[password], afterwards=True)
