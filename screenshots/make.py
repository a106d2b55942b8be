"""Takes the pictures of this folder from the real program on a real run: `uv run python screenshots/make.py`.

Boots a practice server, sets the sample project up in the full-screen front by pressing Enter, and saves each screen as
an SVG that names no font or host of somebody else's. Takes about three minutes.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from textual.pilot import Pilot

from wizard.fronts.tui import app as tui
from wizard.practice.fleet import Fleet

HERE = Path(__file__).parent
SERVER = "pictures"
SIZE = (110, 34)
LONGEST_S = 600


def without_hosts(svg: str) -> str:
    """Textual's SVG loads a font from the network; the reader's own monospace font does as well."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
    checkout = str(HERE.parent)  # as long a path that is nobody's: each text's width stands beside it
    svg = svg.replace(checkout, "~/projects/wizard/".ljust(len(checkout), "_")[: len(checkout)])
    svg = svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def take(app: tui.WizardApp, name: str) -> None:
    svg = app.export_screenshot(title="wizard")
    (HERE / f"{name}.svg").write_text(without_hosts(svg))
    print(name, flush=True)


async def settled(pilot: Pilot[int], seconds: float = 1.5) -> None:
    await asyncio.sleep(seconds)
    await pilot.pause()


async def walk(app: tui.WizardApp, pilot: Pilot[int]) -> None:
    """Enter from Welcome to Done; a picture whenever a screen of a new kind is there."""
    seen: set[str] = set()
    waited = 0.0
    while waited < LONGEST_S:
        await settled(pilot)
        waited += 1.5
        name = type(app.screen).__name__.removesuffix("Screen").removesuffix("Dialog").lower()
        if name not in seen:
            seen.add(name)
            await settled(pilot, 8 if name == "run" else 1.5)
            take(app, name)
        if name == "done":
            return
        await pilot.press("enter")
    raise SystemExit(f"Done did not come; the last screen is {name}")


async def main() -> None:
    fleet = Fleet()
    tui.PRACTICE_NAME = SERVER
    try:
        app = tui.WizardApp()
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await walk(app, pilot)
            app.engine.stop()
    finally:
        fleet.down(SERVER)


if __name__ == "__main__":
    asyncio.run(main())
