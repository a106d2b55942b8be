"""Text of commands and differences, coloured; the signs + and - stand there for those who see no colours."""

from __future__ import annotations

from textual.content import Content

STYLES = (
    ("+++", "$foreground 60%"),
    ("---", "$foreground 60%"),
    ("+", "$success"),
    ("-", "$error"),
    ("@@", "$secondary"),
)


def coloured(difference: str) -> Content:
    """A unified difference, or the two states of something, a colour a line."""
    lines = []
    for line in difference.splitlines():
        style = next((style for sign, style in STYLES if line.startswith(sign)), "")
        lines.append(Content.styled(line, style) if style else Content(line))
    return Content("\n").join(lines)


def commands(script: str) -> Content:
    """Shell commands, as one would type them."""
    return Content("\n").join(
        Content.assemble(("$ ", "$accent"), line) if not line.startswith((" ", "\t", "}")) else Content(f"  {line}")
        for line in script.splitlines()
    )
