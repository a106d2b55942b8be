"""Projects from nowhere good: looked at without running any of it, packed or refused in words, and unpacked into their folder only."""

from __future__ import annotations

import os
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.hostile import texts
from tests.project.conftest import Tree
from wizard.answers.resolve import complete
from wizard.errors import UsageError, WizardError
from wizard.operations.release import release_from_folder
from wizard.project.inspect import inspect
from wizard.project.upload import pack


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that what is in a project would make if it were run."""
    return tmp_path / "canary"


def test_nothing_of_a_project_is_run_however_it_is_written(project: Tree, canary: Path) -> None:
    evil = f"open({str(canary)!r}, 'w')\n"
    settings = (
        f"import os\n{evil}SECRET_KEY = {evil.strip()}\nSTATIC_ROOT = __import__('os').system('touch {canary}')\n"
    )
    top = project(settings, {
        "site1/__init__.py": evil, "conftest.py": evil, "sitecustomize.py": evil, "manage.py": evil,
        "setup.py": evil, "pyproject.toml": f'[build-system]\nrequires = ["$(touch {canary})"]\n',
        "requirements.txt": f"django\n$(touch {canary})\n-e file:///`touch {canary}`\n--index-url=x\n; import os\n",
    })  # fmt: skip
    found = inspect(top)
    with pack(top).file:
        pass
    assert not canary.exists()
    assert found is not None


@pytest.mark.parametrize("settings", ["def (", "\0\0\0", "SECRET_KEY = 'a\n", "x = " + "(" * 5000, "\ufeff\ufeff",
                                      "é" * 10, "import *", "# -*- coding: nonsense -*-", "x = " + "1+" * 20000 + "1",
                                      "from . import *\n" * 5000])  # fmt: skip
def test_settings_that_cannot_be_read_are_a_problem_or_an_error_in_words(project: Tree, settings: str) -> None:
    top = project(settings)
    start = time.monotonic()
    try:
        inspect(top)
    except WizardError as error:
        assert error.message.startswith("cannot ")
    assert time.monotonic() - start < 30


def test_names_with_anything_in_them_are_found_and_packed_or_left_out(tree: Tree, canary: Path) -> None:
    names = {name.replace("/", "_").replace("\0", "_")[:60] for name in texts(150, seed=50, longest=4)} - {
        "",
        ".",
        "..",
    }
    top = tree({"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a b;c.settings')\n"})
    for name in sorted(names):
        try:
            (top / os.fsencode(name).decode(errors="surrogateescape")).write_text("x")
        except (OSError, UnicodeError):
            continue
    (top / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a b;c.settings')\n")
    packed = pack(top)
    with packed.file, tarfile.open(fileobj=packed.file) as tar:
        inside = set(tar.getnames())
    on_disk = {entry.name for entry in os.scandir(top)}
    assert inside | {left.rstrip("/") for left in packed.left_out} == on_disk


def test_links_devices_sockets_and_pipes_stay_at_home(tree: Tree, tmp_path: Path) -> None:
    top = tree({"manage.py": "", "inside.txt": "x"})
    (secret := tmp_path / "secret").write_text("outside")
    (top / "absolute").symlink_to(secret)
    (top / "relative").symlink_to("../secret")
    (top / "folder").symlink_to(tmp_path)
    (top / "loop").symlink_to("loop")
    (top / "proc").symlink_to("/proc/self/environ")
    (top / "good").symlink_to("inside.txt")
    os.mkfifo(top / "pipe")
    os.mkfifo(top / "settings.py")
    os.mkfifo(top / "requirements.txt")
    listener = socket.socket(socket.AF_UNIX)
    old = Path.cwd()
    os.chdir(top)  # the name of a socket is short
    listener.bind("socket")
    os.chdir(old)
    if os.geteuid() == 0:
        os.mknod(top / "device", 0o666 | 0o020000, os.makedev(1, 5))
    packed = pack(top)
    listener.close()
    with packed.file, tarfile.open(fileobj=packed.file) as tar:
        assert {m.name for m in tar} == {"manage.py", "inside.txt", "good"}
        assert all(m.isreg() or (m.issym() and not m.linkname.startswith(("/", ".."))) for m in tar)


def test_a_file_that_becomes_a_link_or_a_pipe_while_it_is_packed_is_not_followed(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wizard.project import upload

    (tmp_path / "secret").write_text("OUTSIDE")
    for swap in (lambda p: p.symlink_to(tmp_path / "secret"), os.mkfifo):
        top = tree({"a.txt": "inside!", "manage.py": ""})
        original = upload._write

        def swapped(
            file: object, folder: Path, paths: list[str], swap: object = swap, original: object = original
        ) -> str:
            (folder / "a.txt").unlink()
            swap(folder / "a.txt")  # type: ignore[operator]
            return original(file, folder, paths)  # type: ignore[operator,no-any-return]

        monkeypatch.setattr(upload, "_write", swapped)
        try:
            packed = pack(top)
        except WizardError:
            pass
        else:
            with packed.file, tarfile.open(fileobj=packed.file) as tar:
                assert b"OUTSIDE" not in b"".join(tar.extractfile(m).read() for m in tar if m.isreg())  # type: ignore[union-attr]
        monkeypatch.setattr(upload, "_write", original)
        (top / "a.txt").unlink()


def test_ten_thousand_files_are_packed_and_a_huge_one_is_refused_by_name(tree: Tree) -> None:
    top = tree({"manage.py": ""})
    folder = top / "many"
    folder.mkdir(parents=True)
    for number in range(10_000):
        (folder / f"{number}.txt").touch()
    packed = pack(top)
    packed.file.close()
    assert packed.files == 10_001
    with (top / "huge.bin").open("wb") as file:
        file.truncate(300 * 1000 * 1000)
    with pytest.raises(UsageError, match="more than 200 MB") as caught:
        pack(top)
    assert "huge.bin" in caught.value.hint


def test_what_gnu_tar_unpacks_of_a_hostile_archive_stays_in_its_folder(tmp_path: Path) -> None:
    """Ours are packed here, but the command on the server must not rely on it."""
    import io

    (target := tmp_path / "in" / "target").mkdir(parents=True)
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, kind, link in [("../up", b"0", ""), ("/tmp/fuzz-absolute", b"0", ""), ("l", b"2", str(tmp_path)),
                                 ("l/through", b"0", ""),
                                 ("h", b"1", "../../evil.tar.gz"), ("n\nl", b"0", "")]:  # fmt: skip
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, 1 if kind == b"0" else 0
            tar.addfile(info, io.BytesIO(b"x") if kind == b"0" else None)
    subprocess.run(
        ["tar", "--extract", "--no-same-owner", "--no-same-permissions", "--file", archive, "--directory", target],
        capture_output=True, check=False,
    )  # fmt: skip
    outside = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if not p.is_relative_to(target)}
    assert outside == {"in", "evil.tar.gz"} and not Path("/tmp/fuzz-absolute").exists()


@pytest.mark.parametrize(
    "name", ["$(id)", "a b", "x;y", "-rf", "é", "..", "UPPER", "root", "x" * 300, "n\nl", "'\"", "%n"]
)
def test_a_folders_name_becomes_a_plain_site_name_or_must_be_given(name: str, tmp_path: Path) -> None:
    import re

    from wizard import catalog
    from wizard.answers.given import Given
    from wizard.server import Server

    given = Given({"project": {"source": f"/nowhere/{name}"}}, {})
    answers = complete(given, catalog.load(()), server=Server(address="x.example"), lenient=True)
    assert answers.project.name is None or re.fullmatch(r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?", answers.project.name)


def test_a_hostile_folder_becomes_a_release_whose_name_is_a_hash(tree: Tree) -> None:
    top = tree({"a\nb": "x", "$(id)": "y", "manage.py": ""})
    release = release_from_folder("/srv/x", str(top), group="x")
    assert len(release.id) == 12 and set(release.id) <= set("0123456789abcdef")
