"""A server for the screens: the fake transport, told how a healthy (or failing) server answers the engine's scripts.

It knows files, directories and commands, as the recipes beside it use them, and nothing is ever there before.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import re
import shlex
import threading
from dataclasses import dataclass, field

from wizard.transport.base import Login, Result
from wizard.transport.fake import FakeTransport, Reply

FACTS = """\
hostname=myserver
distribution=debian
codename=bookworm
version=12
pretty_name=Debian GNU/Linux 12 (bookworm)
architecture=amd64
cpus=2
memory_mb=2048
swap_mb=0
disk_free_mb=20480
virtualization=kvm
python=3.11
boot_id=1
login_user=root
"""


def record(name: str, text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return f"\x1e{name} {base64.b64encode(data).decode()}\n"


@dataclass
class SmallServer(FakeTransport):
    """fails: what the change of this key prints before it ends with status 1; journal: records that are there already."""

    fails: dict[str, str] = field(default_factory=dict)
    journal: list[dict[str, object]] = field(default_factory=list)
    flood: int = 0  # lines that the command `talk` prints
    there: dict[str, str] = field(default_factory=dict)  # what is observed at a path, instead of nothing
    waits: dict[str, threading.Event] = field(default_factory=dict)  # labels of scripts that are not answered before
    holder: str = ""  # somebody else who has the lock, as the server's record of them has it

    theirs: list[dict[str, object]] = field(default_factory=list)  # what that somebody journals meanwhile
    remembers: bool = False  # whether what it is told to journal is in its journal from then on

    def another(self, login: Login | None = None) -> SmallServer:
        return dataclasses.replace(self, login=login or self.login, connected=False)

    def _reply(self, script: str, label: str) -> Reply:
        reply = self._answer(script, label)
        held = record("holding", "yes") if "\nhold " in script else ""
        mark = re.match(r"MARK=(\w+)\n", script)  # records carry the mark that the script names
        out = held + (reply.out if isinstance(reply, Result) else reply)
        return Result(0, out.replace("\x1e", f"\x1e{mark[1]} ") if mark else out)

    def _answer(self, script: str, label: str) -> Result | str:
        kind, _, rest = label.partition(" ")
        if self.remembers:
            self._note(script, failed=rest.partition(" ")[2] in self.fails)
        for gate in [event for what, event in self.waits.items() if what in label]:
            gate.wait(300)
        if kind == "open":
            if self.holder and " no <<" in script:
                return record("held", self.holder)
            return record("facts", FACTS) + record("journal", gzip.compress(self._journal().encode()))
        if kind == "watch":
            more = "".join(json.dumps(line) + "\n" for line in self.theirs)
            held = record("holder", self.holder) if self.holder else ""
            return record("size", "0") if "emit size" in script else held + record("more", more)
        if kind in ("plan", "observe"):
            return self._states(script)
        if kind in ("do", "undo"):
            return self._made(script, rest.partition(" ")[2] if kind == "do" else "")
        return {"check": "warm\n", "prove": "0\n", "saved": record("saved", "")}.get(kind, "")

    def _note(self, script: str, *, failed: bool) -> None:
        for line in re.findall(r"^journal (\'\{.*\}\')$", script, re.MULTILINE):
            entry = json.loads(shlex.split(line)[0])
            if entry["event"] == "failed" and not failed:
                continue
            if entry["event"] in ("doing", "failed", "undoing", "undone", "checkpoint"):
                self.journal.append({"at": "2026-01-01T00:00:00Z", **entry})
                if entry["event"] == "doing" and not failed:
                    self.journal.append({"event": "done", "id": entry["id"]})

    def _journal(self) -> str:
        return "".join(json.dumps(line) + "\n" for line in self.journal)

    def _states(self, script: str) -> str:
        """Every state that is asked for: absent, or not done."""
        parts = re.split(r"emit (state\.\d+)", script)
        pairs = zip(parts[::2], parts[1::2], strict=False)
        return "".join(record(name, self._state(before)) for before, name in pairs)

    def _state(self, script: str) -> str:
        known = (text for path, text in self.there.items() if path in script)
        return next(known, "absent||||||0\n" if "stat -c" in script else "no\n")

    def _made(self, script: str, key: str) -> Result:
        said = self.fails.get(key, "")
        lines = said + "\n" if said else "".join(f"said it {n}\n" for n in range(self.flood)) if "talk" in key else ""
        observed = "yes\n" if "command" in key or "point_of" in key else "file|0644|root|root|0|| 1\n"
        records = record("status", "1" if said else "0") + record("observed", observed)
        return Result(0, lines + records + self._states(script))
