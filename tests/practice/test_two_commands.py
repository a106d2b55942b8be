"""The two commands at the top of the README, on a Debian that has nothing but pipx and an ordinary user."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.practice.conftest import OnServer, ServerFactory
from tests.practice.doors import logged_in

ROOT = Path(__file__).parents[2]
# what practice servers inherit of this computer for pip: the certificates and the index
LIKE_PIP = """export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
index=$(sed -n 's/^index-url = //p' /etc/pip.conf); [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
cd ~/wizard
"""


def commands() -> list[str]:
    block = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block
    return [line.partition("  #")[0].strip() for line in block[1].splitlines()]


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_two_commands_of_the_readme_start_on_a_bare_debian(
    release: str, new_server: ServerFactory, on_server: OnServer, tmp_path: Path
) -> None:
    server = new_server(release=release, login="sudo")
    on_server(server, "apt-get -q update && apt-get -q -y --no-install-recommends install pipx")
    archive = tmp_path / "wizard.tar"
    subprocess.run(["git", "archive", "--prefix=wizard/", "-o", archive, "HEAD"], cwd=ROOT, check=True)
    show, test = commands()
    with logged_in(server) as transport, archive.open("rb") as file:
        transport.put(file, "/tmp/wizard.tar")
        unpacked = transport.run(
            f"tar xf /tmp/wizard.tar -C /home/{server.user} && chown -R {server.user} /home/{server.user}/wizard"
        )
        assert unpacked.status == 0, unpacked.err
        practice = transport.run(LIKE_PIP + show, root=False, silence=300)
        assert practice.status == 1, practice.err
        assert re.search(r"run: sudo \S+/\.venv/bin/wizard practice$", practice.err, re.MULTILINE), practice.err
        tested = transport.run(f"{LIKE_PIP}{test} -q -n0 tests/answers/test_answers.py", root=False, silence=300)
        assert tested.status == 0, tested.out + tested.err
        assert re.search(r"\d+ passed", tested.out), tested.out
