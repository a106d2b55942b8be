"""What a plan would take over: things that are there and that the journal does not know. Nothing is changed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wizard.engine.journal import Entry, Journal
from wizard.engine.plan import Plan
from wizard.errors import StoppedError
from wizard.operations.base import Foreign, Operation, State
from wizard.operations.file import Path
from wizard.operations.user import User
from wizard.site import Site
from wizard.text import text


class NotOurs(StoppedError):
    """Things are there that are not ours to take over unasked. things: all of them."""

    def __init__(self, things: list[Foreign]) -> None:
        super().__init__(
            "engine.takeover.there_already", details="\n".join(map(line, things)), hint=_hint(things),
            names=[t.name for t in things],
        )  # fmt: skip
        self.things = things


def line(thing: Foreign) -> str:
    """What is there, and what taking it over would do."""
    other = f" ({thing.instead})" if thing.instead else ""
    if not thing.adoptable:
        return f"{thing.what}: {thing.does}{other}"
    return text("engine.takeover.adoptable", what=thing.what, does=thing.does, name=thing.name, other=other)


def _hint(things: list[Foreign]) -> str:
    names = " ".join(f"--adopt {t.name}" for t in things if t.adoptable)
    return text("engine.takeover.other_or_agree" if names else "engine.takeover.other", names=names)


def foreign(plan: Plan, journal: Journal, *, login_user: str = "") -> list[Foreign]:
    """What the plan would take over. The account that we are logged in as is the person's own, and is not asked about."""
    names = _names(plan)
    found: dict[str, Foreign] = {}
    for planned in plan.steps:
        for operation, state in zip(planned.operations, planned.found, strict=True):
            if isinstance(operation, User) and not operation.system and operation.name == login_user:
                continue
            for thing in _foreign(operation, state, names):
                agreed = thing.adoptable and thing.name in journal.adopted and journal.in_force
                if not agreed and not any(ours(journal, key) for key in thing.keys or (operation.key,)):
                    found.setdefault(thing.name, thing)
    return list(found.values())


def other_sites(plan: Plan, journal: Journal) -> list[Foreign]:
    """The site of another name that was set up here: several on one server are not supported yet."""
    names = _names(plan)
    done = {e.key for e in journal.entries.values() if e.in_force and e.operation["kind"] in ("user", "directory")}
    accounts = [e.thing for e in journal.entries.values() if e.in_force and e.operation["kind"] == "user"]
    sites = {u.name for u in accounts if isinstance(u, User) and u.system and f"directory:{Site(u.name).root}" in done}
    return [
        Foreign(
            f"site:{site}", text("engine.takeover.other_site", site=site),
            text("engine.takeover.one_site"), adoptable=False,
        )
        for site in sorted(sites) if names and site not in names
    ]  # fmt: skip


def _foreign(operation: Operation, state: State, names: Iterable[str]) -> Iterator[Foreign]:
    """Files that every server has (Debian's own, drop-ins with our name) are not taken over: those named by an answer are."""
    if isinstance(operation, Path) and not any(named(operation.path, name) for name in names):
        return
    yield from operation.foreign(state)


def named(path: str, name: str) -> bool:
    """Whether a part of the path is this name: /etc/shop, shop.service, shop-manage."""
    return re.search(rf"/{re.escape(name)}(?![\w])", path) is not None


def _names(plan: Plan) -> list[str]:
    project = plan.answers.tables.get("project", {}).get("name")
    return [project] if isinstance(project, str) and project else []


def ours(journal: Journal, key: str) -> bool:
    """Whether the journal made this thing. One that was taken over with consent, and given back, is asked about again."""
    entry = _newest(journal, key)
    if entry is None:
        return False
    return entry.in_force or not list(entry.thing.foreign(entry.change().before))


def _newest(journal: Journal, key: str) -> Entry | None:
    kind = key.partition(":")[0]
    similar = {kind, f"tested_{kind}"}
    entries = [e for e in journal.entries.values() if e.operation["kind"] in similar and e.status != "nothing"]
    same = [e for e in entries if e.key.partition(":")[2] == key.partition(":")[2]]
    return max(same, key=lambda e: e.id, default=None)
