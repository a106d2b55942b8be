"""What a practice server takes over from this computer: package sources, proxies, certificates, resolver, pip's index.

Many offices and schools have a mirror, a proxy or a TLS proxy, and a server behind them needs the same.
Only reads; must not know how a server is made.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from wizard.errors import WizardError
from wizard.practice.backend import run
from wizard.text import text as in_words

PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "cert", "proxy", "timeout")
APT_OPTIONS = re.compile(r"^Acquire::(https?::|Check-Valid-Until|Check-Date|Retries|ForceIPv4).* \"", re.IGNORECASE)
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
STOCK = Path("/usr/share/ca-certificates")
LOCAL = Path("/usr/local/share/ca-certificates")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def apt_sources(release: str, etc_apt: Path = Path("/etc/apt")) -> str:
    """This computer's Debian sources in deb822 form, for that release; "" where it has none (it may be an Ubuntu)."""
    found: dict[tuple[str, str], None] = {}
    for uri, suite in _debian_suites(etc_apt):
        codename, dash, pocket = suite.partition("-")
        if codename and f"{dash}{pocket}" in ("", "-updates", "-security"):
            found[uri, f"{release}{dash}{pocket}"] = None
    if not any(suite == release for _, suite in found):
        return ""
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    return "\n".join(
        f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\nSigned-By: {keyring}\n" for uri, suite in found
    )


def _debian_suites(etc_apt: Path) -> Iterator[tuple[str, str]]:
    """(URI, suite) of everything with component main that comes from the Debian archive and nobody else's."""
    for path in sorted([etc_apt / "sources.list", *etc_apt.glob("sources.list.d/*")]):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if path.suffix == ".sources":
            lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
            stanzas = [_stanza(block) for block in re.split(r"\n\s*\n", lines)]
        elif path.suffix == ".list":
            stanzas = [_one_line(line) for line in text.splitlines() if line.startswith("deb ")]
        else:
            continue
        for stanza in stanzas:
            ours = "debian-archive" in stanza.get("signed-by", "debian-archive")
            if "deb" in stanza.get("types", "").split() and "main" in stanza.get("components", "").split() and ours:
                for uri in stanza.get("uris", "").split():
                    if urlsplit(uri).path.rstrip("/").endswith(("debian", "debian-security")):
                        yield from ((uri, suite) for suite in stanza.get("suites", "").split())


def _stanza(block: str) -> dict[str, str]:
    fields = re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", block, re.MULTILINE)
    stanza = {key.lower(): value.strip() for key, value in fields}
    return {} if stanza.get("enabled", "yes").lower() in ("no", "false") else stanza


def _one_line(line: str) -> dict[str, str]:
    options = "".join(re.findall(r"\[(.*?)\]", line))
    words = re.sub(r"\[.*?\]", "", line.partition("#")[0]).split()
    signed = re.findall(r"signed-by=(\S+)", options)
    fields = {"types": "deb", "uris": words[1], "suites": words[2], "components": " ".join(words[3:])}
    return fields | ({"signed-by": signed[0]} if signed else {})


def apt_options() -> list[str]:
    """apt's proxy and checking options as lines of apt.conf."""
    try:
        lines = run(["apt-config", "dump"], doing=in_words("practice.inherit.read_apt_options")).splitlines()
    except WizardError:  # not a computer with apt
        return []
    return [line for line in lines if APT_OPTIONS.match(line)]


def certificates() -> dict[str, bytes]:
    """File name to PEM of every certificate authority that this computer trusts beyond the stock ones."""
    if not BUNDLE.is_file():
        return {}
    stock = {body for path in STOCK.rglob("*.crt") for body in _bodies(path)}
    extra = {body for path in [BUNDLE, *sorted(LOCAL.rglob("*.crt"))] for body in _bodies(path)} - stock
    return {f"{hashlib.sha256(body.encode()).hexdigest()[:12]}.crt": f"{body}\n".encode() for body in sorted(extra)}


def _bodies(path: Path) -> list[str]:
    return PEM.findall(path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n"))


def pip_conf(cache: str) -> str:
    """A pip.conf with that cache folder and this computer's index, proxy and certificates."""
    options = {"cache-dir": cache}
    parser = configparser.RawConfigParser()
    homes = [Path("~/.pip/pip.conf"), Path("~/.config/pip/pip.conf")]
    parser.read([Path("/etc/pip.conf"), *(home.expanduser() for home in homes)])
    for option in PIP_OPTIONS:
        here = os.environ.get(f"PIP_{option.replace('-', '_').upper()}")
        value = here or parser.get("global", option, fallback="") or ""
        # what lies in a file of this computer isn't there on the server, but for the bundle of certificates
        words = [word for word in value.split() if not word.startswith(("file:", "/")) or word == str(BUNDLE)]
        if words:
            options[option] = "\n  ".join(words)
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    if proxy:
        options.setdefault("proxy", proxy)
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in options.items())


def resolv_conf() -> str:
    """This computer's resolver; the one behind systemd-resolved's local stub, which no server could reach."""
    text = Path("/etc/resolv.conf").read_text(encoding="utf-8")
    behind = Path("/run/systemd/resolve/resolv.conf")
    if re.search(r"^nameserver\s+127\.", text, re.MULTILINE) and behind.exists():
        return behind.read_text(encoding="utf-8")
    return text
