"""Contents that a change needs on the server: small ones inside its script, large ones streamed before it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable

from wizard.engine.remote.protocol import Reply, Room
from wizard.errors import StepError
from wizard.operations.base import Blob
from wizard.operations.quoting import heredoc

INLINE = 256 * 1024  # bytes of a blob that travels inside the script
FOLDER = "/var/lib/wizard/blobs"
MB = 2**20

# how much is left on the disk of the blobs, in the words of `shortage` of the prelude
ROOM = """[ ! -e $blobs/{name} ] || echo yes | emit there
df -Pm $blobs | awk 'NR == 2 {{print "disk", $6, $4, $2}}' | emit shortage"""

Put = Callable[[io.BytesIO, str], None]  # Session.put
Write = Callable[[str, str], Reply]  # Session.write


def put_blobs(blobs: Iterable[Blob], write: Write, put: Put) -> str:
    """Streams large blobs to the server; returns the script text that writes the small ones.

    The text notes in $fresh the secret ones that were not there before. StepError where there is no room for one.
    """
    lines = []
    for blob in blobs:
        note = f'fresh="$fresh {blob.name}"' if blob.secret else ":"
        if len(blob.content) <= INLINE:
            lines.append(f"[ -e $blobs/{blob.name} ] || {note}")
            lines.append(f"put_blob {blob.name} {heredoc(base64.b64encode(blob.content).decode())}")
        elif _stream(blob, write, put):
            lines.append(note)
    return "\n".join(lines)


def _stream(blob: Blob, write: Write, put: Put) -> bool:
    """Sends a large blob, unless it is there already. There must be room for it, and for what it holds."""
    room = write("blob", ROOM.format(name=blob.name)).read(Room)
    if room.there:
        return False
    size = len(blob.content) // MB
    if room.disk.left < 2 * size + 1:
        raise StepError("engine.blobs.no_room", size=size, reason=room.disk.reason, hint=room.disk.advice)
    put(io.BytesIO(blob.content), f"{FOLDER}/{blob.name}")
    return True
