"""Which uploads are pictures. Trusts the bytes, never the name or the type that the browser claims."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File

if TYPE_CHECKING:
    from guestbook.models import Entry

SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif"}


def kind(file: File) -> str | None:
    """png, jpg, gif or webp, by the first bytes; None for anything else, SVG and HTML among them."""
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "webp"
    return next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)


def validate(file: File) -> None:
    """Refuses what is too large or not a picture."""
    if file.size > settings.MAX_PICTURE_BYTES:
        limit = settings.MAX_PICTURE_BYTES // (1024 * 1024)
        raise ValidationError(f"This picture is too large: {limit} MB is the most.", code="too_large")
    if kind(file) is None:
        raise ValidationError("Please choose a PNG, JPEG, GIF or WebP picture.", code="not_a_picture")


def path(entry: "Entry", filename: str) -> str:
    """Where a picture is stored: a random name, so that no visitor's text ends up in a path or an address."""
    return f"pictures/{secrets.token_hex(16)}.{kind(entry.picture) or 'bin'}"
