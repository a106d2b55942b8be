"""What a person gets to see of a fault in this program itself: a sentence, the next thing to do, and a report without secrets.

The report is a traceback (never values of variables) in a file that only this user can read. Must not know fronts.
"""

from __future__ import annotations

import platform
import sys
import traceback
import uuid
from pathlib import Path

from wizard import __version__, private
from wizard.errors import WizardError
from wizard.local_state import state_folder
from wizard.printable import printable
from wizard.secret import without_secrets
from wizard.text import text


def as_error(error: BaseException) -> WizardError:
    """The fault as an error that every front can show; a WizardError is returned as it is."""
    if isinstance(error, WizardError):
        return error
    path = _written(error)
    what = f"{type(error).__name__}: {without_secrets(str(error))}"[:500]
    report = text("transport.crash.report", path=path) if path else ""
    return WizardError(
        "transport.crash.fault",
        report=report,
        details=what,
    )


def _written(error: BaseException) -> Path | None:
    """The report's file; None where it cannot be written."""
    lines = [f"wizard {__version__}, Python {sys.version.split()[0]}, {platform.platform()}\n\n"]
    lines += traceback.format_exception(error)
    try:
        path = state_folder() / "faults" / f"fault-{uuid.uuid4().hex[:8]}.txt"
        private.write(path, printable(without_secrets("".join(lines))))
    except OSError:
        return None
    return path
