"""The program itself, run as a person would run it, on a laptop of its own. Must not know what is expected of it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from wizard.practice.fleet import PracticeServer

RECIPES = Path(__file__).parent / "recipes"


@dataclass
class Laptop:
    """home: where it remembers servers and their host keys. `run` gives what was said, on both streams."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.home / ".ssh").mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(
        self, server: PracticeServer, command: str, *options: str, user: str = "", recipe: str = "demo"
    ) -> subprocess.Popen[str]:
        known_hosts = self.home / ".ssh" / "known_hosts"
        if not known_hosts.exists():
            known_hosts.write_text(server.known_hosts.read_text())
        argv = [sys.executable, "-m", "wizard", command, f"{user or server.user}@{server.host}:{server.port}"]
        argv += ["--key", str(server.key), "--recipes", str(RECIPES), "--only", recipe, *options]
        if command in ("setup", "rollback"):
            argv.append("--yes")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WIZARD_S"))}
        return subprocess.Popen(
            argv, env=env | {"HOME": str(self.home)} | self.env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, server: PracticeServer, command: str, *options: str, user: str = "") -> tuple[int, str]:
        process = self.start(server, command, *options, user=user)
        said, _ = process.communicate(timeout=120)
        assert "Traceback" not in said, said
        return process.returncode, " ".join(said.split())
