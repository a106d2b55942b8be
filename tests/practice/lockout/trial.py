"""One trial: a guarded step brought about by the engine itself on a practice server, and whether one gets in afterwards.

Must not know what the step does.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from tests.practice.doors import session_on, transport_to
from wizard import events
from wizard.engine.plan import make_plan
from wizard.engine.rollback import roll_back
from wizard.engine.runner import Runner
from wizard.errors import StepError, WizardError
from wizard.operations.base import Operation
from wizard.practice.fleet import PracticeServer
from wizard.recipe import Answers, Recipe, Step, WayIn

# what a lock-out could leave different: sshd's files and what it says of them, the firewall's, the unit of the way back
LOOK = r"""
find /etc/ssh /etc/ufw /etc/default/ufw -type f -exec sha256sum {} + | sort
sshd -T | sort
systemctl is-active ssh ssh.socket ufw
ss -Hltn | awk '{print $4}' | sort
for tool in iptables ip6tables; do $tool-save | grep -vE '^(#|:)' ; done; nft list ruleset | grep -v 'packets'
find /etc/systemd/system -name '*wizard*'
[ ! -e /var/lib/wizard/failsafe/armed ] || echo armed
"""


class Dead(Exception):
    """The laptop dies."""


def look(server: PracticeServer, patience: float = 0) -> str:
    """What the server is like, over a new connection. WizardError when there is none within so many seconds."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.closing(transport_to(server)) as fresh:
            try:
                fresh.connect()
                return fresh.run(LOOK).out
            except WizardError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.5)


def attempt(
    server: PracticeServer, operations: Sequence[Operation], *, user: str = "root", alive: bool = True
) -> list[events.Event]:
    """Runs the guarded step; the events up to its end, however that came. alive=False: the client dies before the proof."""
    seen: list[events.Event] = []

    def emit(event: events.Event) -> None:
        seen.append(event)
        if not alive and isinstance(event, events.ChangeDone) and event.key == operations[-1].key:
            raise Dead

    step = Step("bad", "door", lambda _: iter(operations), None, lambda _: WayIn(user), None)
    with session_on(server, emit) as one, contextlib.suppress(Dead, WizardError):
        plan = make_plan([Recipe("bad", __file__, steps=[step])], Answers({}, server=one.server), one)
        Runner(plan, one, emit, lambda question: question.options[-1]).run()
    return seen


def undo(server: PracticeServer) -> None:
    """Once more where the proof came too late, as the error says: a firewall that counts connections lets in later."""
    for pause in (15, 35, 0):
        try:
            with session_on(server) as one:
                roll_back(one, lambda _: None, None, on_drift=lambda *_: "stop")
            return
        except StepError:
            if not pause:
                raise
            time.sleep(pause)
