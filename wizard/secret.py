"""A string that masks itself wherever it might be shown: repr, str, format, JSON, logs, differences."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "********"


class Secret:
    """A secret text. `reveal()` is the only way to its content, so that a grep finds every use."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __getstate__(self) -> object:
        raise TypeError("a Secret is not pickled")


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret of 4 characters or more in it replaced by the mask, longest first."""
    for secret in sorted((s.reveal() for s in secrets), key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return text
