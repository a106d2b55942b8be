"""Proofs about a Celery worker, asked for as the site itself would ask. Must not know how it was set up."""

from __future__ import annotations

from wizard.checks.base import Check, on_server
from wizard.operations.quoting import sh
from wizard.operations.trial import LAST_ERROR

# what `celery inspect ping` does: docs.celeryq.dev, "Monitoring and Management Guide"
PING = """\
from celery.app.utils import find_app
app = find_app({app!r})
for _ in range(20):
    answers = app.control.ping(destination=[{node!r}], timeout=2)
    if answers:
        break
print("pong from " + ", ".join(sorted(name for one in answers for name in one)) if answers else "no answer from {node}")
raise SystemExit(not answers)
"""
ASK = """\
said=$(timeout 120 {manage} shell --command {program} 2>&1) && {{ echo "$said" | tail -n 1; exit 0; }}
echo "$said"
echo "$said" | {error}
exit 1
"""


def celery_answers(manage: str, app: str, node: str, *, set_in: str = "") -> Check:
    """The worker of this name answers a ping through the broker, sent with the site's own user and variables."""
    script = ASK.format(manage=manage, program=sh(PING.format(app=app, node=node)), error=LAST_ERROR)
    return on_server(
        "the worker answers `celery inspect ping`, sent as the site", script, wanted=f"pong from {node}", set_in=set_in
    )
