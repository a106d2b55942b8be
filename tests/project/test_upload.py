"""What of a local project goes to the server, as the same bytes each time, and what stays at home."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.project.conftest import Tree
from wizard.errors import UsageError, WizardError
from wizard.project import upload
from wizard.project.upload import Packed, pack


def contents(packed: Packed) -> list[str]:
    packed.file.seek(0)
    with tarfile.open(fileobj=packed.file) as tar:
        return tar.getnames()


def git(folder: Path, *args: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *identity, "-C", folder, *args], check=True, capture_output=True, timeout=60)


def test_the_same_files_give_the_same_bytes_whenever_and_by_whomever_they_were_written(tree: Tree) -> None:
    top = tree({"b.py": "b", "a/c.py": "c", "run.sh": "#!/bin/sh\n"})
    (top / "run.sh").chmod(0o700)
    first = pack(top)
    os.utime(top / "b.py", (1, 1))
    (top / "b.py").chmod(0o600)
    (top / "a").rename(top / "z")
    (top / "z").rename(top / "a")
    second = pack(top)
    assert first.file.read() == second.file.read()
    assert (first.content_id, len(first.content_id)) == (second.content_id, 64)
    assert (first.files, first.bytes) == (3, 12)
    first.file.seek(0)
    with tarfile.open(fileobj=first.file) as tar:
        members = tar.getmembers()
    assert [(m.name, m.mode) for m in members] == [("a/c.py", 0o644), ("b.py", 0o644), ("run.sh", 0o755)]
    assert {(m.mtime, m.uid, m.gid, m.uname) for m in members} == {(0, 0, 0, "")}


def test_one_changed_byte_changes_the_content_id(tree: Tree) -> None:
    assert pack(tree({"a.py": "a"})).content_id != pack(tree({"a.py": "b"})).content_id


def test_secrets_databases_environments_and_caches_stay_at_home_and_are_named(tree: Tree) -> None:
    private = [".env", ".env.production", "prod.env", "db.sqlite3", "tls/site.pem", "x/id_ed25519", ".netrc", "a.key"]
    folders = [".git/config", "node_modules/x.js", "__pycache__/a.pyc", "venv2/lib.py", ".envs/.production/.django"]
    public = [".env.example", "id_card.py", "x/id_ed25519.pub", "envs.py", ".github/ci.yml", "keys.py"]
    top = tree(dict.fromkeys([*private, *folders, *public, "venv2/pyvenv.cfg"], "planted"))
    packed = pack(top)
    assert contents(packed) == sorted(public)
    assert set(packed.left_out) == {*private, *(f"{path.partition('/')[0]}/" for path in folders)}


def test_what_git_ignores_stays_at_home_and_new_files_go_along(tree: Tree) -> None:
    top = tree({".gitignore": "build/\n*.log\n", "a.py": "", "new.py": "", "build/x.js": "", "x.log": ""})
    git(top, "init", "-q")
    git(top, "add", "a.py", ".gitignore")
    packed = pack(top)
    assert contents(packed) == [".gitignore", "a.py", "new.py"]
    assert packed.left_out == (".git/", "build/", "x.log")


def test_a_secret_that_git_tracks_stays_at_home_all_the_same(tree: Tree) -> None:
    top = tree({".env": "SECRET_KEY=planted", "a.py": ""})
    git(top, "init", "-q")
    git(top, "add", "-f", ".env", "a.py")
    assert contents(pack(top)) == ["a.py"]


def test_a_submodule_and_a_deleted_file_are_packed_as_they_are_on_disk(tree: Tree, tmp_path: Path) -> None:
    top = tree({"a.py": "", "gone.py": ""})
    other = tmp_path / "other"
    other.mkdir()
    (other / "lib.py").write_text("")
    for folder in (other, top):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "first")
    git(top, "submodule", "add", "-q", str(other), "libs/other")
    (top / "gone.py").unlink()
    assert contents(pack(top)) == [".gitmodules", "a.py", "libs/other/lib.py"]


def test_a_folder_inside_a_larger_work_tree_follows_its_rules(tree: Tree) -> None:
    top = tree({".gitignore": "*.log", "web/a.py": "", "web/x.log": "", "other.py": ""})
    git(top, "init", "-q")
    assert contents(pack(top / "web")) == ["a.py"]


def test_a_program_that_the_folders_git_config_names_is_not_run(tree: Tree, tmp_path: Path) -> None:
    top = tree({"a.py": ""})
    git(top, "init", "-q")
    git(top, "add", "a.py")
    spy = tmp_path / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    spy.chmod(0o755)
    git(top, "config", "core.fsmonitor", str(spy))
    assert contents(pack(top)) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def test_links_stay_only_when_they_lead_inside(tree: Tree, tmp_path: Path) -> None:
    top = tree({"a/b.py": "", "c.py": ""})
    (tmp_path / "secret").write_text("planted")
    links = {"in": "a/b.py", "folder": "a", "out": "../secret", "absolute": str(top / "c.py"), "loop": "loop"}
    for name, target in links.items():
        (top / name).symlink_to(target)
    os.mkfifo(top / "pipe")
    packed = pack(top)
    assert contents(packed) == ["a/b.py", "c.py", "folder", "in"]
    assert packed.left_out == ("absolute", "loop", "out", "pipe")


def test_two_hard_links_are_two_files(tree: Tree) -> None:
    top = tree({"a.py": "same", "b.py": "same"})
    copied = pack(top).content_id
    (top / "b.py").unlink()
    (top / "b.py").hardlink_to(top / "a.py")
    assert pack(top).content_id == copied


@pytest.mark.parametrize(
    "setting", ["BASE_DIR / 'uploads'", "os.path.join(BASE_DIR, 'uploads')", "env.get('M', BASE_DIR / 'uploads')"]
)
def test_visitors_uploads_stay_at_home(project: Tree, setting: str) -> None:
    top = project(f"MEDIA_ROOT = {setting}", {"uploads/cat.png": "cat", "static/dog.png": "dog"})
    packed = pack(top)
    assert "static/dog.png" in contents(packed) and packed.left_out == ("uploads/",)


def test_too_large_a_project_is_refused_with_its_largest_folders(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MAX_BYTES", 3_000_000)
    top = tree({"videos/a.mp4": b"0" * 4_000_000, "pictures/b.png": b"0" * 1_000_000, "a.py": ""})
    with pytest.raises(UsageError, match="5 MB together, more than 3 MB") as caught:
        pack(top)
    assert "videos/ (4 MB), pictures/ (1 MB)" in caught.value.hint


def test_file_names_that_are_no_text_are_packed_too(tree: Tree) -> None:
    top = tree({"a.py": ""})
    Path(os.fsdecode(os.fsencode(top) + b"/caf\xe9.png")).write_text("x")
    git(top, "init", "-q")
    assert contents(pack(top)) == ["a.py", os.fsdecode(b"caf\xe9.png")]


def test_a_folder_that_cannot_be_read_is_an_error_and_not_passed_over(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tree({"a.py": "", "closed/b.py": ""})
    scandir = os.scandir

    def refuse(path: object) -> object:  # root may read everything, so a mode of 000 would prove nothing
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(WizardError, match="Permission denied") as caught:
        pack(top)
    assert caught.value.details.endswith("closed")


def test_a_missing_folder_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(WizardError, match="cannot pack"):
        pack(tmp_path / "nowhere")


def test_committed_media_goes_along_and_uploads_of_this_computer_do_not(tree: Tree) -> None:
    settings = "import os\nMEDIA_ROOT = os.path.join(BASE_DIR, 'media')\nSECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\n"
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    files = {"manage.py": manage, "shop/settings.py": settings, "shop/urls.py": "urlpatterns = []\n"}
    top = tree({**files, "media/default.jpg": "d", "media/people/ada.jpg": "a"})
    assert "media/" in pack(top).left_out  # without git nobody knows which are uploads
    git(top, "init", "-q")
    git(top, "add", ".")
    (top / "media/people/upload.jpg").write_text("u")
    packed = pack(top)
    assert contents(packed) == sorted([*files, "media/default.jpg", "media/people/ada.jpg"])
    assert "media/people/upload.jpg" in packed.left_out
