"""A screen as text that one can read in a diff: its letters, a map of its styles, and what each style is in every theme."""

from __future__ import annotations

import itertools
import re
import string
from dataclasses import dataclass

from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input

from tests.fronts.tui.conftest import seen
from wizard.fronts.tui.app import WizardApp

THEMES = ("dark", "light", "contrast")
READABLE = 3.0  # contrast of faded words; WCAG 2.2 asks for 4.5 of running text, 3 of large and of parts one can press
CHECKSUM = re.compile(r"\b[0-9a-f]{64}\b")  # of a password that is made up: another one each time
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Cell:
    """One character on the screen."""

    sign: str
    ink: Colour | None
    ground: Colour | None
    attributes: str

    def __str__(self) -> str:
        return f"{self.attributes}{_name(self.ink)} on {_name(self.ground)}"


Cells = list[list[Cell]]


async def picture(pilot: Pilot[int]) -> str:
    """The screen as it is now, in all themes; the theme is the dark one afterwards."""
    app = pilot.app
    assert isinstance(app, WizardApp)
    for box in app.screen.query(Input):
        box.cursor_blink = False  # a cursor that blinks would not be the same twice
    await still(pilot)
    looks: list[Cells] = []
    for theme in THEMES:
        app.theme = f"wizard-{theme}"
        await pilot.pause(0.1)
        looks.append(cells(app))
        poor = hard_to_read(looks[-1], [box.region for box in app.screen.query("#dialog, #--container")])
        assert not poor, f"hard to read in {theme}: {poor}"
    app.theme = f"wizard-{THEMES[0]}"
    await pilot.pause(0.1)
    texts = [_text(look) for look in looks]
    assert texts[0] == texts[1] == texts[2], "the words depend on the colours"
    return texts[0] + _styles(looks)


async def still(pilot: Pilot[int]) -> None:
    """Nothing moves on the screen any more."""
    before, now = "", seen(pilot.app)
    while before != now:
        await pilot.pause(0.2)
        before, now = now, seen(pilot.app)


def cells(app: WizardApp) -> Cells:
    rows = []
    for strip in app.screen._compositor.render_strips():
        row: list[Cell] = []
        for segment in strip:
            style = segment.style
            names = ("bold", "italic", "underline", "reverse", "strike")
            on = "".join(f"{name} " for name in names if getattr(style, name, False))
            ink, ground = (
                c and c.triplet and tuple(c.triplet) for c in (style and style.color, style and style.bgcolor)
            )
            row += [Cell(sign, ink, ground, on) for sign in segment.text]  # type: ignore[arg-type]
        rows.append(row)
    return rows


def _text(look: Cells) -> str:
    text = "".join("".join(cell.sign for cell in row).rstrip() + "\n" for row in look)
    return CHECKSUM.sub("0" * 64, text)


def _styles(looks: list[Cells]) -> str:
    """A letter a cell (the last one of a line stands for the rest of it), then what the letters mean."""
    letters: dict[tuple[str, ...], str] = {}
    names = itertools.chain(string.ascii_letters, string.digits)
    lines = []
    for rows in zip(*looks, strict=True):
        line = ""
        for same_place in zip(*rows, strict=True):
            styles = tuple(map(str, same_place))
            if styles not in letters:
                letters[styles] = next(names)
            line += letters[styles]
        lines.append(line.rstrip(line[-1]) + line[-1])
    legend = [f"{letter}  " + " | ".join(styles) for styles, letter in letters.items()]
    head = f"----- {' | '.join(THEMES)}"
    return "\n".join(["----- styles", *lines, head, *legend]) + "\n"


def hard_to_read(look: Cells, dialogs: list[Region]) -> list[str]:
    """Words whose colours are too near to each other; what lies behind a dialog is meant to be faded."""
    for box in dialogs:
        look = [row[box.x : box.right] for row in look[box.y : box.bottom]]
    found = []
    for row in look:
        for style, run in itertools.groupby(row, key=lambda cell: (cell.ink, cell.ground)):
            word = "".join(cell.sign for cell in run).strip()
            if style[0] and style[1] and any(c.isalnum() for c in word) and contrast(*style) < READABLE:
                found.append(f"{word!r} {contrast(*style):.1f}")
    return found


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(colour: Colour) -> float:
        shares = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _name(colour: Colour | None) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour) if colour else "none"
