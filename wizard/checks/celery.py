"""Proofs about a Celery worker, asked for as the site itself would ask. Must not know how it was set up."""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.django import in_django
from wizard.operations.quoting import sh
from wizard.operations.trial import LAST_ERROR
from wizard.text import text

# what `celery inspect ping` does: docs.celeryq.dev, "Monitoring and Management Guide"
PING = """\
from celery.app.utils import find_app
app = find_app({app!r})
raise SystemExit(not any(app.control.ping(destination=[{node!r}], timeout=2) for _ in range(20)))
"""
ASK = """\
node={node}
said=$(timeout 120 {asked} 2>&1) && {{ say checks.celery.pong node="$node"; exit 0; }}
echo "$said"
if [ -n "$said" ]; then echo "$said" | {error}; else say checks.celery.silent node="$node"; fi
exit 1
"""


def celery_answers(manage: str, app: str, node: str, *, set_in: str = "") -> Check:
    """The worker of this name answers a ping through the broker, sent with the site's own user and variables."""
    script = ASK.format(node=sh(node), asked=in_django(manage, PING.format(app=app, node=node)), error=LAST_ERROR)
    return on_server(text("checks.celery.answers"), script, wanted=text("checks.celery.pong", node=node), set_in=set_in)
