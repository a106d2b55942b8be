"""A QR code on the screen: black on white in every theme, as cameras want it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wizard.fronts.qr import half_blocks

STYLE = "#000000 on #ffffff"


class QrCode(Static):
    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(Content.styled("\n".join(half_blocks(text)), STYLE), id=id)
