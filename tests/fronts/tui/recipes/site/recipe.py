"""A recipe that no other needs: it may be left out."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Operation,
    Question,
    Recipe,
    directory,
    file,
    on_server,
)

recipe = Recipe("site", needs=["greeting"])

title = recipe.ask(Question("title", str, lambda a: f"{a.greeting.text}, world", example="My site"))


def there(a: Answers) -> Iterator[Check]:
    yield on_server("the page is there", "test -s /srv/site/index.html && echo 'a page'")


@recipe.step("page", check=there)
def page(a: Answers) -> Iterator[Operation]:
    yield directory("/srv/site")
    yield file("/srv/site/index.html", f"<h1>{a[title]}</h1>\n")
