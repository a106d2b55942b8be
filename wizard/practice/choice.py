"""The choice of what boots practice servers on this computer: systemd-nspawn, podman or docker."""

from __future__ import annotations

import os
from pathlib import Path

from wizard.errors import UsageError, WizardError
from wizard.practice.backend import Backend, cache_folder, folder_of
from wizard.practice.nspawn import Nspawn
from wizard.practice.podman import Podman
from wizard.text import text


def choose() -> Backend:
    """The one that $WIZARD_PRACTICE_BACKEND names, else the first that works here: systemd-nspawn, podman (or docker).

    UsageError for a name that isn't one; WizardError with one sentence of reason where none works.
    """
    backends: dict[str, Backend] = {"nspawn": Nspawn(cache_folder()), "podman": Podman(cache_folder())}
    if wanted := os.environ.get("WIZARD_PRACTICE_BACKEND"):
        if wanted not in backends:
            raise UsageError("practice.choice.no_backend", wanted=repr(wanted), backends=", ".join(backends))
        return backends[wanted]
    reasons: dict[str, None] = {}
    for backend in backends.values():
        if (reason := backend.missing()) is None:
            return backend
        reasons[reason] = None
    reason = text("practice.choice.without_systemd_nspawn").join(reasons)
    raise WizardError("practice.choice.cannot_boot", details=reason, hint=reason)


def state_folder() -> Path:
    """Where the servers live: $WIZARD_PRACTICE_DIR/state, or the user's state folder; podman's apart from nspawn's."""
    return folder_of("state") / "podman" if isinstance(choose(), Podman) else folder_of("state")


def available() -> str | None:
    """None when practice servers can boot here, or one sentence why not. Installs nothing."""
    try:
        return choose().missing()
    except WizardError as error:
        return error.details or f"{error}: {error.hint}"
