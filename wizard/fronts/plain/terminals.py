"""The choice between the two terminals."""

from __future__ import annotations

from collections.abc import Callable

from wizard.fronts.plain.terminal import Terminal


def terminal(*, numbered: bool, mask: Callable[[str], str]) -> Terminal:
    """mask: takes the secrets out of what is shown."""
    if numbered:
        from wizard.fronts.plain.numbered import Numbered

        return Numbered(mask)
    from wizard.fronts.plain.menus import Menus

    return Menus(mask)
