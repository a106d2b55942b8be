"""The command line: what it says, what it refuses before any server is reached, and with which status it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import made
from tests.transport.conftest import Sshd, sshd, start_sshd
from wizard.cli import main

WIZARD = [sys.executable, "-m", "wizard"]
COMMANDS = ["setup", "plan", "status", "verify", "rollback", "answers", "practice"]
PRACTICE = ["up", "list", "reset", "snapshot", "restore", "reboot", "pull-plug", "down"]
NOWHERE = "root@192.0.2.1"  # an address for documentation: nothing answers there
__all__ = ["sshd", "start_sshd"]  # fixtures


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "WIZARD_", "_WIZARD", "SSH_"))}
    return kept | {"HOME": str(home)} | more


def wizard(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WIZARD, *arguments], env=environment(home, **more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


# -- help -----------------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_status(home: Path) -> None:
    done = wizard(home, "--help")
    assert done.returncode == 0
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert all(f"{status} " in done.stdout for status in (0, 1, 2, 3, 4, 130))
    assert "_WIZARD_COMPLETE=bash_source" in done.stdout


@pytest.mark.parametrize("command", [[c] for c in COMMANDS] + [["practice", c] for c in PRACTICE], ids=" ".join)
def test_help_of_each_command_has_an_example(command: list[str], home: Path) -> None:
    done = wizard(home, *command, "--help")
    assert done.returncode == 0, done.stderr
    _, _, examples = done.stdout.partition("Example")
    assert f"wizard {' '.join(command)} " in examples


def test_help_loads_nothing_heavy(home: Path) -> None:
    code = (
        "import sys\nfrom wizard.cli import main\nsys.argv = ['wizard', '--help']\ntry:\n    main()\nexcept SystemExit:\n"
        "    heavy = {'textual', 'paramiko', 'rich', 'questionary', 'prompt_toolkit', 'httpx', 'psycopg', 'jinja2', 'tomlkit'}\n"
        "    print('loaded:', sorted(heavy & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(home), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"


# -- exit status 2: wrong usage, nothing is reached --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["setup"], "Missing argument 'TARGET'"),
        (["setpu", NOWHERE], "No such command 'setpu'"),
        (["setup", NOWHERE, "--fornt", "plain"], "--front"),
        (["setup", NOWHERE, "--front", "gui"], "'gui' is not one of 'tui', 'plain', 'headless'"),
        (["setup", NOWHERE, "--key", "/nowhere/key"], "File '/nowhere/key' does not exist"),
        (["setup", NOWHERE, "--answers", "/nowhere.toml"], "Cannot read the answers file /nowhere.toml"),
        (["plan", NOWHERE, "--only", "ngnix"], "did you mean 'nginx'?"),
        (["plan", NOWHERE, "--recipes", "/nowhere"], "Cannot find the recipes folder /nowhere"),
        (["setup", NOWHERE, "--front", "tui"], "there is no terminal"),
        (["rollback", NOWHERE], "give --to CHECKPOINT or --all"),
        (["rollback", NOWHERE, "--all", "--to", "postgres"], "give --to CHECKPOINT or --all"),
        (["answers", "/nowhere"], "'/nowhere' does not exist"),
        (["status", "user@:22"], "user@host"),
        (["setup", "root@127.0.0.1:99999"], "99999"),
        (["status", "practice:unknown"], "wizard practice up unknown"),
        (["practice", "reset", "unknown"], "wizard practice up unknown"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_wrong_usage_is_refused_with_what_is_right(arguments: list[str], said: str, home: Path) -> None:
    done = wizard(home, *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_answers_are_listed_all_at_once_with_the_nearest_names(home: Path) -> None:
    file = home / "answers.toml"
    file.write_text(
        '[projekt]\nname = "x"\n[nginx]\nuplod_mb = 3\n[gunicorn]\nworkers = "many"\n[deploy_user]\npassword = "plain"\n'
    )
    done = wizard(home, "setup", NOWHERE, "--yes", "--answers", str(file))
    assert done.returncode == 2
    for said in (
        "4 of them must be mended", "[projekt]: no recipe has this name (did you mean project?)",
        "nginx.uplod_mb: no such question (did you mean upload_mb?)", "gunicorn.workers: must be a whole number",
        "deploy_user.password: is a secret",
    ):  # fmt: skip
        assert said in done.stderr


@pytest.mark.parametrize("options", [[], ["--yes"]], ids=["", "--yes"])
def test_a_variable_that_the_project_does_not_start_without_is_named(options: list[str], home: Path) -> None:
    project = home / "shop"
    (project / "config").mkdir(parents=True)
    (project / "manage.py").write_text(
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
    )
    (project / "config" / "settings.py").write_text("import os\nSHIPPER = os.environ['SHIPPER_ACCOUNT']\n")
    (home / "answers.toml").write_text(f'[project]\nsource = "{project}"\n')
    done = wizard(home, "setup", NOWHERE, "--answers", str(home / "answers.toml"), *options)
    assert done.returncode == 2
    assert "env.SHIPPER_ACCOUNT" in done.stderr and "answers file" in done.stderr


def test_a_project_that_cannot_run_is_refused_before_connecting_with_all_that_is_missing(home: Path) -> None:
    project = made("syntax-error", home)
    (project / "garden" / "settings.py").write_text("from garden.common import *\nSHIPPER = os.environ['SHIPPER']\n")
    (home / "answers.toml").write_text(f'[project]\nsource = "{project}"\n')
    done = wizard(home, "setup", NOWHERE, "--answers", str(home / "answers.toml"), "--yes")
    assert done.returncode == 2 and "Cannot reach" not in done.stderr
    assert "manage.py line 10 cannot be read as Python (unterminated string literal" in done.stderr
    assert "env.SHIPPER" in done.stderr and "nothing on the server was touched" in done.stderr


# -- exit status 3: it cannot be reached, or does not let us in --------------------------------------------------------


def test_a_server_that_is_not_there_is_status_3(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    done = wizard(home, "status", f"root@127.0.0.1:{port}")
    assert done.returncode == 3
    assert "Cannot reach 127.0.0.1" in done.stderr and "Next: " in done.stderr


def test_an_unknown_host_key_is_refused_and_the_option_named(sshd: Sshd, home: Path) -> None:
    done = wizard(home, "status", f"root@127.0.0.1:{sshd.port}", "--key", str(sshd.key))
    assert done.returncode == 3
    assert "--host-key SHA256:" in done.stderr


@pytest.mark.parametrize("content", ["", "not a key\n"])
def test_a_file_that_is_no_key_is_status_3_and_says_so(content: str, sshd: Sshd, home: Path) -> None:
    (home / ".ssh").mkdir(mode=0o700)
    (home / ".ssh" / "known_hosts").write_text(sshd.known_hosts.read_text())
    (home / "key").write_text(content)
    done = wizard(home, "status", f"root@127.0.0.1:{sshd.port}", "--key", str(home / "key"))
    assert done.returncode == 3
    assert "there is no private key in it" in done.stderr


# -- exit status 130: interrupted ---------------------------------------------------------------------------------------


def test_ctrl_c_is_status_130_and_says_how_to_go_on(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        argv = [*WIZARD, "status", f"root@127.0.0.1:{silent.getsockname()[1]}"]
        process = subprocess.Popen(argv, env=environment(home), stderr=subprocess.PIPE, text=True)
        connection, _ = silent.accept()  # it has connected, and waits for a greeting that never comes
        with connection:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in said and "Traceback" not in said


# -- Tab ----------------------------------------------------------------------------------------------------------------


def completed(home: Path, words: str, position: int, shell: str = "bash") -> list[str]:
    done = wizard(home, _WIZARD_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=str(position))
    return [line.removeprefix("plain,") for line in done.stdout.splitlines()]


def test_tab_completes_recipes(home: Path) -> None:
    assert completed(home, "wizard setup root@x --only ng", 4) == ["nginx"]
    assert completed(home, "wizard setup root@x --until po", 4) == ["postgres"]
    assert completed(home, "wizard rollback root@x --to po", 4) == ["postgres"]


def known_servers(home: Path, *targets: str) -> None:
    folder = home / ".local" / "state" / "wizard" / "servers"
    folder.mkdir(parents=True)
    for number, target in enumerate(targets):
        (folder / f"{number}_22.json").write_text(f'{{"target": "{target}"}}')


def test_tab_completes_targets_whose_colon_bash_takes_for_a_word(home: Path) -> None:
    known_servers(home, "practice:guestbook", "deploy@shop.example.org")
    assert completed(home, "wizard status dep", 2) == ["deploy@shop.example.org"]
    assert completed(home, "wizard status prac", 2) == ["practice:guestbook"]
    assert completed(home, "wizard status practice :", 3) == ["guestbook"]
    assert completed(home, "wizard status practice : gu", 4) == ["guestbook"]
    assert "practice:guestbook" in completed(home, "wizard status practice:gu", 2, "zsh")


def test_a_fault_of_the_program_is_told_in_words_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from wizard.secret import Secret

    password = Secret("pl4nted-in-a-fault")

    def broken() -> None:
        raise RuntimeError(f"never to be seen: {password.reveal()}")

    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path))
    monkeypatch.setattr("wizard.cli._commands", broken)
    with pytest.raises(SystemExit) as stopped:
        main(["status", "root@203.0.113.7"])
    said = capsys.readouterr()
    assert stopped.value.code == 1
    assert "fault in wizard itself" in said.err and "run the same command again" in said.err
    assert "Traceback" not in said.err and password.reveal() not in said.err + said.out
    (report,) = (tmp_path / "faults").iterdir()
    assert "RuntimeError" in report.read_text() and password.reveal() not in report.read_text()
