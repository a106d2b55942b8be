"""How to get in: the form, the keys of this computer, what is said when it does not work."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from tests.fronts.tui.conftest import drive, focused, seen, showing, until
from tests.fronts.tui.small_server import SmallServer
from wizard.errors import ConnectError
from wizard.fronts import ssh_keys
from wizard.fronts.tui.app import WizardApp
from wizard.fronts.tui.screens.connect import target_of
from wizard.fronts.tui.screens.decisions import HostKeyDialog
from wizard.transport.base import HostKey


async def form(pilot: Pilot[int]) -> None:
    await pilot.click("#real")
    await until(pilot, showing(pilot, "Connect"), "Connect")


def make_key(home: Path, name: str, passphrase: str = "") -> Path:
    path = home / ".ssh" / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", path], check=True)
    return path


def test_a_server_must_be_named(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await form(pilot)
        assert focused(pilot) == "host"
        await pilot.click("#connect-now")
        await until(pilot, lambda: "must be given, for example 203.0.113.7" in seen(app), "the reason")
        assert focused(pilot) == "host"

    drive(app, scenario)


def test_keyboard_alone_connects_and_the_card_says_what_the_server_is(app: WizardApp, server: SmallServer) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await pilot.press("down", "enter")
        await until(pilot, showing(pilot, "Connect"), "Connect")
        await pilot.press(*"203.0.113.7", "enter", *"root", "enter", *"22")
        app.screen.query_one("#connect-now").focus()
        await pilot.press("enter")
        await until(pilot, lambda: focused(pilot) == "continue", "the card")
        assert app.request.target == "root@203.0.113.7:22"
        text = seen(app)
        for fact in ("Debian GNU/Linux 12 (bookworm)", "2048 MB", "20.0 GB", "has not been here before"):
            assert fact in text

    drive(app, scenario)


def test_a_refusal_says_why_and_what_was_typed_is_still_there(app: WizardApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(request: object, ask: object) -> None:
        raise ConnectError("cannot log in as root on 203.0.113.7: refused", hint="is the key the right one?")

    monkeypatch.setattr("wizard.app.connection.transport_for", refuse)

    async def scenario(pilot: Pilot[int]) -> None:
        await form(pilot)
        await pilot.press(*"203.0.113.7")
        await pilot.click("#connect-now")
        await until(pilot, lambda: "Next: is the key the right one?" in seen(app), "the reason")
        assert "Nothing on the server was touched" in " ".join(seen(app).split())
        assert app.screen.query_one("#host", Input).value == "203.0.113.7"
        assert focused(pilot) == "connect-now"
        await pilot.press("escape")
        await until(pilot, showing(pilot, "Welcome"), "Welcome")
        assert "Try again" not in seen(app)

    drive(app, scenario)


def test_an_unreachable_server_is_a_sentence_and_no_traceback(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        app.start(target="root@127.0.0.1:1")
        await until(pilot, lambda: "Next:" in seen(app), "the reason")
        assert "Cannot" in seen(app)
        assert "Traceback" not in seen(app)

    drive(app, scenario)


def test_a_key_that_others_can_read_is_explained_and_mended(app: WizardApp, home: Path) -> None:
    key = make_key(home, "open_key")
    key.chmod(0o644)

    async def scenario(pilot: Pilot[int]) -> None:
        await form(pilot)
        app.screen.query_one("#key", Select).value = str(key)
        await until(pilot, lambda: "can read this key (mode 0644)" in seen(app), "the explanation")
        await pilot.click("#mend-key")
        await until(pilot, lambda: "can read this key" not in seen(app), "that it is mended")
        assert key.stat().st_mode & 0o777 == 0o400

    drive(app, scenario)


def test_a_passphrase_is_asked_for_a_locked_key_alone(app: WizardApp, home: Path) -> None:
    free, locked = make_key(home, "free"), make_key(home, "locked", "sesame-open")

    async def scenario(pilot: Pilot[int]) -> None:
        await form(pilot)
        row = app.screen.query_one("#passphrase-row")
        assert not row.display
        app.screen.query_one("#key", Select).value = str(locked)
        await until(pilot, lambda: bool(row.display), "the passphrase")
        app.screen.query_one("#key", Select).value = str(free)
        await until(pilot, lambda: not row.display, "no passphrase")

    drive(app, scenario)


def test_passwords_are_hidden_until_they_are_revealed(app: WizardApp) -> None:
    async def scenario(pilot: Pilot[int]) -> None:
        await form(pilot)
        box = app.screen.query_one("#password", Input)
        box.focus()
        await pilot.press(*"hunter2-hunter2")
        assert "hunter2" not in seen(app)
        assert box.parent is not None
        await pilot.click(box.parent.query_one(".reveal"))
        await until(pilot, lambda: "hunter2-hunter2" in seen(app), "the password")

    drive(app, scenario)


def test_only_private_keys_are_listed(home: Path) -> None:
    make_key(home, "id_one")
    make_key(home, "id_two", "sesame-open")
    (home / ".ssh" / "config").write_text("Host x\n")
    (home / ".ssh" / "known_hosts").write_text("x ssh-rsa AAAA\n")
    keys = ssh_keys.found()
    assert [(key.path.name, key.locked, key.open_to_others) for key in keys] == [
        ("id_one", False, False), ("id_two", True, False),
    ]  # fmt: skip


def test_a_folder_without_keys_is_no_error(tmp_path: Path) -> None:
    assert ssh_keys.found(tmp_path / "nothing") == []


@pytest.mark.parametrize(
    ("host", "user", "port", "target"),
    [
        ("203.0.113.7", "root", "", "root@203.0.113.7"),
        ("203.0.113.7", "", "2222", "203.0.113.7:2222"),
        ("2001:db8::1", "root", "22", "root@[2001:db8::1]:22"),
        ("deploy@myserver", "root", "", "deploy@myserver"),
        ("practice:one", "root", "22", "practice:one"),
    ],
)
def test_what_is_filled_in_becomes_a_target(host: str, user: str, port: str, target: str) -> None:
    assert target_of(host, user, port) == target


@pytest.mark.parametrize(("button", "answer"), [("yes", True), ("no", False)])
def test_first_contact_shows_the_fingerprint_and_enter_alone_does_not_accept_it(
    app: WizardApp, button: str, answer: bool
) -> None:
    answers: list[bool | None] = []

    async def scenario(pilot: Pilot[int]) -> None:
        key = HostKey("203.0.113.7", 22, "ssh-ed25519", "SHA256:" + "a" * 43)
        app.push_screen(HostKeyDialog(key), answers.append)
        await until(pilot, lambda: "SHA256:" + "a" * 43 in seen(app), "the fingerprint")
        assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in seen(app)
        assert focused(pilot) == "no"
        await pilot.click(f"#{button}")
        await pilot.pause()

    drive(app, scenario)
    assert answers == [answer]
