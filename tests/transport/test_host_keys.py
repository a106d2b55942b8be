"""known_hosts files: what is read, who is trusted, what is written."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
import pytest

from wizard.errors import HostKeyError, UsageError
from wizard.transport.base import HostKey, Login
from wizard.transport.host_keys import HostKeys, fingerprint, in_order, known_keys, known_name

if TYPE_CHECKING:
    from tests.transport.conftest import MakeKey

LOGIN = Login("Example.org", port=2222)


class Person:
    """Answers the question, and remembers it."""

    def __init__(self, says: bool) -> None:
        self.says = says
        self.asked: list[HostKey] = []

    def __call__(self, key: HostKey) -> bool:
        self.asked.append(key)
        return self.says


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory, make_key: MakeKey) -> list[Path]:
    folder = tmp_path_factory.mktemp("keys")
    kinds = ["ed25519", "ed25519", "ecdsa"]
    return [make_key(folder / f"k{n}", kind=kind) for n, kind in enumerate(kinds)]


def line(key: Path, name: str = "[example.org]:2222") -> str:
    return f"{name} {' '.join(key.with_suffix('.pub').read_text().split()[:2])}\n"


def private(key: Path) -> paramiko.PKey:
    return paramiko.PKey.from_path(key)


def printed_fingerprint(key: Path) -> str:
    return subprocess.run(["ssh-keygen", "-lf", key], check=True, capture_output=True, text=True).stdout.split()[1]


def test_a_fingerprint_is_what_ssh_keygen_prints(keys: list[Path]) -> None:
    assert fingerprint(private(keys[0]).asbytes()) == printed_fingerprint(keys[0])


def test_a_known_key_is_accepted_without_a_question(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[1], "other.org") + line(keys[0]))
    before = file.read_bytes()
    HostKeys(file, None, None).check(LOGIN, private(keys[0]))
    assert file.read_bytes() == before


def test_a_hashed_name_is_known(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[0]))
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert file.read_text().startswith("|1|")
    HostKeys(file, None, None).check(LOGIN, private(keys[0]))


def test_patterns_and_vetoes_hold(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[0], "*.example.org,!bad.example.org"))
    assert known_keys(file, "www.example.org")
    assert not known_keys(file, "bad.example.org")
    assert not known_keys(file, "[www.example.org]:2222")


def test_lines_that_cannot_be_read_are_passed_over_and_stay(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    odd = (
        f"@cert-authority {line(keys[1], '*')}"
        "# a note\n\n@\nhalf a line\n|1|broken|hash ssh-rsa AAAA\n[example.org]:2222 ssh-rsa !!!notbase64\n"
        "[example.org]:2222 1024 35 1234567890"
    )
    file.write_bytes(odd.encode() + b" \xff\xfe")
    HostKeys(file, Person(True), None).check(LOGIN, private(keys[0]))
    assert file.read_bytes() == odd.encode() + b" \xff\xfe\n" + line(keys[0], known_name(LOGIN)).encode()


def test_an_unknown_key_without_anybody_to_ask_is_refused_with_its_fingerprint(
    keys: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(HostKeyError, match="not known") as e:
        HostKeys(tmp_path / "known_hosts", None, None).check(LOGIN, private(keys[0]))
    assert f"--host-key {printed_fingerprint(keys[0])}" in e.value.hint
    assert not (tmp_path / "known_hosts").exists()


def test_an_accepted_key_is_stored_for_ssh_too_in_a_private_file(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / ".ssh" / "known_hosts"
    person = Person(True)
    HostKeys(file, person, None).check(LOGIN, private(keys[0]))
    assert [k.fingerprint for k in person.asked] == [printed_fingerprint(keys[0])]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    found = subprocess.run(["ssh-keygen", "-F", "[example.org]:2222", "-f", file], check=False, capture_output=True)
    assert found.returncode == 0
    HostKeys(file, None, None).check(LOGIN, private(keys[0]))


def test_a_refused_key_is_not_stored(keys: list[Path], tmp_path: Path) -> None:
    with pytest.raises(HostKeyError, match="not accepted"):
        HostKeys(tmp_path / "known_hosts", Person(False), None).check(LOGIN, private(keys[0]))
    assert not (tmp_path / "known_hosts").exists()


def test_the_expected_fingerprint_goes_before_the_question(keys: list[Path], tmp_path: Path) -> None:
    person = Person(True)
    file = tmp_path / "known_hosts"
    HostKeys(file, person, printed_fingerprint(keys[0])).check(LOGIN, private(keys[0]))
    assert file.read_text() == line(keys[0], known_name(LOGIN))
    with pytest.raises(HostKeyError, match="not the expected one"):
        HostKeys(tmp_path / "other", person, printed_fingerprint(keys[1])).check(LOGIN, private(keys[0]))
    assert not person.asked


@pytest.mark.parametrize("text", ["MD5:aa:bb", "SHA256:short", "yes", "SHA256:" + "é" * 43])
def test_an_expected_fingerprint_that_is_none_is_wrong_usage(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="fingerprint"):
        HostKeys(tmp_path, None, text)


def test_a_changed_key_is_refused_and_explained_even_if_somebody_would_say_yes(
    keys: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("# first\n" + line(keys[0]))
    person = Person(True)
    with pytest.raises(HostKeyError, match="has changed") as e:
        HostKeys(file, person, printed_fingerprint(keys[1])).check(LOGIN, private(keys[1]))
    assert f"{file} line 2" in e.value.details and "installed anew" in e.value.details
    assert printed_fingerprint(keys[0]) in e.value.details and printed_fingerprint(keys[1]) in e.value.details
    assert not person.asked
    command = e.value.hint.split("`")[1]
    subprocess.run(command, shell=True, check=True, capture_output=True)
    assert not known_keys(file, "[example.org]:2222")


def test_another_type_of_key_is_asked_about_with_the_known_ones(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[0]))
    person = Person(True)
    HostKeys(file, person, None).check(LOGIN, private(keys[2]))
    assert person.asked[0].other_fingerprints == (f"ssh-ed25519 {printed_fingerprint(keys[0])}",)


def test_a_revoked_key_is_refused(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[0]) + "@revoked " + line(keys[0], "*"))
    with pytest.raises(HostKeyError, match="revoked"):
        HostKeys(file, None, None).check(LOGIN, private(keys[0]))


def test_the_known_types_are_asked_for_first(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[2]) + "[example.org]:2222 ssh-rsa AAAA\n")
    preferred = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512"]
    found = in_order(preferred, known_keys(file, "[example.org]:2222"))
    assert found == ["ecdsa-sha2-nistp256", "rsa-sha2-512", "ssh-ed25519"]


def test_an_alias_is_the_name_that_is_looked_up() -> None:
    assert known_name(Login("h", port=2222, known_as="alias")) == "alias"
    assert known_name(Login("h")) == "h"


def test_a_file_that_cannot_be_written_is_an_error(keys: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostKeyError, match=r"cannot (write|read)"):
        HostKeys(tmp_path / "file" / "known_hosts", Person(True), None).check(LOGIN, private(keys[0]))


def test_other_kinds_of_keys_are_learnt_from_a_server_that_showed_a_known_one(keys: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[2]))
    told = [key.with_suffix(".pub").read_text() for key in (keys[0], keys[2])]
    HostKeys(file, None, None).learn(LOGIN, [*told, "rubbish", "ssh-rsa %%%"])
    assert {k.type for k in known_keys(file, known_name(LOGIN))} == {"ssh-ed25519", "ecdsa-sha2-nistp256"}
    HostKeys(file, None, None).check(LOGIN, private(keys[0]))


def test_a_known_key_is_not_replaced_nor_anything_learnt_from_files_of_another_sshd(
    keys: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(keys[0]))
    other = [key.with_suffix(".pub").read_text() for key in (keys[1], keys[2])]
    HostKeys(file, None, None).learn(LOGIN, other)
    assert file.read_text() == line(keys[0])
