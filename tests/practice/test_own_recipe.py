"""What the README says about a recipe of one's own, done."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.practice.conftest import OnServer
from wizard.practice.fleet import PracticeServer

README = Path(__file__).parents[2] / "README.md"


def test_the_readmes_recipe_is_set_up_and_undone(pristine: PracticeServer, on_server: OnServer, tmp_path: Path) -> None:
    match = re.search(r"```python\n(.*?)```", README.read_text(), re.S)
    assert match is not None
    folder = tmp_path / "memcached"
    (folder / "templates").mkdir(parents=True)
    (folder / "recipe.py").write_text(match[1])
    (folder / "templates" / "memcached.conf").write_text("-l 127.0.0.1\n-u memcache\n-m {{ memory }}\n")
    (folder / "guide.md").write_text(
        "# Memcached\nA cache.\n## Questions\n- `memory_mb`: How much?\n## server: Run it\n"
    )

    def wizard(*argv: str) -> list[str]:
        program = [sys.executable, "-m", "wizard", argv[0], f"practice:{pristine.name}", *argv[1:], "--yes", "--json"]
        done = subprocess.run(program, text=True, capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr + done.stdout[-2000:]
        return [json.loads(line)["event"] for line in done.stdout.splitlines()]

    mine = ("--recipes", str(tmp_path), "--only", "memcached")
    assert "CheckpointReached" in wizard("setup", *mine)
    assert "-m " in on_server(pristine, "cat /etc/memcached.conf").out
    folder.rename(tmp_path / "lost")  # undo needs no recipe
    assert "Undone" in wizard("rollback", "--all")
    assert on_server(pristine, "ls /etc/memcached.conf; getent passwd memcache").out == ""
