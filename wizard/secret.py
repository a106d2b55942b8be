"""A string that masks itself wherever it might be shown: repr, str, format, JSON, logs, differences."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "********"
SECRETS_FOLDER = "/var/lib/wizard/secrets"  # on the server, for those that are made up: the laptop may be lost
_EVER: set[str] = set()  # the texts of all secrets that this process has seen, for reports of its own faults


class Secret:
    """A secret text. `reveal()` is the only way to its content, so that a grep finds every use."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        _EVER.add(text)

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


def without_secrets(text: str) -> str:
    """The text without any secret that this process has ever seen, whole, as Python quotes it, or a line of it."""
    forms = {form for secret in _EVER for form in (secret, repr(secret)[1:-1])}
    lines = {line for secret in _EVER if "\n" in secret for line in secret.split("\n") if len(line) >= 8}
    for form in sorted(forms | lines, key=len, reverse=True):
        if len(form) >= 4:
            text = text.replace(form, MASK)
    return text


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret of 4 characters or more in it replaced by the mask, longest first."""
    for secret in sorted((s.reveal() for s in secrets), key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return text
