"""A token that stands in an answers file is a secret from the first moment: nowhere in clear, in no front, whatever happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fronts.tui.small_server import SmallServer
from tests.fronts.tui.test_looks import make_project
from wizard import catalog
from wizard.app import connection
from wizard.cli import main
from wizard.transport.base import Login

PLANTED = "pl4nted-T0ken"
RECIPE = """
from wizard.api import Answers, Question, Recipe, command, file

recipe = Recipe("project")
source = recipe.ask(Question("source", str))


@recipe.step("variables")
def variables(a):
    yield file("/srv/shop/env", a.env["SHOP_TOKEN"], mode=0o600)
    yield file("/srv/shop/name", a.env["SHOP_NAME"])


@recipe.step("talk")
def talk(a):
    yield command("talk", "cat /srv/shop/env", test="[ -e /srv/shop/said ]", undo=":")
"""
GUIDE = "# Project\n\n- `source`: where it is.\n\n## variables: Variables\n\nWritten.\n\n## talk: Talk\n\nSaid.\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SmallServer:
    folder = tmp_path / "recipes" / "project"
    folder.mkdir(parents=True)
    (folder / "recipe.py").write_text(RECIPE)
    (folder / "guide.md").write_text(GUIDE)
    make_project(tmp_path / "shop")
    settings = tmp_path / "shop" / "shop" / "settings.py"
    settings.write_text(settings.read_text() + "T = os.environ['SHOP_TOKEN']\n")
    (tmp_path / "answers.toml").write_text(
        f'[project]\nsource = "{tmp_path}/shop"\n[env]\nSHOP_TOKEN = "{PLANTED}"\nSHOP_NAME = "Ana\'s corner"\n'
    )
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(catalog, "own_folder", lambda: tmp_path / "recipes")
    small = SmallServer(Login("203.0.113.7"))
    monkeypatch.setattr(connection, "transport_for", lambda request, ask: small)
    return small


@pytest.mark.parametrize("how", [["--json"], ["--yes"], ["--yes", "--verbose"]])
@pytest.mark.parametrize("fails", [False, True])
def test_a_planted_token_is_in_no_output_no_journal_and_no_file_of_this_computer(
    server: SmallServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: list[str], fails: bool
) -> None:
    if fails:
        server.fails = {"command:talk": f"the site said {PLANTED}"}
    common = ["root@203.0.113.7", "--answers", str(tmp_path / "answers.toml")]
    for command in (["plan", "--verbose"], ["setup", *how]):
        with pytest.raises(SystemExit) as ended:
            main([command[0], *common, *command[1:]])
        said = capsys.readouterr()
        assert ended.value.code == (1 if fails and command[0] == "setup" else 0), said.err
        assert PLANTED not in said.out and PLANTED not in said.err
    assert not fails or "the site said ********" in said.out + said.err
    journalled = [line for ran in server.ran for line in re.findall(r"^.*journal .*$", ran.script, re.MULTILINE)]
    assert any("/srv/shop/name" in line for line in journalled)
    assert not [line for line in journalled if PLANTED in line]
    for path in (tmp_path / "state").rglob("*"):
        assert path.is_dir() or PLANTED.encode() not in path.read_bytes(), path
