"""Whether the server's certificate is good: for this name, trusted by this computer, and not about to end."""

from __future__ import annotations

import socket
import ssl
import time

from wizard.checks.base import Check, Finding, Vantage, from_outside
from wizard.text import text

PATIENCE = 15.0  # seconds


def certificate_good(name: str, *, days: int = 14, port: int = 443) -> Check:
    """The certificate for `name` is trusted and has at least this many days to go; asked of the server's own address."""

    def look(vantage: Vantage) -> Finding:
        try:
            with (
                socket.create_connection((vantage.login.host, port), PATIENCE) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=name) as connection,
            ):
                certificate = connection.getpeercert() or {}
                protocol = connection.version()
        except ssl.SSLCertVerificationError as e:
            return Finding(False, text("checks.tls.not_trusted", verify_message=e.verify_message))
        except OSError as e:
            return Finding(False, text("checks.tls.port", port=port, strerror=e.strerror or e))
        left = int((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) // 86400)
        return Finding(left >= days, text("checks.tls.days_left", protocol=protocol, left=left))

    return from_outside(
        text("checks.tls.certificate", name=name),
        look,
        wanted=text("checks.tls.certificate_wanted", days=days),
        set_in=text("checks.tls.certificate_set_in"),
    )
