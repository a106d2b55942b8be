"""Adds lines to the web server's site, which another recipe owns: as HTTPS will. It changes nothing by itself."""

from __future__ import annotations

from wizard.api import Answers, Question, Recipe, WebSite

recipe = Recipe("stamp", needs=["project"])
word = recipe.ask(Question("word", str, "yes", pattern=r"[a-z]+", example="yes"))


def header(a: Answers) -> WebSite:
    return WebSite(
        before=f'map $scheme $workshop {{ default "{a[word]}"; }}', server="add_header X-Workshop $workshop always;"
    )


recipe.contribute(WebSite, header)
