"""Which ports of the server answer to the world: plain TCP connections from this computer."""

from __future__ import annotations

import socket
import time

from wizard.checks.base import Check, Finding, Vantage, from_outside
from wizard.text import text

PATIENCE = 5.0  # seconds; a firewall that drops packets never answers
SENT_AGAIN = 1.0  # seconds after which a first packet that was lost is sent again (RFC 6298, 2.1)


def _connect(host: str, port: int, patience: float = PATIENCE) -> str:
    """ "" when something accepts the connection, else what stood in the way."""
    try:
        with socket.create_connection((host, port), patience):
            return ""
    except TimeoutError:
        return text("checks.ports.no_answer")
    except OSError as e:
        return e.strerror or str(e)


def _seen(port: int, trouble: str, answers: str) -> str:
    return text("checks.ports.trouble", port=port, trouble=trouble) if trouble else text(answers, port=port)


def port_open(port: int) -> Check:
    """Something accepts connections at this port."""

    def look(vantage: Vantage) -> Finding:
        trouble = _connect(vantage.login.host, port)
        return Finding(not trouble, _seen(port, trouble, "checks.ports.answers"))

    set_in = text("checks.ports.open_set_in", port=port)
    return from_outside(
        text("checks.ports.open", port=port),
        look,
        wanted=text("checks.ports.open_wanted"),
        set_in=set_in,
    )


def port_closed(port: int, what: str = "") -> Check:
    """Nothing accepts connections at this port, while the SSH port answers: a dead network proves nothing."""

    def look(vantage: Vantage) -> Finding:
        login = vantage.login.jump or vantage.login
        start = time.monotonic()
        if trouble := _connect(login.host, login.port):
            return Finding(False, text("checks.ports.no_network", port=login.port, trouble=trouble))
        # as long as the server needs even where a packet is lost, and not as long as one would wait for a slow one
        patience = min(PATIENCE, 1.5 * SENT_AGAIN + 4 * (time.monotonic() - start))
        trouble = _connect(vantage.login.host, port, patience)
        return Finding(bool(trouble), _seen(port, trouble, "checks.ports.answers_wrongly"))

    name = text("checks.ports.shut", what=what or text("checks.ports.port", port=port))
    return from_outside(name, look, wanted=text("checks.ports.shut_wanted"), set_in=text("checks.ports.shut_set_in"))
