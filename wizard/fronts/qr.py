"""A QR code in half blocks: two rows of it in a line of the terminal. Cameras want it black on white."""

from __future__ import annotations

BORDER = 2  # modules of quiet zone; ISO/IEC 18004 asks for 4, phones are content with 2


def half_blocks(text: str) -> list[str]:
    """The lines of the code; a dark module is ink."""
    import segno

    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    signs = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    return [
        "".join(signs[bool(a), bool(b)] for a, b in zip(top, low, strict=True))
        for top, low in zip(rows[::2], rows[1::2], strict=True)
    ]
