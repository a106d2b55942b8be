"""Which ports of the server answer to the world: plain TCP connections from this computer."""

from __future__ import annotations

import socket
import time

from wizard.checks.base import Check, Finding, Vantage, from_outside

PATIENCE = 5.0  # seconds; a firewall that drops packets never answers
SENT_AGAIN = 1.0  # seconds after which a first packet that was lost is sent again (RFC 6298, 2.1)


def _connect(host: str, port: int, patience: float = PATIENCE) -> str:
    """ "" when something accepts the connection, else what stood in the way."""
    try:
        with socket.create_connection((host, port), patience):
            return ""
    except TimeoutError:
        return "no answer"
    except OSError as e:
        return e.strerror or str(e)


def port_open(port: int) -> Check:
    """Something accepts connections at this port."""

    def look(vantage: Vantage) -> Finding:
        trouble = _connect(vantage.login.host, port)
        return Finding(not trouble, f"port {port}: {trouble or 'answers'}")

    set_in = f"the service that listens at port {port}; the firewall (ufw status), and the provider's own"
    return from_outside(f"port {port} answers", look, wanted="a connection is accepted", set_in=set_in)


def port_closed(port: int, what: str = "") -> Check:
    """Nothing accepts connections at this port, while the SSH port answers: a dead network proves nothing."""

    def look(vantage: Vantage) -> Finding:
        login = vantage.login.jump or vantage.login
        start = time.monotonic()
        if trouble := _connect(login.host, login.port):
            return Finding(False, f"cannot reach the server at all: port {login.port}: {trouble}")
        # as long as the server needs even where a packet is lost, and not as long as one would wait for a slow one
        patience = min(PATIENCE, 1.5 * SENT_AGAIN + 4 * (time.monotonic() - start))
        trouble = _connect(vantage.login.host, port, patience)
        return Finding(bool(trouble), f"port {port}: {trouble or 'answers, and must not'}")

    name = f"{what or f'port {port}'} cannot be reached from outside"
    return from_outside(name, look, wanted="no answer, or refused", set_in="the firewall (ufw status)")
