"""A server that is not as this computer remembers it, and journals that are damaged: recognised, explained, never a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import session_on
from tests.practice.matrix.results import tried
from tests.practice.program import Laptop
from wizard.engine.journal import parse
from wizard.errors import StoppedError
from wizard.practice.fleet import PracticeServer

JOURNAL = "/var/lib/wizard/journal"
# as an earlier version writes it, without checksums
AS_BEFORE = (
    r"""sed -Ei 's/,"prev":"[0-9a-f]*","sum":"[0-9a-f]*"//; 1s/"version":3/"version":1/; """
    r"""s/,"target":"[^"]*","generation":[0-9]+//; s/"changes":\[\[1,([0-9]+)\]\]/"last":\1/' """ + JOURNAL
)
SHORT = f"truncate -s -25 {JOURNAL}"


@dataclass(frozen=True)
class Case:
    """says: words that each command must use; status: that of `status`, `setup` and `rollback`."""

    name: str
    damage: str
    says: str
    status: tuple[int, int, int] = (0, 0, 0)


CASES = (
    Case("wiped", "rm -rf /var/lib/wizard /etc/demo", "its journal is gone: it was wiped or reinstalled", (0, 0, 0)),
    Case("an older snapshot", f"head -n 12 {JOURNAL} >/root/j; mv /root/j {JOURNAL}; rm -f /etc/demo/end /etc/demo/slow",
         "an older snapshot was restored"),
    Case("set up anew from elsewhere", f"{AS_BEFORE}; sed -i '1s/\"journal\":\"[0-9a-f]*\"/\"journal\":\"0123\"/' {JOURNAL}",
         "set up anew elsewhere"),
    Case("a flipped bit", f"sed -i '10s/\"run\"/\"ran\"/' {JOURNAL}", "its checksums say so"),
    Case("a line cut out", f"sed -i '0,/\"event\":\"checkpoint\",/{{//d}}' {JOURNAL}", "its checksums say so"),
    Case("torn at its end", SHORT, "of the journal was cut short"),
    Case("torn in the middle", f"sed -i '10s/.....$//' {JOURNAL}", "of the journal was cut short"),
    Case("NULs at its end", f"{SHORT}; head -c 4096 /dev/zero >>{JOURNAL}", "of the journal was cut short"),
    Case("a change's record gone", f"sed -i '/\"event\":\"doing\",.*\"id\":3,/d' {JOURNAL}", "the record of change 3 is gone"),
    Case("rubbish", f"head -c 3000 /dev/urandom >>{JOURNAL}; echo >>{JOURNAL}", "of the journal"),
    Case("a newer version", f"sed -i '1s/\"version\":3/\"version\":7/' {JOURNAL}", "a newer version of wizard wrote it", (4, 4, 4)),
)  # fmt: skip
ALWAYS = ("torn at its end", "a flipped bit", "a newer version")


@pytest.fixture(scope="module")
def server(server_factory: ServerFactory) -> PracticeServer:
    return server_factory()


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.name, marks=() if c.name in ALWAYS else pytest.mark.matrix) for c in CASES]
)
def test_strange_journal_is_explained_by_every_command(
    case: Case, server: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    laptop = Laptop(tmp_path)
    on_server(server, "rm -rf /var/lib/wizard /etc/demo")
    status, said = laptop.run(server, "setup")
    assert status == 0, said
    laptop.run(server, "status")  # it takes in how long the journal is
    on_server(server, "cp -a /var/lib/wizard /root/kept; cp -a /etc/demo /root/kept-demo")
    commands = (("status", ()), ("setup", ("--drift", "restore")), ("rollback", ("--all", "--drift", "restore")))
    with tried("strange journals: commands", points=3) as row:
        for (command, options), expected in zip(commands, case.status, strict=True):
            on_server(
                server,
                "rm -rf /var/lib/wizard /etc/demo; cp -a /root/kept /var/lib/wizard; cp -a /root/kept-demo /etc/demo",
            )
            assert on_server(server, case.damage).status == 0
            memory = {p: p.read_bytes() for p in laptop.home.rglob("servers/*.json")}
            before = on_server(server, f"sha256sum {JOURNAL}").out
            status, said = laptop.run(server, command, *options)
            assert status == expected, said
            assert case.says in said, said
            if expected == 4:
                assert on_server(server, f"sha256sum {JOURNAL}").out == before
            for path, data in memory.items():
                path.write_bytes(data)
            row.survived += 1
    on_server(server, "rm -rf /root/kept /root/kept-demo")


@pytest.mark.parametrize(
    "damage", [CASES[0].damage, f"head -n 4 {JOURNAL} >/root/j; mv /root/j {JOURNAL}"], ids=["wiped", "older"]
)
def test_a_server_that_was_wiped_or_put_back_while_the_line_was_cut_is_not_gone_on_with(
    damage: str, server: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    on_server(server, "rm -rf /var/lib/wizard /etc/demo")
    status, said = Laptop(tmp_path).run(server, "setup")
    assert status == 0, said
    with session_on(server) as run:
        on_server(server, damage)
        with pytest.raises(StoppedError, match="wiped or put back to an earlier state"):
            run.reconnect()


def test_journal_of_format_1_is_gone_on_with_and_its_checkpoints_gone_back_to(
    server: PracticeServer, on_server: OnServer, tmp_path: Path
) -> None:
    on_server(server, "rm -rf /var/lib/wizard /etc/demo")
    assert Laptop(tmp_path / "one").run(server, "setup")[0] == 0
    old = on_server(server, f"{AS_BEFORE}; rm /etc/demo/greeting; cat {JOURNAL}").out
    assert '"sum"' not in old and '"generation"' not in old and '"changes"' not in old
    laptop = Laptop(tmp_path / "other")
    assert laptop.run(server, "setup", "--drift", "restore")[0] == 0
    found = parse(on_server(server, f"cat {JOURNAL}").out)
    assert (found.id, found.version, found.generation, found.damaged, found.torn) == (parse(old).id, 3, 2, 0, 0)
    assert {"demo/files@1", "demo/files@2"} <= {c.name for c in found.history}
    said = laptop.run(server, "status")[1]
    assert said.index("✓ demo/end@1") < said.index("✓ demo/files@2")
    for _ in range(2):
        assert laptop.run(server, "rollback", "--to", "demo/files@1")[0] == 0
        assert on_server(server, "ls /etc/demo/end /etc/demo/slow").status == 0
        assert on_server(server, "ls /etc/demo/greeting").status != 0
    assert laptop.run(server, "rollback", "--all", "--drift", "restore")[0] == 0
    assert on_server(server, "ls /etc/demo").status != 0
