"""Values as the real systemd reads them from an EnvironmentFile."""

from __future__ import annotations

import random

from tests.practice.conftest import OnServer
from wizard.engine.session import heredoc
from wizard.operations.quoting import systemd_environment
from wizard.practice.fleet import PracticeServer

PIECES = [
    *"'\"\\$`\n\t #;=%a~!",
    *("%h", "$(id)", "${HOME}", "\\n", "\\\n", "é", "☃", "  "),
]
CASES = 2000


def test_systemd_reads_two_thousand_generated_values_as_they_were_given(
    one_server: PracticeServer, on_server: OnServer
) -> None:
    chance = random.Random(20)  # the same cases every time
    values = ["".join(chance.choices(PIECES, k=chance.randint(0, 12))) for _ in range(CASES)] + ["x" * 65536]
    lines = "\n".join(systemd_environment(f"V{i}", value) for i, value in enumerate(values))
    say = f"""i=0; while [ $i -le {CASES} ]; do eval "printf '%s\\0' \\"\\$V$i\\""; i=$((i + 1)); done"""
    script = (
        f"umask 077; cat >/run/values.env {heredoc(lines)}\ncat >/run/say.sh {heredoc(say)}\n"
        "systemd-run --quiet --wait --pipe -p EnvironmentFile=/run/values.env sh /run/say.sh >/run/said\n"
        "tr '\\0' '\\036' </run/said; rm /run/values.env /run/say.sh /run/said"
    )
    read = on_server(one_server, script).out.split("\x1e")[:-1]
    wrong = [(value, got) for value, got in zip(values, read, strict=True) if value != got]
    assert wrong == []
