"""SCRAM-SHA-256 verifiers as PostgreSQL keeps them: a server that has one can check a password without knowing it.

RFC 5802 section 3, RFC 7677, and the format of pg_authid.rolpassword in PostgreSQL's manual (53.8).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from wizard.errors import UsageError
from wizard.secret import Secret

ITERATIONS = 4096  # PostgreSQL's own default


def verifier(role: str, password: Secret) -> Secret:
    """What `ALTER ROLE … PASSWORD` takes in place of the password; always the same for one role and password.

    The salt is derived from both, so that one can tell whether a server has this password by comparing verifiers.
    UsageError for characters outside printable ASCII, which would have to go through SASLprep (RFC 4013).
    """
    text = password.reveal()
    if not re.fullmatch(r"[ -~]+", text):
        raise UsageError("operations.scram.password", role=role)
    salt = _hmac(text.encode(), b"wizard/scram-salt/" + role.encode())[:16]
    salted = hashlib.pbkdf2_hmac("sha256", text.encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server_key = _hmac(salted, b"Server Key")
    return Secret(f"SCRAM-SHA-256${ITERATIONS}:{_base64(salt)}${_base64(stored_key)}:{_base64(server_key)}")


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
