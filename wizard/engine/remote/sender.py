"""The one doorway to a server: runs a script as root behind the prelude, and sorts what it says into records and output."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable

from wizard.engine.remote import lock
from wizard.engine.remote.decode import decoding
from wizard.engine.remote.prelude import with_kept_prelude, with_prelude
from wizard.engine.remote.protocol import HELD, KEPT, MISSING, TAKEN, Reply
from wizard.transport.base import Transport

OnOutput = Callable[[str], None]


class Sender:
    """Sends a run's scripts over one connection after another to the same server, and counts them."""

    def __init__(self, transport: Transport, run: str) -> None:
        self.transport = transport
        self.run = run
        self.round_trips = 0
        self._kept = False  # whether the server has the prelude, as far as we know: it forgets it when it restarts

    def send(self, label: str, script: str, *, on_output: OnOutput | None = None, silence: float = 120) -> Reply:
        """See Session.send."""
        reply = self._once(label, script, on_output, silence)
        if MISSING in reply.records:
            self._kept = False
            reply = self._once(label, script, on_output, silence)
        self._kept = self._kept or KEPT in reply.records
        if HELD in reply.records:
            raise lock.held(reply.text(HELD))
        if TAKEN in reply.records:
            raise lock.taken(reply.text(TAKEN))
        return reply

    def _once(self, label: str, script: str, on_output: OnOutput | None, silence: float) -> Reply:
        reply = Reply(server=str(self.transport.login))
        mark = uuid.uuid4().hex
        sorter = _Sorter(reply, mark, on_output)
        begin = with_kept_prelude if self._kept else with_prelude
        self.round_trips += 1
        result = self.transport.run(begin(mark, self.run) + script, label=label, on_line=sorter.line, silence=silence)
        sorter.end()
        reply.status, reply.err = result.status, result.err
        return reply


class _Sorter:
    """Takes a script's lines as they come: records go into the reply, all else is output."""

    def __init__(self, reply: Reply, mark: str, on_output: OnOutput | None) -> None:
        self._reply = reply
        self._sign = f"\x1e{mark} "
        self._on_output = on_output
        self._unended = (
            ""  # what a program wrote last, where a record came in the middle of its line: the rest is to come
        )

    def line(self, line: str) -> None:
        output, marked, record = line.partition(self._sign)
        self._unended += output
        if not marked:
            self._show()
            return
        name, _, data = record.partition(" ")
        with decoding(self._reply.server):
            self._reply.records[name] = base64.b64decode(data, validate=True)

    def end(self) -> None:
        if self._unended:
            self._show()

    def _show(self) -> None:
        if self._on_output:
            self._on_output(self._unended)
        self._unended = ""
