"""The pristine Debian that every practice server of a release starts from: built once with mmdebstrap, then kept.

Must not know servers: nothing in an image is unique to one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from pathlib import Path

from wizard.practice import inherit
from wizard.practice.backend import Say, run, still
from wizard.text import text

RELEASES = ("bookworm", "trixie")
PACKAGES = (
    "systemd,systemd-sysv,dbus,openssh-server,sudo,python3-minimal,ca-certificates,iproute2,procps,libpam-systemd"
)
FINISH = """
rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/hostname "$1"/etc/resolv.conf
: > "$1"/etc/machine-id
printf 'LANG=C.UTF-8\\n' > "$1"/etc/default/locale
printf 'Binary::apt::APT::Keep-Downloaded-Packages "true";\\n' > "$1"/etc/apt/apt.conf.d/90keep-downloads
if [ -s "$2" ]; then rm -f "$1"/etc/apt/sources.list.d/*; : > "$1"/etc/apt/sources.list
    cp "$2" "$1"/etc/apt/sources.list.d/debian.sources; fi
chroot "$1" update-ca-certificates
chroot "$1" systemctl enable systemd-networkd
"""


def image(release: str, cache: Path, say: Say) -> Path:
    """The folder of the release's image, built (20 s and a download of 60 MB) when it isn't there yet."""
    sources, options, certificates = inherit.apt_sources(release), inherit.apt_options(), inherit.certificates()
    facts = [release, PACKAGES, FINISH, sources, options, sorted(certificates)]
    folder = cache / "images" / f"{release}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder.parent / f"{release}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            say(text("practice.image.building_once", release=release))
            with still(say, text("practice.image.building", release=release)):
                _build(release, folder, sources, options, certificates)
    return folder


def _build(release: str, folder: Path, sources: str, options: list[str], certificates: dict[str, bytes]) -> None:
    half = folder.parent / f"{release}.half"  # of a build that was killed, if it is there: we hold the lock
    shutil.rmtree(half, ignore_errors=True)
    extra = half / "certificates"
    extra.mkdir(parents=True)
    for name, pem in certificates.items():
        (extra / name).write_bytes(pem)
    (half / "debian.sources").write_text(sources, encoding="utf-8")
    (half / "finish").write_text(f"#!/bin/sh\nset -eu\n{FINISH}", encoding="utf-8")
    target = half / "root"
    # a mount namespace of its own: what a build that is killed has mounted goes with it, so that its folder can go
    argv = [
        "unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase", f"--include={PACKAGES}", "--skip=cleanup/apt/lists",
        *(f"--aptopt={option}" for option in options),
        f'--customize-hook=cp {extra}/* "$1"/usr/local/share/ca-certificates/ 2>/dev/null || :',
        f'--customize-hook=sh {half}/finish "$1" {half}/debian.sources',
        release, str(target), *([str(half / "debian.sources")] if sources else []),
    ]  # fmt: skip
    run(argv, doing=text("practice.image.build", release=release))
    target.rename(folder)
    shutil.rmtree(half)
