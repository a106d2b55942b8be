"""Which variables of a project are secrets: decided here, once, for every front and for all that is written down.

In doubt it is one: a field that is hidden without need costs a press of Reveal, a shown password cannot be taken back.
"""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"SECRET|PASSW|PASS_?PHRASE|PASS(_|$)|(^|_)(PW|PWD|PSW)(_|$)|TOKEN|KEY|DSN|CREDENTIAL|PRIVATE|SALT|SIGNATURE|HMAC"
    r"|(^|_)(AUTH|PIN|OTP|JWT|CERT|PEM|BEARER|COOKIE)$|WEBHOOK|CONN(ECTION)?_?STR",
    re.IGNORECASE,
)
# An address often carries a password in front of its @ (a database's, a broker's); these are for browsers.
_ADDRESS = re.compile(r"UR[LI]S?$", re.IGNORECASE)
_PUBLIC_ADDRESS = re.compile(
    r"(^|_)(STATIC|MEDIA|SITE|BASE|ROOT|PUBLIC|FRONT_?END|WEB|APP|HOME|LOGIN|LOGOUT|REDIRECT|DOCS?|CDN|ASSETS?)_UR[LI]S?$",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"://[^/\s?#]*@|[?&;](password|passwd|pwd|token|secret|key|sig)=", re.IGNORECASE)


def secret_name(name: str) -> bool:
    """Whether what is typed for a variable of this name is hidden."""
    return _SECRET.search(name) is not None or _is_address(name)


def secret_value(name: str, value: str) -> bool:
    """Whether this value of this variable is a secret: masked, and kept nowhere in clear.

    By its name; of an address, by whether it carries a password (or would be masked wherever the site's address stands).
    """
    if _SECRET.search(name) or _CREDENTIALS.search(value):
        return True
    return _is_address(name) and "://" not in value


def may_be_shown(name: str, default: str) -> bool:
    """Whether a default that stands in the project's source may be repeated: none that may be a secret.

    An address may, unless it carries a password: its name alone makes it one only for what a person gives.
    """
    if _CREDENTIALS.search(default):
        return False
    return _SECRET.search(name) is None


def _is_address(name: str) -> bool:
    return _ADDRESS.search(name) is not None and _PUBLIC_ADDRESS.search(name) is None
